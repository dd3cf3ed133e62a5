#include "net/providers/anthropic_request.hpp"
#include "net/providers/wire_errors.hpp"
#include "net/providers/wire_format.hpp"
#include "net/providers/wire_json.hpp"
#include "net/providers/wire_quotas.hpp"

#include <utility>

namespace parlance::net {
namespace {

constexpr const char* api_version = "2023-06-01";

// What is read from the provider's cache, or written to it, is not among its input_tokens.
UsagePiece usage_of(const AnswerJson& usage) {
  UsagePiece piece;
  piece.tokens_out = count_of(member(usage, "output_tokens"));
  const auto fresh = count_of(member(usage, "input_tokens"));
  if (!fresh) return piece;
  piece.tokens_in_cached = count_of(member(usage, "cache_read_input_tokens")).value_or(0);
  piece.tokens_in = *fresh + *piece.tokens_in_cached +
                    count_of(member(usage, "cache_creation_input_tokens")).value_or(0);
  return piece;
}

// None for a reason that is no end of an answer, now and as far as the API tells.
std::optional<StopReason> stop_reason_of(const std::string& reason) {
  if (reason == "end_turn" || reason == "stop_sequence") return StopReason::stop;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") {
    return StopReason::length;
  }
  if (reason == "tool_use") return StopReason::tool_calls;
  if (reason == "refusal") return StopReason::content_filter;
  return std::nullopt;
}

ProviderTrouble trouble_of(const ProviderError& error) {
  if (error.code == "rate_limit_error") return ProviderTrouble::throttled;
  if (error.code == "overloaded_error" || error.code == "timeout_error") {
    return ProviderTrouble::overloaded;
  }
  if (error.code == "authentication_error" || error.code == "permission_error") {
    return ProviderTrouble::credentials;
  }
  if (error.code == "billing_error" || says(error, "credit balance is too low")) {
    return ProviderTrouble::account;
  }
  if (says(error, "prompt is too long") || says(error, "exceed context limit")) {
    return ProviderTrouble::context_length;
  }
  return ProviderTrouble::other;
}

ProviderError error_of(const AnswerJson& body) {
  const AnswerJson& error = member(body, "error");
  ProviderError read = error_in(error, text_of(member(error, "type")));
  read.trouble = trouble_of(read);
  return read;
}

Error embeds_nothing() {
  return {ErrorCode::request_rejected, "the provider has no embeddings", {}, {}};
}

// A block of an answer, as it begins in a stream and as it stands in a whole one. The arguments of
// a streamed call come behind its beginning.
void add_block(const AnswerJson& block, std::size_t number, bool is_whole, AnswerChunk& chunk) {
  const std::string type = text_of(member(block, "type"));
  if (type == "text") chunk.text += text_of(member(block, "text"));
  if (type != "tool_use") return;
  chunk.tool_calls.push_back(
      {number,
       {text_of(member(block, "id")),
        text_of(member(block, "name")),
        is_whole ? object_text(member(block, "input"), "") : std::string()}});
}

void add_delta(const AnswerJson& delta, std::size_t number, AnswerChunk& chunk) {
  const std::string type = text_of(member(delta, "type"));
  if (type == "text_delta") chunk.text = text_of(member(delta, "text"));
  if (type == "thinking_delta") chunk.is_thought = true;
  if (type == "input_json_delta") {
    chunk.tool_calls.push_back({number, {{}, {}, text_of(member(delta, "partial_json"))}});
  }
}

class AnthropicWire : public WireFormat {
 public:
  Result<WireRequest> request(std::string_view model, const ChatRequest& request) const override {
    if (request.embeds) return embeds_nothing();
    auto body = anthropic_body(model, request);
    if (!body) return body.error();
    return WireRequest{"/messages", dump(*body)};
  }

  HttpFields fields(const std::string& api_key) const override {
    HttpFields fields{{"anthropic-version", api_version}};
    if (!api_key.empty()) fields.emplace_back("x-api-key", api_key);
    return fields;
  }

  Result<AnswerChunk> read_event(const SseEvent& event) const override {
    const AnswerObject body(event.data);
    if (!body) return body.error();
    const std::string type = text_of(member(*body, "type"));
    const std::size_t number = count_of(member(*body, "index")).value_or(0);
    AnswerChunk chunk;
    if (type == "error") {
      chunk.error = error_of(*body);
    } else if (type == "message_start") {
      chunk.model = text_of(member(member(*body, "message"), "model"));
      chunk.usage = usage_of(member(member(*body, "message"), "usage"));
    } else if (type == "content_block_start") {
      add_block(member(*body, "content_block"), number, false, chunk);
    } else if (type == "content_block_delta") {
      add_delta(member(*body, "delta"), number, chunk);
    } else if (type == "message_delta") {
      chunk.stop_reason = stop_reason_of(text_of(member(member(*body, "delta"), "stop_reason")));
      chunk.usage = usage_of(member(*body, "usage"));
    } else if (type == "message_stop") {
      chunk.is_last = true;
    }
    return chunk;
  }

  Result<AnswerChunk> read_whole(std::string_view text) const override {
    const AnswerObject body(text);
    if (!body) return body.error();
    AnswerChunk chunk;
    if (!member(*body, "error").is_null()) {
      chunk.error = error_of(*body);
      return chunk;
    }
    chunk.is_last = true;
    chunk.model = text_of(member(*body, "model"));
    chunk.stop_reason = stop_reason_of(text_of(member(*body, "stop_reason")));
    chunk.usage = usage_of(member(*body, "usage"));
    std::size_t number = 0;
    for (const auto& block : all_of(member(*body, "content")))
      add_block(block, number++, true, chunk);
    return chunk;
  }

  Result<AnswerChunk> read_vectors(std::string_view) const override { return embeds_nothing(); }

  ToldQuotas read_quotas(const HttpHead& head, std::int64_t now_ms) const override {
    return anthropic_quotas(head, now_ms);
  }

  ProviderError read_error(std::string_view text) const override {
    const AnswerObject body(text);
    return body ? error_of(*body) : ProviderError{};
  }
};

}  // namespace

const WireFormat& anthropic_wire() {
  static const AnthropicWire wire;
  return wire;
}

}  // namespace parlance::net
