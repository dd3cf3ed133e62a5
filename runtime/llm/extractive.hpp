// The offline model: answers by quoting the passages of the request, and nothing else.
//
// It answers with the one to three sentences that fit the question best
// (runtime/llm/quotations.hpp), each followed by its citation: "… [2]". When none fits well enough,
// it declines. No learning, no network, no state: the same request has the same answer everywhere.
//
// Threading: pure functions.
//
// Bounds: looks at passages_max passages and sentences_max sentences of them; takes time linear in
// their text.
#pragma once

#include "runtime/llm/chat.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace parlance {

constexpr std::string_view extractive_model = "extractive";

constexpr std::string_view extractive_decline =
    "The offline model found nothing in the documents that answers this.";

constexpr std::string_view extractive_without_passages =
    "I am Parlance's offline model (extractive): I can only quote documents, and this agent has "
    "none. Configure a provider for real answers.";

// Answers the newest human message. Usage counts words.
ChatAnswer answer_from_passages(const ChatRequest& request);

}  // namespace parlance
