#include "storage/documents.hpp"

#include "runtime/base/json.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace parlance::storage {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// 1 to 6 for a heading, 0 for any other line.
std::size_t heading_level(std::string_view line) {
  const auto level = std::min(line.find_first_not_of('#'), line.size());
  if (level == 0 || level > 6) return 0;
  return level == line.size() || line[level] == ' ' || line[level] == '\t' ? level : 0;
}

std::string_view heading_text(std::string_view line) {
  line.remove_prefix(heading_level(line));
  line = trimmed(line);
  const auto end = line.find_last_not_of('#');
  if (end == std::string_view::npos) return {};
  return end + 1 < line.size() && line[end] == ' ' ? trimmed(line.substr(0, end)) : line;
}

bool is_fence(std::string_view line) {
  line = trimmed(line);
  return line.starts_with("```") || line.starts_with("~~~");
}

// "![alt](file)", linked or not, and nothing else.
bool is_picture(std::string_view line) {
  line = trimmed(line);
  if (line.starts_with("<img")) return line.ends_with('>');
  return (line.starts_with("![") || line.starts_with("[![")) && line.ends_with(')');
}

std::string without_comments(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const auto start = text.find("<!--");
    kept += text.substr(0, start);
    if (start == std::string_view::npos) break;
    const auto end = text.find("-->", start);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 3);
  }
  return kept;
}

class Splitter {
 public:
  explicit Splitter(std::string_view source) : source_(source) {}

  std::vector<Passage> split(std::string_view text) {
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      take_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    end_paragraph();
    end_passage();
    return std::move(passages_);
  }

 private:
  void take_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (in_fence_) {
      add_line(line);
      if (is_fence(line) && trimmed(line).starts_with(fence_)) {
        in_fence_ = false;
        end_paragraph();
      }
      return;
    }
    if (is_fence(line)) {
      end_paragraph();
      in_fence_ = true;
      paragraph_is_fence_ = true;
      fence_ = trimmed(line).substr(0, 3);
      add_line(line);
      return;
    }
    if (heading_level(line) > 0) {
      end_paragraph();
      end_passage();
      enter(heading_level(line), heading_text(line));
    } else if (trimmed(line).empty()) {
      end_paragraph();
    } else if (!is_picture(line)) {
      add_line(line);
    }
  }

  void add_line(std::string_view line) {
    if (!paragraph_.empty()) paragraph_ += '\n';
    paragraph_ += line;
  }

  void enter(std::size_t level, std::string_view heading) {
    headings_.resize(level);
    headings_[level - 1] = heading;
  }

  std::string title() const {
    std::string title;
    for (const auto& heading : headings_) {
      if (heading.empty()) continue;
      if (!title.empty()) title += " > ";
      title += heading;
    }
    return title;
  }

  void end_paragraph() {
    std::string_view rest =
        paragraph_is_fence_ ? std::string_view(paragraph_) : trimmed(paragraph_);
    while (!paragraph_is_fence_ && rest.size() > passage_bytes_max) {
      auto cut = rest.find_last_of(" \t\n", passage_bytes_max);
      if (cut == std::string_view::npos || cut == 0) {
        cut = passage_bytes_max;
        while (cut > 1 && (static_cast<unsigned char>(rest[cut]) & 0xC0U) == 0x80U)
          --cut;
      }
      add_paragraph(trimmed(rest.substr(0, cut)));
      rest = trimmed(rest.substr(cut));
    }
    add_paragraph(rest);
    paragraph_.clear();
    paragraph_is_fence_ = false;
  }

  void add_paragraph(std::string_view paragraph) {
    if (paragraph.empty()) return;
    if (!passage_.empty() && passage_.size() + 2 + paragraph.size() > passage_bytes_max)
      end_passage();
    if (!passage_.empty()) passage_ += "\n\n";
    passage_ += paragraph;
  }

  void end_passage() {
    if (!passage_.empty()) passages_.push_back({source_, title(), std::exchange(passage_, {})});
  }

  const std::string source_;
  std::vector<Passage> passages_;
  std::vector<std::string> headings_;
  std::string passage_;
  std::string paragraph_;
  std::string fence_;
  bool in_fence_ = false;
  bool paragraph_is_fence_ = false;
};

Error unreadable(const std::filesystem::path& path, std::string_view why) {
  return {ErrorCode::invalid_value, path.string() + ": " + std::string(why), "knowledge", {}};
}

Result<void> read_file(const std::filesystem::path& path,
                       const std::string& source,
                       std::vector<Passage>& documents) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) return unreadable(path, failed.message());
  if (size > file_bytes_max) return unreadable(path, "is larger than 4 MiB");
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return unreadable(path, "cannot be read");
  if (!is_utf8(text)) return unreadable(path, "is not UTF-8");
  auto passages = split_markdown(source, text);
  documents.insert(documents.end(),
                   std::make_move_iterator(passages.begin()),
                   std::make_move_iterator(passages.end()));
  return {};
}

std::filesystem::path name_of(const std::filesystem::path& path) {
  const auto normal = std::filesystem::absolute(path).lexically_normal();
  return normal.has_filename() ? normal.filename() : normal.parent_path().filename();
}

Result<std::vector<std::filesystem::path>> markdown_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  std::filesystem::recursive_directory_iterator at(folder, failed);
  if (failed) return unreadable(folder, failed.message());
  for (; at != std::filesystem::recursive_directory_iterator(); at.increment(failed)) {
    if (failed) return unreadable(folder, failed.message());
    if (at->is_regular_file(failed) && at->path().extension() == ".md") files.push_back(at->path());
    if (files.size() > files_max) return unreadable(folder, "holds too many files");
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<Passage> split_markdown(std::string_view source, std::string_view text) {
  return Splitter(source).split(without_comments(text));
}

Result<std::vector<Passage>> read_documents(std::span<const std::filesystem::path> paths) {
  std::vector<Passage> documents;
  for (const auto& path : paths) {
    std::error_code failed;
    if (!std::filesystem::is_directory(path, failed)) {
      if (auto read = read_file(path, name_of(path).string(), documents); !read)
        return read.error();
      continue;
    }
    auto files = markdown_below(path);
    if (!files) return files.error();
    for (const auto& file : *files) {
      const auto source = name_of(path) / file.lexically_relative(path);
      if (auto read = read_file(file, source.generic_string(), documents); !read)
        return read.error();
    }
  }
  return documents;
}

}  // namespace parlance::storage
