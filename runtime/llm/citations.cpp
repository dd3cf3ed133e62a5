#include "runtime/llm/citations.hpp"

#include "runtime/llm/sentences.hpp"

#include <algorithm>

namespace parlance {
namespace {

constexpr std::size_t number_max = 1'000'000;

// Where the citation that opens at `open` ends, its numbers added to `numbers`; `open` when it is
// none.
std::size_t read_citation(std::string_view text,
                          std::size_t open,
                          std::vector<std::size_t>& numbers) {
  std::vector<std::size_t> found;
  bool in_number = false;
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      if (!in_number) found.push_back(0);
      in_number = true;
      found.back() = std::min(found.back() * 10 + static_cast<std::size_t>(c - '0'), number_max);
    } else if (c == ',' || c == ' ') {
      in_number = false;
    } else if (c == ']' && !found.empty()) {
      numbers.insert(numbers.end(), found.begin(), found.end());
      return i + 1;
    } else {
      break;
    }
  }
  return open;
}

bool stands_in_one(const std::string& part, const std::vector<std::string>& sources) {
  std::vector<std::string> sentences;
  for (std::size_t start = 0; start < part.size();) {
    const auto end = std::min(part.find('\n', start), part.size());
    for (auto& sentence : split_sentences(std::string_view(part).substr(start, end - start))) {
      sentences.push_back(comparable(sentence));
    }
    start = end + 1;
  }
  return std::all_of(sentences.begin(), sentences.end(), [&](const auto& sentence) {
    return std::any_of(sources.begin(), sources.end(), [&](const auto& source) {
      return source.find(sentence) != std::string::npos;
    });
  });
}

}  // namespace

CitedText split_at_citations(std::string_view text) {
  CitedText cited;
  std::size_t start = 0;
  for (auto open = text.find('['); open != std::string_view::npos; open = text.find('[', open)) {
    const auto end = read_citation(text, open, cited.numbers);
    if (end == open) {
      ++open;
      continue;
    }
    cited.parts.emplace_back(text.substr(start, open - start));
    start = open = end;
  }
  if (start < text.size()) cited.parts.emplace_back(text.substr(start));
  return cited;
}

std::string_view up_to_last_citation(std::string_view text) {
  std::vector<std::size_t> numbers;
  std::size_t last = 0;
  for (auto open = text.find('['); open != std::string_view::npos; open = text.find('[', open)) {
    const auto end = read_citation(text, open, numbers);
    if (end == open) {
      ++open;
    } else {
      last = open = end;
    }
  }
  return text.substr(0, last);
}

bool has_citation(std::string_view text) {
  return !split_at_citations(text).numbers.empty();
}

bool is_quoted_from(std::string_view answer, const std::vector<Passage>& passages) {
  const auto cited = split_at_citations(answer);
  if (cited.numbers.empty()) return false;
  std::vector<std::string> sources;
  for (const auto number : cited.numbers) {
    if (number < 1 || number > passages.size()) return false;
    sources.push_back(comparable(passages[number - 1].text));
  }
  return std::all_of(cited.parts.begin(), cited.parts.end(), [&](const auto& part) {
    return stands_in_one(part, sources);
  });
}

}  // namespace parlance
