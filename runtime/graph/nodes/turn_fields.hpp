// The fields that nodes hand to one another, and how they look as JSON.
//
//   passages   [{"source", "title", "text", "score"}, …]   what retrieve found
//   document_frequencies   {"documents", "holding": {term: count}}   of what it looked for
//   draft      {"id", "text", "extra", "usage": {"tokens_in", "tokens_out", "tokens_in_cached"}}
//              an answer not yet given
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/graph/turn_state.hpp"
#include "runtime/llm/chat.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace parlance {

constexpr std::string_view passages_field = "passages";
constexpr std::string_view frequencies_field = "document_frequencies";
constexpr std::string_view draft_field = "draft";

Json json_of(const std::vector<Passage>& passages);
// Both are empty when the agent declares no such field.
std::vector<Passage> passages_of(const TurnState& turn);

Json json_of(const DocumentFrequencies& frequencies);
DocumentFrequencies frequencies_of(const TurnState& turn);

Json draft_json(const Message& draft);
// Null when there is none.
MessagePtr draft_of(const TurnState& turn);

MessagePtr ai_message(std::string id, std::string text);

}  // namespace parlance
