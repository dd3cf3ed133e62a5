#include "runtime/llm/question.hpp"

#include "runtime/llm/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

namespace parlance {
namespace {

constexpr std::size_t leans_max = 3;           // turns back
constexpr std::size_t leaning_words_max = 10;  // a longer question says itself what it is about

using Words = std::vector<std::string>;

// Words that point back to the turn before.
bool points_back(std::string_view word) {
  static const std::set<std::string_view> words{
      "it", "its", "they", "them", "their", "there", "that", "those", "these", "one", "ones"};
  return words.contains(word);
}

bool leans(const Words& words) {
  if (words.empty() || words.size() > leaning_words_max) return false;
  if (words[0] == "and" || words[0] == "but" || words[0] == "also") return true;
  if (words.size() > 1 && (words[0] == "what" || words[0] == "how") && words[1] == "about")
    return true;
  // "Is there a pool?" asks anew.
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool asks_for_being =
        words[i] == "there" && i > 0 &&
        (words[i - 1] == "is" || words[i - 1] == "are" || words[i - 1] == "was");
    if (asks_for_being) {
      if (i + 1 < words.size()) continue;
    }
    if (points_back(words[i]) && !asks_for_being) return true;
  }
  return terms_of(words[0]).empty() &&
         std::all_of(words.begin(), words.end(), [](const auto& w) { return is_stop_word(w); });
}

struct Cue {
  std::string_view words;
  Wanted wanted;
  bool is_term = false;  // it says what the question is about as well
};

constexpr std::array<Cue, 41> cues{{{"how much", Wanted::money},
                                    {"price", Wanted::money},
                                    {"prices", Wanted::money},
                                    {"cost", Wanted::money},
                                    {"costs", Wanted::money},
                                    {"pay", Wanted::money},
                                    {"fee", Wanted::money, true},
                                    {"fees", Wanted::money, true},
                                    {"charge", Wanted::money, true},
                                    {"free", Wanted::money, true},
                                    {"when", Wanted::time},
                                    {"what time", Wanted::time},
                                    {"what hours", Wanted::time},
                                    {"how late", Wanted::time},
                                    {"how early", Wanted::time},
                                    {"open", Wanted::time},
                                    {"opens", Wanted::time},
                                    {"close", Wanted::time},
                                    {"closes", Wanted::time},
                                    {"start", Wanted::time, true},
                                    {"starts", Wanted::time, true},
                                    {"begin", Wanted::time, true},
                                    {"end", Wanted::time, true},
                                    {"hours", Wanted::time},
                                    {"opening hours", Wanted::time},
                                    {"what day", Wanted::time},
                                    {"what days", Wanted::time},
                                    {"how long", Wanted::duration},
                                    {"how often", Wanted::duration},
                                    {"how far", Wanted::distance},
                                    {"how old", Wanted::age},
                                    {"what age", Wanted::age},
                                    {"age", Wanted::age, true},
                                    {"where", Wanted::place},
                                    {"how many", Wanted::number},
                                    {"how big", Wanted::number},
                                    {"how warm", Wanted::number, true},
                                    {"last", Wanted::duration, true},
                                    {"late", Wanted::time, true},
                                    {"early", Wanted::time, true},
                                    {"distance", Wanted::distance, true}}};

// Words that ask, and say nothing of what is asked about; beside the stop words.
bool is_asking_word(std::string_view word) {
  static const std::set<std::string_view> words{
      "able",     "allowed", "available", "closest",   "could",    "exactly", "got",    "hi",
      "hello",    "long",    "look",      "looking",   "nearest",  "nearby",  "need",   "offer",
      "possible", "someone", "somebody",  "somewhere", "anywhere", "special", "take",   "thank",
      "thanks",   "today",   "tonight",   "want",      "wanted",   "wats",    "whats",  "s",
      "t",        "anyone",  "bring",     "hey",       "too",      "per",     "us",     "let",
      "put",      "still",   "also",      "really",    "come",     "comes",   "ask",    "around",
      "good",     "best",    "nice",      "great",     "fresh",    "well",    "little", "ones",
      "mother",   "father",  "son",       "daughter",  "find"};
  return words.contains(word);
}

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

void add_terms(Question& question, const Words& words, const Synonyms* synonyms, bool leaned) {
  Words stems;
  for (const auto& word : words)
    stems.push_back(stem(word));
  const auto add = [&](std::size_t at,
                       std::size_t count,
                       std::span<const Synonym> members,
                       std::optional<Wanted> kind) {
    QuestionTerm term;
    term.words.assign(stems.begin() + static_cast<std::ptrdiff_t>(at),
                      stems.begin() + static_cast<std::ptrdiff_t>(at + count));
    for (std::size_t i = at; i < at + count; ++i)
      term.text += (term.text.empty() ? "" : " ") + words[i];
    term.kind = kind;
    term.leaned = leaned;
    for (const auto& member : members) {
      if (member.stems != term.words) term.others.push_back(member);
    }
    const bool known =
        std::any_of(question.terms.begin(), question.terms.end(), [&](const QuestionTerm& have) {
          return have.words == term.words;
        });
    if (!known) question.terms.push_back(std::move(term));
  };
  for (std::size_t i = 0; i < words.size();) {
    const std::span<const std::string> rest(stems.data() + i, stems.size() - i);
    const Cue* cue = cue_at({words.data() + i, words.size() - i});
    const auto group = synonyms == nullptr ? Synonyms::Found{} : synonyms->find(rest);
    if (cue != nullptr && !leaned) question.wanted.insert(cue->wanted);
    if (group.words > 0) {
      add(i, group.words, group.members, std::nullopt);
      i += group.words;
    } else if (cue != nullptr && !cue->is_term) {
      i += 1 + static_cast<std::size_t>(std::count(cue->words.begin(), cue->words.end(), ' '));
    } else {
      const bool says_something =
          !is_stop_word(words[i]) && !is_asking_word(words[i]) &&
          (words[i].size() > 1 || std::isdigit(static_cast<unsigned char>(words[i][0])) != 0);
      if (says_something) add(i, 1, {}, cue == nullptr ? std::nullopt : std::optional(cue->wanted));
      ++i;
    }
  }
}

bool has_any(const Words& words, const std::set<std::string_view>& wanted) {
  return std::any_of(
      words.begin(), words.end(), [&](const auto& word) { return wanted.contains(word); });
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

// "What is a lane?"
bool asks_what_it_is(const Question& question) {
  const auto words = words_of(question.text);
  return words.size() > 2 && words[0] == "what" && (words[1] == "is" || words[1] == "are") &&
         question.terms.size() == 1 && question.wanted.empty();
}

Question question_of(const Messages& messages, const Synonyms* synonyms) {
  std::vector<const Message*> asked;  // newest first
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    if ((*message)->role == Role::human) asked.push_back(message->get());
    if (asked.size() > leans_max) break;
  }
  Question question;
  if (asked.empty()) return question;
  question.text = asked.front()->text;
  add_terms(question, words_of(question.text), synonyms, /*leaned=*/false);
  for (std::size_t i = 0; i + 1 < asked.size() && leans(words_of(asked[i]->text)); ++i) {
    question.context =
        asked[i + 1]->text + (question.context.empty() ? "" : " ") + question.context;
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
  if (asks_what_it_is(question)) add(question.terms.front().text + " is");
  for (const auto& term : question.terms) {
    add(term.text);
    for (const auto& other : term.others)
      add(other.text);
  }
  return text.empty() ? question.text : text;
}

bool holds(std::string_view sentence, Wanted wanted) {
  const auto words = words_of(sentence);
  switch (wanted) {
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
      return has_any(words, {"am",       "pm",      "noon",      "midnight", "daily",   "day",
                             "monday",   "tuesday", "wednesday", "thursday", "friday",  "saturday",
                             "sunday",   "hours",   "night",     "nights",   "morning", "evening",
                             "weekends", "always",  "sunrise",   "sunset"});
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
      return has_digit(sentence) &&
             has_any(words, {"age", "aged", "ages", "years", "over", "under", "adults", "21"});
    case Wanted::place:
      return has_any(words,
                     {"floor", "beside", "near",   "opposite", "behind",  "level", "entrance",
                      "end",   "corner", "stands", "lies",     "located", "tower", "next",
                      "lobby", "roof",   "inside", "outside",  "at",      "in",    "on"});
    case Wanted::number:
      return has_digit(sentence) || has_any(words,
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
