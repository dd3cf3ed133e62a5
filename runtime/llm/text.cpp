#include "runtime/llm/text.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace parlance {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_vowel(char c) {
  return std::string_view("aeiouy").find(c) != std::string_view::npos;
}

// How many bytes of a mark outside ASCII stand at `at`: U+0080 to U+00BF, and U+2000 to U+2FFF
// (dashes, quotes, arrows, boxes). 0: a letter.
std::size_t mark_bytes(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead == 0xC2U) return 2;
  if (lead == 0xE2U) return 3;
  return 0;
}

// "ThreadActor" has a border before the A, "HTTPServer" before the S.
bool is_hump(std::string_view text, std::size_t at) {
  if (at == 0 || !is_upper(text[at])) return false;
  if (is_lower(text[at - 1])) return true;
  return is_upper(text[at - 1]) && at + 1 < text.size() && is_lower(text[at + 1]);
}

// An ending, and how much of a word must be left for it to be one.
struct Suffix {
  std::string_view text;
  std::size_t left_min;
};

constexpr std::array<Suffix, 21> suffixes{
    {{"ization", 4}, {"isation", 4}, {"ability", 3}, {"ibility", 3}, {"ation", 6}, {"ment", 4},
     {"ness", 4},    {"able", 3},    {"ible", 4},    {"ance", 4},    {"ence", 4},  {"ing", 3},
     {"ize", 4},     {"ise", 4},     {"ive", 4},     {"ate", 6},     {"ion", 4},   {"ed", 3},
     {"er", 4},      {"or", 4},      {"ly", 4}}};

void drop_plural(std::string& word) {
  if (word.ends_with("ies") || word.ends_with("ied")) {
    word.replace(word.size() - 3, 3, "y");
  } else if (word.ends_with("sses") || word.ends_with("xes") || word.ends_with("ches") ||
             word.ends_with("shes")) {
    word.resize(word.size() - 2);
  } else if (word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") &&
             !word.ends_with("is")) {
    word.pop_back();
  }
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (const auto mark = mark_bytes(text, i); mark != 0) {
      end_word();
      i += mark;
      continue;
    }
    if (is_upper(c)) {
      if (is_hump(text, i)) end_word();
      word.push_back(static_cast<char>(c - 'A' + 'a'));
    } else if (is_lower(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80U) {
      word.push_back(c);
    } else if (c == '\'' && !word.empty()) {
      // "what's" and "server's" lose the ending
      end_word();
      while (i + 1 < text.size() && is_lower(text[i + 1]))
        ++i;
    } else {
      end_word();
    }
    ++i;
  }
  end_word();
  return words;
}

std::string stem(std::string_view word) {
  std::string stemmed(word);
  if (stemmed.size() <= 3 || is_digit(stemmed.front())) return stemmed;
  drop_plural(stemmed);
  for (const auto& suffix : suffixes) {
    if (!stemmed.ends_with(suffix.text) || stemmed.size() < suffix.text.size() + suffix.left_min)
      continue;
    const auto left = stemmed.size() - suffix.text.size();
    if (std::none_of(
            stemmed.begin(), stemmed.begin() + static_cast<std::ptrdiff_t>(left), is_vowel))
      break;
    stemmed.resize(left);
    break;
  }
  if (stemmed.size() > 3 && stemmed.ends_with('e')) stemmed.pop_back();
  // "cancelled" and "cancel", "running" and "run", "full" and "fully"
  if (stemmed.size() > 3 && stemmed[stemmed.size() - 1] == stemmed[stemmed.size() - 2]) {
    stemmed.pop_back();
  }
  return stemmed;
}

bool is_stop_word(std::string_view word) {
  static const std::set<std::string_view> stop_words{
      "a",         "about",     "after", "all",   "also",    "am",      "an",      "and",
      "any",       "anything",  "are",   "as",    "at",      "be",      "because", "been",
      "before",    "being",     "both",  "but",   "by",      "can",     "could",   "describe",
      "did",       "do",        "does",  "doing", "done",    "each",    "ever",    "every",
      "explain",   "few",       "find",  "for",   "from",    "further", "get",     "gets",
      "give",      "gives",     "given", "go",    "goes",    "had",     "happen",  "happened",
      "happening", "happens",   "has",   "have",  "having",  "he",      "her",     "here",
      "him",       "his",       "how",   "i",     "if",      "in",      "into",    "is",
      "it",        "its",       "just",  "kind",  "know",    "let",     "like",    "list",
      "made",      "make",      "makes", "many",  "may",     "me",      "mean",    "means",
      "might",     "more",      "most",  "much",  "must",    "my",      "need",    "needs",
      "no",        "nor",       "not",   "of",    "off",     "on",      "once",    "one",
      "only",      "or",        "other", "our",   "out",     "over",    "own",     "please",
      "same",      "say",       "says",  "shall", "she",     "should",  "show",    "so",
      "some",      "something", "such",  "tell",  "than",    "that",    "the",     "their",
      "them",      "then",      "there", "these", "they",    "thing",   "things",  "this",
      "those",     "through",   "to",    "too",   "under",   "until",   "up",      "us",
      "use",       "used",      "uses",  "using", "very",    "was",     "way",     "we",
      "were",      "what",      "when",  "where", "whether", "which",   "while",   "who",
      "whom",      "whose",     "why",   "will",  "with",    "without", "would",   "you",
      "your"};
  return stop_words.contains(word);
}

std::vector<std::string> terms_of(std::string_view text) {
  std::vector<std::string> terms;
  std::set<std::string> seen;
  for (const auto& word : words_of(text)) {
    if (is_stop_word(word) || (word.size() == 1 && !is_digit(word.front()))) continue;
    auto term = stem(word);
    if (seen.insert(term).second) terms.push_back(std::move(term));
  }
  return terms;
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    if (!is_space(c) && !inside) ++words;
    inside = !is_space(c);
  }
  return words;
}

std::vector<std::string> pieces_of(std::string_view text) {
  constexpr std::string_view space = " \t\n\r\f\v";
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const auto word = text.find_first_not_of(space);
    const auto end = word == std::string_view::npos ? word : text.find_first_of(space, word);
    pieces.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  }
  return pieces;
}

std::string collapse_space(std::string_view text) {
  std::string collapsed;
  for (const char c : text) {
    if (!is_space(c)) {
      collapsed.push_back(c);
    } else if (!collapsed.empty() && collapsed.back() != ' ') {
      collapsed.push_back(' ');
    }
  }
  if (collapsed.ends_with(' ')) collapsed.pop_back();
  return collapsed;
}

}  // namespace parlance
