// What a question speaks of, and what kind of answer it wants.
//
//   "And how much is it?" after "Is there a magic trick?"
//     terms  magic · trick, both leaned        wants money
//
// A question that leans on the turn before ("it", "there", "and …") takes over that turn's terms.
//
// Threading: pure functions.
//
// Bounds: terms_max terms; what a longer question says after them is not looked at.
#pragma once

#include "runtime/llm/chat.hpp"
#include "runtime/llm/synonyms.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

inline constexpr std::size_t terms_max = 64;

// What an answer has to hold. "How much …" wants money, whatever words the answer has for it.
enum class Wanted : std::uint8_t {
  money,
  time,
  duration,
  distance,
  age,
  place,
  number,
  definition  // "What is a lane?": what one thing is
};

struct QuestionTerm {
  std::string text;             // as the question has it
  Phrase words;                 // the same, stemmed
  std::vector<Synonym> others;  // that mean the same
  std::optional<Wanted> kind;   // "fee": a sum of money says it, too
  bool leaned = false;          // of the turn before
};

struct Question {
  std::string text;  // as it was asked
  std::vector<QuestionTerm> terms;
  std::set<Wanted> wanted;
};

// Of the newest human message; `synonyms` may be null.
Question question_of(const Messages& messages, const Synonyms* synonyms);

// The question as words to search for: its own, those of the turn that it leans on, and then what
// means the same, in double quotes where that is more than a word.
std::string search_text(const Question& question);

// Whether a sentence of these words (words_of()) has what is wanted.
bool holds(std::span<const std::string> words, Wanted wanted);

}  // namespace parlance
