#include "runtime/llm/text.hpp"

#include "runtime/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace parlance {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
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

constexpr std::string_view stop_word_list = R"(
a able about absolutely actually afraid after again ahead all allowed almost along already also
although always am an and any anybody anyhow anymore anyone anything anyway anywhere apparently
appreciate are aren around as ask asked asking assist assume at aunt available away awhile be
beautiful because been before being believe besides best better bit both boyfriend bring bringing
brother brought but by came can cannot care certain certainly chance closest come comes coming
confirm consider could couldn cousin curious current currently dad daughter dear decide definitely
describe details did didn do does doesn doing don done during each easily easy either else enjoy
enough entire especially even ever every everybody everyone everything everywhere exactly excuse
expect expected explain explore fact fairly father favor favour feel feeling few finally find fine
for forget forgot forgotten forward fresh from further get gets girlfriend give given gives gladly
go goes going gone good got gotten grab granddaughter grandfather grandma grandmother grandpa
grandparents grandson grateful great guess guy guys had hadn happen happened happening happens
happily happy has hasn have haven having he hear heard hello help helpful her here hey hi him his
holiday hope hoping how however husband i idea if imagine in including indeed info inform
information inquire inquiring instead interested interesting into is isn it its just keen kind
kindly knew know known knows lately least leave left let lets like list little long look looking
lot lots love lovely madam made mainly make makes manage many may maybe me mean meaning means
mention might mind mom moment more most mother much mum must mustn my myself near nearby nearest
necessary need needn needs nephew never nice niece no nobody none nor normally not nothing now
occasionally of off offer offered offers often oh ok okay on once one ones only onto or other
otherwise our ourselves out over own particular particularly per perfect perhaps permitted plan
planning plans please plenty possible possibly prefer pretty probably provide provided put
question questions quite rather really recommend recommended regarding regards require required
right s said sake same saw say says see seem seems seen sent several shall she should shouldn
simply since sir sister so some somebody somehow someone something sometime sometimes somewhere
son soon sorry sort sorts special specific still such suggest suggestion suppose supposed sure t
take taken takes taking talk tell than thank thanking thanks that the their them then there these
they thing things think thinking this those thought through to today together told tomorrow
tonight too took toward towards tried truly try trying uncle under understand unfortunately unless
until up upon us use used uses using usual usually vacation various very wanna want wanted wanting
wants was wasn wats way we well went were weren what whatever whats when whenever where wherever
whether which whichever while who whoever whom whose why wife will willing wish with within
without won wonder wonderful wondering wont work works would wouldn wrong yes yesterday yet you
your yourself
)";

const std::set<std::string_view>& stop_words() {
  static const auto words = [] {
    std::set<std::string_view> split;
    for (std::size_t at = 0; at < stop_word_list.size();) {
      const auto end = std::min(stop_word_list.find_first_of(" \n", at), stop_word_list.size());
      if (end > at) split.insert(stop_word_list.substr(at, end - at));
      at = end + 1;
    }
    return split;
  }();
  return words;
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

bool says_something(std::string_view word) {
  if (word.size() == 1 && !is_digit(word.front())) return false;
  return !stop_words().contains(word);
}

bool is_stop_word(std::string_view word) {
  return stop_words().contains(word);
}

std::vector<std::string> terms_of(std::string_view text) {
  std::vector<std::string> terms;
  std::set<std::string> seen;
  for (const auto& word : words_of(text)) {
    if (!says_something(word)) continue;
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
