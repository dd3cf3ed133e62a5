// What goes over the wire to an OpenAI-compatible endpoint, and what comes back, as text.
//
// Threading: functions are pure.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/llm/chat.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

// The body of POST /chat/completions. Endpoints accept a call to a tool only with its answer, and
// an answer only with its call: a call that was not answered is left out, and what a tool said
// without a call is sent as the user's. Who speaks keeps the name that the client gave.
std::string chat_body(std::string_view model, const ChatRequest& request);

// A piece of a tool call: its arguments come bit by bit.
struct ToolCallPiece {
  std::size_t index = 0;  // of the call in the answer
  ToolCall call;
};

// What one chunk of a streamed answer adds; what it does not speak of is empty.
struct AnswerChunk {
  std::string model;
  std::string text;
  std::string refusal;
  std::vector<ToolCallPiece> tool_calls;
  std::optional<StopReason> stop_reason;
  std::optional<Usage> usage;
};

// Errors: provider_failed, for what is not a chunk and for an error in a chunk's place.
Result<AnswerChunk> read_chunk(std::string_view data);

// A whole answer, from an endpoint that does not stream. Errors: provider_failed.
Result<ChatAnswer> read_completion(std::string_view body);

// What an error's body says; empty where it says nothing.
struct ProviderError {
  std::string code;     // its code, else its type: "context_length_exceeded"
  std::string message;  // on one line
};
ProviderError read_provider_error(std::string_view body);

}  // namespace parlance::net
