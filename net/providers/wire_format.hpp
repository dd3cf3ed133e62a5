// The shape of one provider's API: what goes over the wire, and what comes back, as text.
//
// The API's own words end here. What they mean for a client and for the pool is
// net/providers/provider_policy.hpp; how they travel is net/providers/http_provider.hpp.
//
// Threading: every function is pure, and may be called from any thread.
#pragma once

#include "net/client/http_client.hpp"
#include "net/sse_parser.hpp"
#include "runtime/base/result.hpp"
#include "runtime/limits/told_quotas.hpp"
#include "runtime/llm/chat.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

struct WireRequest {
  std::string target;  // behind the provider's base address: "/chat/completions"
  std::string body;
};

// A piece of a tool call: its arguments come bit by bit.
struct ToolCallPiece {
  std::optional<std::size_t> number;  // the provider's of the call; none: this is all of it
  ToolCall call;
};

// What a chunk says of the usage so far; the newest count of each stands.
struct UsagePiece {
  std::optional<std::uint32_t> tokens_in;  // the cached ones included
  std::optional<std::uint32_t> tokens_out;
  std::optional<std::uint32_t> tokens_in_cached;
};

// What a provider says went wrong, as far as its words tell; its status may tell more.
enum class ProviderTrouble : std::uint8_t {
  other,
  throttled,       // too many requests or tokens a minute
  overloaded,      // the provider itself
  context_length,  // the conversation is longer than the model can take
  credentials,
  account,  // its money, its quota
};

struct ProviderError {
  ProviderTrouble trouble = ProviderTrouble::other;
  std::string code;     // an identifier, or empty: "context_length_exceeded"
  std::string message;  // on one line
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
};

// What one chunk of a streamed answer adds; what it does not speak of is empty. A whole answer,
// from an endpoint that does not stream, is one chunk.
struct AnswerChunk {
  std::string model;
  std::string text;
  std::string refusal;
  bool is_thought = false;  // it has text that is not for the client
  std::vector<ToolCallPiece> tool_calls;
  std::shared_ptr<const Vectors> vectors;  // of a call that embeds
  std::optional<StopReason> stop_reason;
  UsagePiece usage;
  bool is_last = false;                // nothing follows
  std::optional<ProviderError> error;  // the provider gave up
};

class WireFormat {
 public:
  virtual ~WireFormat() = default;

  // A streamed call, or a whole one that embeds. Errors: request_rejected, for a client's option
  // that the API has no place for, and for an API that embeds nothing.
  virtual Result<WireRequest> request(std::string_view model, const ChatRequest& request) const = 0;

  // The fields that every request has; `api_key` may be empty.
  virtual HttpFields fields(const std::string& api_key) const = 0;

  // Errors: provider_failed, for what is no event of this API.
  virtual Result<AnswerChunk> read_event(const SseEvent& event) const = 0;
  virtual Result<AnswerChunk> read_whole(std::string_view body) const = 0;
  // The answer to a call that embeds.
  virtual Result<AnswerChunk> read_vectors(std::string_view body) const = 0;

  // What the head of an answer says of the provider's limits; empty where it says nothing, or
  // nothing that can be true. `now_ms` is for an API that tells times by its clock, and not what
  // that shows.
  virtual ToldQuotas read_quotas(const HttpHead& head, std::int64_t now_ms) const = 0;

  // What the body of a refusal says; empty where it says nothing.
  virtual ProviderError read_error(std::string_view body) const = 0;
};

// OpenAI's chat completions, and every endpoint that is compatible with them.
const WireFormat& openai_wire();
// Anthropic's Messages.
const WireFormat& anthropic_wire();
// Gemini's streamGenerateContent.
const WireFormat& gemini_wire();

}  // namespace parlance::net
