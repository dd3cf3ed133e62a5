#include "runtime/llm/sentences.hpp"

#include "runtime/base/ascii.hpp"
#include "runtime/llm/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace parlance {
namespace {

constexpr std::array<std::string_view, 22> abbreviations{
    "e.g.", "i.e.", "etc.", "vs.", "cf.", "mr.", "mrs.", "ms.",   "dr.",   "prof.",   "st.",
    "no.",  "nos.", "fig.", "p.",  "pp.", "al.", "ca.",  "resp.", "incl.", "approx.", "eg."};

bool is_alnum(char c) {
  return is_upper(c) || is_lower(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80U;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\r')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

bool consists_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_fence(std::string_view line) {
  return line.starts_with("```") || line.starts_with("~~~");
}

bool is_rule(std::string_view line) {
  return line.size() >= 3 && (consists_of(line, "- ") || consists_of(line, "* ") ||
                              consists_of(line, "_ ") || consists_of(line, "="));
}

// How many bytes of a list item's mark ("- ", "12. ") the line begins with.
std::size_t list_mark(std::string_view line) {
  if (line.size() >= 2 && std::string_view("-*+").find(line[0]) != std::string_view::npos &&
      line[1] == ' ') {
    return 2;
  }
  std::size_t digits = 0;
  while (digits < line.size() && digits < 3 && is_digit(line[digits]))
    ++digits;
  const bool marked = digits > 0 && digits + 1 < line.size() &&
                      (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
  return marked ? digits + 2 : 0;
}

std::string_view without_quote_marks(std::string_view line) {
  while (line.starts_with('>'))
    line = trim(line.substr(1));
  return line;
}

// True when the word that ends at `end` (its full stop included) is one that goes on after it.
bool ends_in_abbreviation(std::string_view text, std::size_t end) {
  std::size_t start = end;
  while (start > 0 && text[start - 1] != ' ' && text[start - 1] != '(')
    --start;
  std::string word(text.substr(start, end - start));
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (word.size() == 2 && is_upper(text[start])) return true;  // an initial
  return std::find(abbreviations.begin(), abbreviations.end(), word) != abbreviations.end();
}

// Where the link or image whose '[' stands at `at` ends, and its text; nothing when it is none.
struct Link {
  std::string_view text;
  std::size_t end = 0;
};
std::optional<Link> link_at(std::string_view line, std::size_t at) {
  const auto close = line.find(']', at);
  if (close == std::string_view::npos || close + 1 >= line.size() || line[close + 1] != '(')
    return {};
  const auto end = line.find(')', close);
  if (end == std::string_view::npos) return {};
  return Link{line.substr(at + 1, close - at - 1), end + 1};
}

// Collects the prose of a document, block by block.
class Blocks {
 public:
  void add_line(std::string_view raw) {
    const auto indent = raw.find_first_not_of(" \t");
    auto line = without_quote_marks(trim(raw));
    if (is_fence(line)) {
      end_block();
      in_code_ = !in_code_;
      return;
    }
    if (in_code_) return;
    if (line.empty()) {
      end_block();
      after_blank_ = true;
      return;
    }
    const bool indented_code = after_blank_ && !in_list_ && indent >= 4;
    after_blank_ = indented_code;
    if (indented_code) return;
    if (consists_of(line, "=") || (consists_of(line, "-") && !block_.empty())) {
      block_.clear();  // the line above was a heading
      return;
    }
    if (is_rule(line) || line.starts_with('#') || line.starts_with('|') || line.starts_with('<') ||
        (line.starts_with('[') && line.find("]: ") != std::string_view::npos)) {
      end_block();
      in_list_ = false;
      return;
    }
    if (const auto mark = list_mark(line); mark != 0) {
      end_block();
      in_list_ = true;
      line = trim(line.substr(mark));
    } else if (indent == 0 && block_.empty()) {
      in_list_ = false;
    }
    if (!block_.empty()) block_ += ' ';
    block_ += line;
  }

  void end_block() {
    if (!block_.empty()) blocks_.push_back(std::move(block_));
    block_.clear();
  }

  const std::vector<std::string>& blocks() const { return blocks_; }

 private:
  std::vector<std::string> blocks_;
  std::string block_;
  bool in_code_ = false;
  bool in_list_ = false;
  bool after_blank_ = true;
};

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    visit(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
}

}  // namespace

std::vector<std::string> sentences_of(std::string_view markdown) {
  Blocks blocks;
  for_each_line(markdown, [&](std::string_view line) { blocks.add_line(line); });
  blocks.end_block();
  std::vector<std::string> sentences;
  for (const auto& block : blocks.blocks()) {
    for (const auto& sentence : split_sentences(block)) {
      auto plain = collapse_space(without_markup(sentence));
      if (!plain.empty()) sentences.push_back(std::move(plain));
    }
  }
  return sentences;
}

std::vector<std::string> split_sentences(std::string_view paragraph) {
  std::vector<std::string> sentences;
  std::size_t start = 0;
  bool in_code = false;
  const auto end_sentence = [&](std::size_t end) {
    const auto sentence = trim(paragraph.substr(start, end - start));
    if (!sentence.empty()) sentences.emplace_back(sentence);
    start = end;
  };
  for (std::size_t i = 0; i < paragraph.size(); ++i) {
    const char c = paragraph[i];
    if (c == '`') in_code = !in_code;
    if (in_code || (c != '.' && c != '!' && c != '?')) continue;
    auto after = i + 1;
    while (after < paragraph.size() &&
           std::string_view(")\"'*_`").find(paragraph[after]) != std::string_view::npos) {
      ++after;
    }
    if (after >= paragraph.size() || paragraph[after] != ' ') continue;
    const auto next = paragraph.find_first_not_of(' ', after);
    if (next == std::string_view::npos) continue;
    const char first = paragraph[next];
    const bool begins = is_upper(first) || is_digit(first) ||
                        static_cast<unsigned char>(first) >= 0x80U ||
                        std::string_view("`\"'(*_[").find(first) != std::string_view::npos;
    if (begins && !(c == '.' && ends_in_abbreviation(paragraph, i + 1))) end_sentence(after);
  }
  end_sentence(paragraph.size());
  return sentences;
}

std::string without_markup(std::string_view line) {
  std::string plain;
  bool in_code = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '`') {
      in_code = !in_code;
      continue;
    }
    if (!in_code) {
      if (c == '!' && i + 1 < line.size() && line[i + 1] == '[') {
        if (const auto image = link_at(line, i + 1)) {
          i = image->end - 1;
          continue;
        }
      }
      if (c == '[') {
        if (const auto link = link_at(line, i)) {
          plain += without_markup(link->text);
          i = link->end - 1;
          continue;
        }
      }
      if ((c == '*' || c == '~') && i + 1 < line.size() && line[i + 1] == c) {
        ++i;
        continue;
      }
      const bool word_before = i > 0 && is_alnum(line[i - 1]);
      const bool word_after = i + 1 < line.size() && is_alnum(line[i + 1]);
      if ((c == '*' || c == '_') && word_before != word_after) continue;
    }
    plain.push_back(c);
  }
  return plain;
}

std::string comparable(std::string_view markdown) {
  std::string text;
  for_each_line(markdown, [&](std::string_view raw) {
    auto line = without_quote_marks(trim(raw));
    line = line.substr(list_mark(line));
    text += line;
    text += ' ';
  });
  std::string marked = without_markup(text);
  std::erase_if(marked, [](char c) {
    return std::string_view("*_`~#|[]").find(c) != std::string_view::npos;
  });
  return collapse_space(marked);
}

}  // namespace parlance
