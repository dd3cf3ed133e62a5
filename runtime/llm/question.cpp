#include "runtime/llm/question.hpp"

#include "runtime/llm/text.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace parlance {
namespace {

constexpr std::size_t leans_max = 3;           // turns back
constexpr std::size_t leaning_words_max = 10;  // a longer question says itself what it is about

using Words = std::vector<std::string>;

// "and how much is it?", "what about children?"
bool opens_leaning(const Words& words) {
  if (words[0] == "and" || words[0] == "but" || words[0] == "also") return true;
  return words.size() > 1 && (words[0] == "what" || words[0] == "how") && words[1] == "about";
}

// "Is there a pool?" asks anew.
bool asks_for_being(const Words& words, std::size_t at) {
  return at > 0 && words[at] == "there" &&
         (words[at - 1] == "is" || words[at - 1] == "are" || words[at - 1] == "was");
}

bool points_back(const Words& words, std::size_t at) {
  static const std::set<std::string_view> pronouns{
      "it", "its", "they", "them", "their", "there", "that", "those", "these", "one", "ones"};
  return pronouns.contains(words[at]) && !asks_for_being(words, at);
}

bool leans(const Words& words) {
  if (words.empty() || words.size() > leaning_words_max) return false;
  if (opens_leaning(words)) return true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (points_back(words, i)) return true;
  }
  return std::all_of(words.begin(), words.end(), [](const auto& w) { return is_stop_word(w); });
}

// One word is a term as well: "fee" is said by "fee" and by any sum of money. Several are not:
// "how long".
struct Cue {
  std::string_view words;
  Wanted wanted;
};

constexpr std::array<Cue, 39> cues{{{"how much", Wanted::money},
                                    {"price", Wanted::money},
                                    {"prices", Wanted::money},
                                    {"cost", Wanted::money},
                                    {"costs", Wanted::money},
                                    {"pay", Wanted::money},
                                    {"fee", Wanted::money},
                                    {"fees", Wanted::money},
                                    {"charge", Wanted::money},
                                    {"free", Wanted::money},
                                    {"when", Wanted::time},
                                    {"what time", Wanted::time},
                                    {"what hours", Wanted::time},
                                    {"how late", Wanted::time},
                                    {"how early", Wanted::time},
                                    {"open", Wanted::time},
                                    {"opens", Wanted::time},
                                    {"close", Wanted::time},
                                    {"closes", Wanted::time},
                                    {"start", Wanted::time},
                                    {"starts", Wanted::time},
                                    {"begin", Wanted::time},
                                    {"end", Wanted::time},
                                    {"hours", Wanted::time},
                                    {"opening hours", Wanted::time},
                                    {"what day", Wanted::time},
                                    {"what days", Wanted::time},
                                    {"late", Wanted::time},
                                    {"early", Wanted::time},
                                    {"how long", Wanted::duration},
                                    {"how often", Wanted::duration},
                                    {"last", Wanted::duration},
                                    {"how far", Wanted::distance},
                                    {"distance", Wanted::distance},
                                    {"how old", Wanted::age},
                                    {"what age", Wanted::age},
                                    {"age", Wanted::age},
                                    {"where", Wanted::place},
                                    {"how many", Wanted::number}}};

bool begins_with(std::span<const std::string> words, std::string_view phrase) {
  std::size_t at = 0;
  for (const auto& word : words) {
    if (at >= phrase.size()) return true;
    if (phrase.substr(at, word.size()) != word) return false;
    at += word.size();
    if (at < phrase.size() && phrase[at] != ' ') return false;
    ++at;
  }
  return at >= phrase.size();
}

const Cue* cue_at(std::span<const std::string> words) {
  const Cue* longest = nullptr;
  for (const auto& cue : cues) {
    if (!begins_with(words, cue.words)) continue;
    if (longest == nullptr || cue.words.size() > longest->words.size()) longest = &cue;
  }
  return longest;
}

std::size_t word_count(std::string_view words) {
  return 1 + static_cast<std::size_t>(std::count(words.begin(), words.end(), ' '));
}

void add_term(Question& question, QuestionTerm term) {
  const bool known =
      std::any_of(question.terms.begin(), question.terms.end(), [&](const QuestionTerm& have) {
        return have.words == term.words;
      });
  if (!known && question.terms.size() < terms_max) question.terms.push_back(std::move(term));
}

QuestionTerm term_of(std::span<const std::string> words, std::span<const std::string> stems) {
  QuestionTerm term;
  for (const auto& word : words)
    term.text += (term.text.empty() ? "" : " ") + word;
  term.words.assign(stems.begin(), stems.end());
  return term;
}

Synonyms::Found synonyms_at(std::span<const std::string> words,
                            std::span<const std::string> stems,
                            const Synonyms* synonyms) {
  if (synonyms == nullptr) return {};
  const auto found = synonyms->find(stems);
  // "can" is no "cane", though both have one stem.
  return found.words == 1 && is_stop_word(words[0]) ? Synonyms::Found{} : found;
}

// Adds what the first of the words say, and returns how many those are.
std::size_t add_first(Question& question,
                      std::span<const std::string> words,
                      std::span<const std::string> stems,
                      const Synonyms* synonyms,
                      bool leaned) {
  const Cue* cue = cue_at(words);
  if (cue != nullptr && !leaned) question.wanted.insert(cue->wanted);
  const auto group = synonyms_at(words, stems, synonyms);
  if (group.words == 0 && cue != nullptr && word_count(cue->words) > 1)
    return word_count(cue->words);
  if (group.words == 0 && !says_something(words[0])) return 1;

  const auto count = std::max<std::size_t>(group.words, 1);
  auto term = term_of(words.first(count), stems.first(count));
  term.leaned = leaned;
  if (group.words == 0 && cue != nullptr) term.kind = cue->wanted;
  for (const auto& member : group.members) {
    if (member.stems != term.words) term.others.push_back(member);
  }
  add_term(question, std::move(term));
  return count;
}

void add_terms(Question& question, const Words& words, const Synonyms* synonyms, bool leaned) {
  Words stems;
  for (const auto& word : words)
    stems.push_back(stem(word));
  for (std::size_t i = 0; i < words.size();) {
    i += add_first(question,
                   std::span(words).subspan(i),
                   std::span<const std::string>(stems).subspan(i),
                   synonyms,
                   leaned);
  }
}

bool has_any(std::span<const std::string> words, const std::set<std::string_view>& wanted) {
  return std::any_of(
      words.begin(), words.end(), [&](const auto& word) { return wanted.contains(word); });
}

bool has_digit(std::span<const std::string> words) {
  return std::any_of(words.begin(), words.end(), [](const auto& word) {
    return word.find_first_of("0123456789") != std::string::npos;
  });
}

// "What is a lane?"
bool asks_what_it_is(const Question& question, const Words& words) {
  return words.size() > 2 && words[0] == "what" && (words[1] == "is" || words[1] == "are") &&
         question.terms.size() == 1 && question.wanted.empty();
}

}  // namespace

Question question_of(const Messages& messages, const Synonyms* synonyms) {
  std::vector<const Message*> asked;  // newest first
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    if ((*message)->role == Role::human) asked.push_back(message->get());
    if (asked.size() > leans_max) break;
  }
  Question question;
  if (asked.empty()) return question;
  question.text = asked.front()->text;
  const auto words = words_of(question.text);
  add_terms(question, words, synonyms, /*leaned=*/false);
  if (asks_what_it_is(question, words)) question.wanted.insert(Wanted::definition);
  for (std::size_t i = 0; i + 1 < asked.size() && leans(words_of(asked[i]->text)); ++i) {
    add_terms(question, words_of(asked[i + 1]->text), synonyms, /*leaned=*/true);
  }
  return question;
}

std::string search_text(const Question& question) {
  std::string text;
  const auto add = [&](const std::string& words) {
    if (!text.empty()) text += ' ';
    text += words.find(' ') == std::string::npos ? words : '"' + words + '"';
  };
  if (question.wanted.contains(Wanted::definition)) add(question.terms.front().text + " is");
  for (const auto& term : question.terms)
    add(term.text);
  for (const auto& term : question.terms) {
    for (const auto& other : term.others)
      add(other.text);
  }
  return text.empty() ? question.text : text;
}

bool holds(std::span<const std::string> words, Wanted wanted) {
  switch (wanted) {
    case Wanted::definition:
      return has_any(words.first(std::min<std::size_t>(words.size(), 5)), {"is", "are"});
    case Wanted::money:
      return has_any(words,
                     {"dollar",
                      "dollars",
                      "euro",
                      "euros",
                      "free",
                      "complimentary",
                      "included",
                      "charge",
                      "fee",
                      "price",
                      "percent",
                      "costs",
                      "cents"});
    case Wanted::time:
      return has_any(words,
                     {"am",
                      "pm",
                      "noon",
                      "midnight",
                      "daily",
                      "monday",
                      "tuesday",
                      "wednesday",
                      "thursday",
                      "friday",
                      "saturday",
                      "sunday",
                      "morning",
                      "evening",
                      "weekends",
                      "always",
                      "sunrise",
                      "sunset"});
    case Wanted::duration:
      return has_any(words,
                     {"minute",
                      "minutes",
                      "hour",
                      "hours",
                      "day",
                      "days",
                      "night",
                      "nights",
                      "week",
                      "weeks",
                      "month",
                      "months",
                      "year",
                      "years"});
    case Wanted::distance:
      return has_any(
          words, {"mile", "miles", "kilometer", "kilometers", "minutes", "feet", "yards", "steps"});
    case Wanted::age:
      return has_digit(words) &&
             has_any(words, {"age", "aged", "ages", "years", "over", "under", "adults", "21"});
    case Wanted::place:
      return has_any(words,
                     {"floor", "beside", "near",   "opposite", "behind",  "level", "entrance",
                      "end",   "corner", "stands", "lies",     "located", "tower", "next",
                      "lobby", "roof",   "inside", "outside",  "at",      "in",    "on"});
    case Wanted::number:
      return has_digit(words) || has_any(words,
                                         {"one",
                                          "two",
                                          "three",
                                          "four",
                                          "five",
                                          "six",
                                          "seven",
                                          "eight",
                                          "nine",
                                          "ten",
                                          "twelve"});
  }
  return false;
}

}  // namespace parlance
