// English text as a bag of terms: what a question and a sentence have in common.
//
// Threading: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

// The words in lower case. Names in code fall into their parts: `turns_waiting_max` and
// `ThreadActor` are "turns waiting max" and "thread actor". Letters outside ASCII stay as they are.
std::vector<std::string> words_of(std::string_view text);

// Without its ending, so that "retries", "retried" and "retry" are one. Not a linguist: it takes
// off the common English suffixes, and is wrong in the same way on both sides of a comparison.
std::string stem(std::string_view word);

// True for words that say nothing of what a text is about: those that any English text is made of,
// and those that ask, hope, thank and hedge: "the", "how", "please", "wondering".
bool is_stop_word(std::string_view word);

// False for stop words and for letters that stand alone.
bool says_something(std::string_view word);

// The stems of the words that say something, each once, in order of appearance.
std::vector<std::string> terms_of(std::string_view text);

// The number of words between white space: what the offline model counts as tokens.
std::size_t count_words(std::string_view text);

// `text` as it is streamed: a word and the space before it at a time.
std::vector<std::string> pieces_of(std::string_view text);

// `text` with every run of white space made one space, and none at the ends.
std::string collapse_space(std::string_view text);

}  // namespace parlance
