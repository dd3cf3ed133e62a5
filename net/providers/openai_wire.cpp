#include "net/providers/wire_embeddings.hpp"
#include "net/providers/wire_errors.hpp"
#include "net/providers/wire_format.hpp"
#include "net/providers/wire_json.hpp"
#include "net/providers/wire_messages.hpp"
#include "net/providers/wire_quotas.hpp"
#include "runtime/llm/tool_calls.hpp"

#include <utility>

namespace parlance::net {
namespace {

constexpr std::string_view end_of_stream = "[DONE]";

std::string_view wire_name(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::ai:
      return "assistant";
    case Role::tool:
      return "tool";
    case Role::human:
      break;
  }
  return "user";
}

Json message_json(const WireMessage& message) {
  Json json = {{"role", wire_name(message.role)}, {"content", message.text}};
  if (!message.name.empty()) json["name"] = message.name;
  if (message.role == Role::tool) json["tool_call_id"] = message.answered.id;
  if (!message.calls.empty()) json["tool_calls"] = openai_tool_calls(message.calls);
  if (!message.refusal.empty()) json["refusal"] = message.refusal;
  const bool says_more = !message.calls.empty() || !message.refusal.empty();
  if (message.text.empty() && says_more) json["content"] = nullptr;
  return json;
}

UsagePiece usage_of(const AnswerJson& value) {
  const AnswerJson& usage = member(value, "usage");
  return {count_of(member(usage, "prompt_tokens")),
          count_of(member(usage, "completion_tokens")),
          count_of(member(member(usage, "prompt_tokens_details"), "cached_tokens"))};
}

// Gemini's, where it speaks as OpenAI does.
std::string signature_of(const AnswerJson& call) {
  return text_of(member(member(member(call, "extra_content"), "google"), "thought_signature"));
}

std::vector<ToolCallPiece> call_pieces_of(const AnswerJson& message) {
  std::vector<ToolCallPiece> pieces;
  for (const auto& call : all_of(member(message, "tool_calls"))) {
    const AnswerJson& function = member(call, "function");
    pieces.push_back({count_of(member(call, "index")).value_or(pieces.size()),
                      {text_of(member(call, "id")),
                       text_of(member(function, "name")),
                       text_of(member(function, "arguments")),
                       signature_of(call)}});
  }
  return pieces;
}

std::optional<StopReason> stop_reason_of(const AnswerJson& choice) {
  const AnswerJson& told = member(choice, "finish_reason");
  if (!told.is_string()) return std::nullopt;
  const std::string reason = text_of(told);
  if (reason == "length") return StopReason::length;
  if (reason == "tool_calls" || reason == "function_call") return StopReason::tool_calls;
  if (reason == "content_filter") return StopReason::content_filter;
  return StopReason::stop;
}

// Endpoints that are compatible have words of their own for a conversation that is too long.
bool is_too_long(const ProviderError& error) {
  return error.code == "context_length_exceeded" || error.code == "exceed_context_size_error" ||
         says(error, "maximum context length");
}

ProviderTrouble trouble_of(const ProviderError& error) {
  if (is_too_long(error)) return ProviderTrouble::context_length;
  if (error.code == "rate_limit_exceeded") return ProviderTrouble::throttled;
  if (error.code == "overloaded_error" || error.code == "server_is_overloaded") {
    return ProviderTrouble::overloaded;
  }
  if (error.code == "insufficient_quota") return ProviderTrouble::account;
  if (error.code == "invalid_api_key") return ProviderTrouble::credentials;
  return ProviderTrouble::other;
}

ProviderError error_of(const AnswerJson& error) {
  std::string code = text_of(member(error, "code"));
  if (code.empty()) code = text_of(member(error, "type"));
  ProviderError read = error_in(error, std::move(code));
  read.trouble = trouble_of(read);
  return read;
}

// `said` is where the choice keeps what the model says: "delta" of a stream, else "message".
AnswerChunk chunk_of(const AnswerJson& body, const char* said) {
  AnswerChunk chunk;
  const AnswerJson& error = member(body, "error");
  if (!error.is_null()) {
    chunk.error = error_of(error);
    return chunk;
  }
  const AnswerJson& choice = first_of(member(body, "choices"));
  const AnswerJson& message = member(choice, said);
  chunk.model = text_of(member(body, "model"));
  chunk.text = text_of(member(message, "content"));
  chunk.refusal = text_of(member(message, "refusal"));
  chunk.is_thought = !text_of(member(message, "reasoning_content")).empty() ||
                     !text_of(member(message, "reasoning")).empty();
  chunk.tool_calls = call_pieces_of(message);
  chunk.stop_reason = stop_reason_of(choice);
  chunk.usage = usage_of(body);
  return chunk;
}

class OpenAiWire : public WireFormat {
 public:
  Result<WireRequest> request(std::string_view model, const ChatRequest& request) const override {
    if (request.embeds)
      return WireRequest{"/embeddings", dump(openai_embedding_body(model, *request.embeds))};
    Json body = request.client_options;
    body["model"] = model;
    Json& messages = body["messages"] = Json::array();
    for (const auto& message : wire_messages(request.messages))
      messages.push_back(message_json(message));
    body["max_tokens"] = request.tokens_out_max;
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
    if (request.temperature) body["temperature"] = *request.temperature;
    return WireRequest{"/chat/completions", dump(body)};
  }

  HttpFields fields(const std::string& api_key) const override {
    if (api_key.empty()) return {};
    return {{"authorization", "Bearer " + api_key}};
  }

  Result<AnswerChunk> read_event(const SseEvent& event) const override {
    AnswerChunk chunk;
    if (event.data == end_of_stream) {
      chunk.is_last = true;
      return chunk;
    }
    const AnswerObject body(event.data);
    if (!body) return body.error();
    if (event.event == "error" && member(*body, "error").is_null()) {
      chunk.error = error_of(*body);
      return chunk;
    }
    return chunk_of(*body, "delta");
  }

  Result<AnswerChunk> read_whole(std::string_view text) const override {
    const AnswerObject body(text);
    if (!body) return body.error();
    AnswerChunk chunk = chunk_of(*body, "message");
    chunk.is_last = true;
    const AnswerJson& message = member(first_of(member(*body, "choices")), "message");
    const bool answers = member(message, "content").is_string() || !chunk.tool_calls.empty() ||
                         !chunk.refusal.empty();
    if (!answers) chunk.stop_reason.reset();
    return chunk;
  }

  Result<AnswerChunk> read_vectors(std::string_view text) const override {
    const AnswerObject body(text);
    if (!body) return body.error();
    const AnswerJson& error = member(*body, "error");
    if (error.is_null()) return openai_vectors(*body);
    AnswerChunk chunk;
    chunk.error = error_of(error);
    return chunk;
  }

  ToldQuotas read_quotas(const HttpHead& head, std::int64_t) const override {
    return openai_quotas(head);
  }

  ProviderError read_error(std::string_view text) const override {
    const AnswerObject body(text);
    return body ? error_of(member(*body, "error")) : ProviderError{};
  }
};

}  // namespace

const WireFormat& openai_wire() {
  static const OpenAiWire wire;
  return wire;
}

}  // namespace parlance::net
