// Answers that quote: "A turn is durable before it is shown. [2]"
//
// A citation is a number in square brackets, or several with commas, and counts the passages
// from 1.
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

struct CitedText {
  std::vector<std::string> parts;    // the text between the citations
  std::vector<std::size_t> numbers;  // cited, in order of appearance
};

CitedText split_at_citations(std::string_view text);

bool has_citation(std::string_view text);

// The text to the end of its last citation; empty when it cites nothing.
std::string_view up_to_last_citation(std::string_view text);

// True when the answer cites at least one passage, cites none that does not exist, and every one of
// its sentences stands in a passage that it cites, word for word.
bool is_quoted_from(std::string_view answer, const std::vector<Passage>& passages);

}  // namespace parlance
