// The sentences of passages that answer a question, best first.
//
// The evidence for a sentence is a sum, counted in rare terms. A term of the question weighs as
// much as it is rare in all that the agent knows: its inverse document frequency (Robertson and
// Spärck Jones 1976, with the 1 that keeps it positive, as in Lucene's BM25), scaled so that a term
// that no document has weighs 1.
//
//   + the weight of the terms that the sentence or its heading says, in the question's words, in
//     others that mean the same, or by kind: a sum of money says "fee"
//   + the share of the question that its passage says
//   + how alike the heading and the question are: the share of each that is in the other
//   + the passage's BM25 score, as the retriever gave it
//   - the weight of the terms that no document has: the question is about something else
//
// and a little for a sentence that holds what is wanted, and for the first one of its passage. When
// no sentence has enough evidence, there is no quotation. The weights of the sum were fitted on
// tests/concierge/questions.json and wordy.json by multinomial logistic regression, and rounded. No
// learning here, no state: the same question has the same answer everywhere.
//
// Threading: pure functions.
//
// Bounds: looks at 50 passages and 2,000 sentences of them; takes time linear in their text
// and in the terms of the question.
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

// One to three, or none. A further sentence has nearly as much evidence as the first, and is of
// another passage or says a term that the others do not. A sentence stands in its passage word for
// word (runtime/llm/sentences.hpp: comparable()).
std::vector<Quotation> quotations_for(const Question& question,
                                      const std::vector<Passage>& passages,
                                      const DocumentFrequencies& frequencies);

}  // namespace parlance
