// The sentences of passages that answer a question, best first.
//
// Each sentence is weighed by the share of the question that it covers: in the question's words or
// in others, by itself, by the heading it stands under, or by the rest of its passage. A sum helps
// where a price was asked for. When no passage covers enough of the question, there is no
// quotation. No learning, no state: the same question has the same answer everywhere.
//
// Threading: pure functions.
//
// Bounds: looks at 50 passages and 2,000 sentences of them; takes time linear in their text.
#pragma once

#include "runtime/llm/chat.hpp"
#include "runtime/llm/question.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace parlance {

struct Quotation {
  std::string sentence;
  std::size_t passage = 0;  // from 0
};

// One to three, or none. A sentence stands in its passage word for word (runtime/llm/sentences.hpp:
// comparable()).
std::vector<Quotation> quotations_for(const Question& question,
                                      const std::vector<Passage>& passages);

}  // namespace parlance
