// What a question speaks of, and what kind of answer it wants.
//
//   "And how much is it?" after "Is there a magic trick?"
//     terms  magic · trick, both leaned        wants money
//
// A question that leans on the turn before ("it", "there", "and …") takes over that turn's terms.
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"
#include "runtime/llm/synonyms.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

// What an answer has to hold. "How much …" wants money, whatever words the answer has for it.
enum class Wanted : std::uint8_t { money, time, duration, distance, age, place, number };

struct QuestionTerm {
  std::string text;             // as the question has it
  Phrase words;                 // the same, stemmed
  std::vector<Synonym> others;  // that mean the same
  std::optional<Wanted> kind;   // "fee": a sum of money says it, too
  bool leaned = false;          // of the turn before
};

struct Question {
  std::string text;     // as it was asked
  std::string context;  // the turn before, when the question leans on it; else empty
  std::vector<QuestionTerm> terms;
  std::set<Wanted> wanted;
};

// Of the newest human message; `synonyms` may be null.
Question question_of(const Messages& messages, const Synonyms* synonyms);

// "What is a lane?": it wants to be told what one thing is.
bool asks_what_it_is(const Question& question);

// The question as words to search for: its own, those of the turn that it leans on, and what means
// the same, in double quotes where that is more than a word.
std::string search_text(const Question& question);

bool holds(std::string_view sentence, Wanted wanted);

}  // namespace parlance
