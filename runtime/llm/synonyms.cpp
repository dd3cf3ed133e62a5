#include "runtime/llm/synonyms.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/llm/text.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace parlance {
namespace {

template <class Visit>
Result<void> for_each_part(std::string_view text, char border, Visit visit) {
  while (true) {
    const auto end = text.find(border);
    if (auto done = visit(text.substr(0, end)); !done) return done;
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

}  // namespace

Result<Synonyms> Synonyms::parse(std::string_view text) {
  Synonyms synonyms;
  synonyms.digest_ = sha256_hex(text);
  std::size_t number = 0;
  const auto wrong = [&](const std::string& reason) {
    return Error{
        ErrorCode::invalid_value, "line " + std::to_string(number) + ": " + reason, {}, {}};
  };
  auto read = for_each_part(text, '\n', [&](std::string_view line) -> Result<void> {
    ++number;
    line = line.substr(0, line.find('#'));
    if (words_of(line).empty()) return {};
    const std::size_t group = synonyms.groups_.size();
    if (group == groups_max) return wrong("there are more than 1,000 groups");
    auto& members = synonyms.groups_.emplace_back();
    auto done = for_each_part(line, ',', [&](std::string_view member) -> Result<void> {
      Phrase phrase;
      for (const auto& word : words_of(member))
        phrase.push_back(stem(word));
      if (phrase.empty() || phrase.size() > words_max)
        return wrong("a member must have 1 to 5 words");
      const auto [place, is_new] = synonyms.group_of_.emplace(phrase, group);
      if (!is_new && place->second != group)
        return wrong("\"" + collapse_space(member) + "\" stands in an earlier group as well");
      if (is_new) members.push_back({lower_case(collapse_space(member)), std::move(phrase)});
      return {};
    });
    if (!done) return done;
    if (members.size() > members_max) return wrong("a group must have at most 32 members");
    return {};
  });
  if (!read) return read.error();
  return synonyms;
}

Result<std::shared_ptr<const Synonyms>> Synonyms::load(const std::filesystem::path& folder,
                                                       const std::string& file) {
  if (file.empty()) return std::shared_ptr<const Synonyms>();
  std::ifstream in(folder / file);
  if (!in) return Error{ErrorCode::invalid_value, "cannot be read: " + file, "synonyms", {}};
  std::ostringstream text;
  text << in.rdbuf();
  auto synonyms = parse(text.str());
  if (!synonyms) {
    return Error{ErrorCode::invalid_value, file + ": " + synonyms.error().detail, "synonyms", {}};
  }
  return std::make_shared<const Synonyms>(std::move(*synonyms));
}

Synonyms::Found Synonyms::find(std::span<const std::string> stems) const {
  for (std::size_t words = std::min(words_max, stems.size()); words > 0; --words) {
    const auto found =
        group_of_.find(Phrase(stems.begin(), stems.begin() + static_cast<std::ptrdiff_t>(words)));
    if (found != group_of_.end()) return {words, groups_[found->second]};
  }
  return {};
}

}  // namespace parlance
