#include "net/providers/gemini_request.hpp"
#include "net/providers/wire_embeddings.hpp"
#include "net/providers/wire_errors.hpp"
#include "net/providers/wire_format.hpp"
#include "net/providers/wire_json.hpp"
#include "runtime/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace parlance::net {
namespace {

// A model's name as a segment of a path.
std::string segment(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = is_upper(c) || is_lower(c) || is_digit(c) ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    if (is_plain) {
      escaped += c;
    } else {
      escaped.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
  }
  return escaped;
}

// Thinking is paid for as the answer is. What is read from the cache is among the prompt's tokens.
UsagePiece usage_of(const AnswerJson& body) {
  const AnswerJson& usage = member(body, "usageMetadata");
  UsagePiece piece;
  piece.tokens_in = count_of(member(usage, "promptTokenCount"));
  piece.tokens_in_cached = count_of(member(usage, "cachedContentTokenCount"));
  const auto answered = count_of(member(usage, "candidatesTokenCount"));
  const auto thought = count_of(member(usage, "thoughtsTokenCount"));
  if (answered || thought) piece.tokens_out = answered.value_or(0) + thought.value_or(0);
  return piece;
}

bool is_filter(std::string_view reason) {
  constexpr std::array<std::string_view, 7> filters{"SAFETY",
                                                    "RECITATION",
                                                    "LANGUAGE",
                                                    "BLOCKLIST",
                                                    "PROHIBITED_CONTENT",
                                                    "SPII",
                                                    "IMAGE_SAFETY"};
  return std::find(filters.begin(), filters.end(), reason) != filters.end();
}

// Some reasons say that the answer went wrong: a call that nobody can read, say.
void add_reason(const std::string& reason, AnswerChunk& chunk) {
  if (reason.empty()) return;
  if (reason == "STOP") {
    chunk.stop_reason = StopReason::stop;
  } else if (reason == "MAX_TOKENS") {
    chunk.stop_reason = StopReason::length;
  } else if (is_filter(reason)) {
    chunk.stop_reason = StopReason::content_filter;
  } else {
    chunk.error.emplace();
    chunk.error->message = "the answer ended by " + on_one_line(reason);
  }
}

void add_part(const AnswerJson& part, AnswerChunk& chunk) {
  if (member(part, "thought").as<bool>().value_or(false)) {
    chunk.is_thought = true;
    return;
  }
  chunk.text += text_of(member(part, "text"));
  const AnswerJson& call = member(part, "functionCall");
  if (!call.is_object()) return;
  chunk.tool_calls.push_back({std::nullopt,
                              {text_of(member(call, "id")),
                               text_of(member(call, "name")),
                               object_text(member(call, "args"), "{}"),
                               text_of(member(part, "thoughtSignature"))}});
}

// {"@type": "…RetryInfo", "retryDelay": "34.5s"} among an error's details.
std::optional<std::chrono::milliseconds> retry_delay_of(const AnswerJson& details) {
  for (const auto& detail : all_of(details)) {
    const std::string text = text_of(member(detail, "retryDelay"));
    double seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, seconds);
    const bool is_good = failed == std::errc{} && rest + 1 == end && *rest == 's' && seconds >= 0 &&
                         seconds <= 3'600;
    if (is_good) return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
  }
  return std::nullopt;
}

ProviderTrouble trouble_of(const ProviderError& error) {
  if (error.code == "RESOURCE_EXHAUSTED") return ProviderTrouble::throttled;
  if (error.code == "UNAVAILABLE" || error.code == "DEADLINE_EXCEEDED") {
    return ProviderTrouble::overloaded;
  }
  if (error.code == "UNAUTHENTICATED" || error.code == "PERMISSION_DENIED" ||
      says(error, "API key not valid") || says(error, "API key expired")) {
    return ProviderTrouble::credentials;
  }
  if (says(error, "exceeds the maximum number of tokens")) return ProviderTrouble::context_length;
  return ProviderTrouble::other;
}

ProviderError error_of(const AnswerJson& body) {
  const AnswerJson& error = member(body, "error");
  ProviderError read = error_in(error, text_of(member(error, "status")));
  read.retry_after = retry_delay_of(member(error, "details"));
  read.trouble = trouble_of(read);
  return read;
}

class GeminiWire : public WireFormat {
 public:
  Result<WireRequest> request(std::string_view model, const ChatRequest& request) const override {
    const std::string name = segment(model);
    auto body =
        request.embeds ? gemini_embedding_body(name, *request.embeds) : gemini_body(request);
    if (!body) return body.error();
    const char* const method =
        request.embeds ? ":batchEmbedContents" : ":streamGenerateContent?alt=sse";
    return WireRequest{"/models/" + name + method, dump(*body)};
  }

  HttpFields fields(const std::string& api_key) const override {
    if (api_key.empty()) return {};
    return {{"x-goog-api-key", api_key}};
  }

  Result<AnswerChunk> read_event(const SseEvent& event) const override { return read(event.data); }

  Result<AnswerChunk> read_whole(std::string_view body) const override {
    auto chunk = read(body);
    if (chunk) chunk->is_last = true;
    return chunk;
  }

  Result<AnswerChunk> read_vectors(std::string_view text) const override {
    const AnswerObject body(text);
    if (!body) return body.error();
    if (member(*body, "error").is_null()) return gemini_vectors(*body);
    AnswerChunk chunk;
    chunk.error = error_of(*body);
    return chunk;
  }

  // The API says nothing of them.
  ToldQuotas read_quotas(const HttpHead&, std::int64_t) const override { return {}; }

  ProviderError read_error(std::string_view text) const override {
    const AnswerObject body(text);
    return body ? error_of(*body) : ProviderError{};
  }

 private:
  // An event is what a whole answer is, but of a part of it; no event is marked as the last one.
  static Result<AnswerChunk> read(std::string_view text) {
    const AnswerObject body(text);
    if (!body) return body.error();
    AnswerChunk chunk;
    if (!member(*body, "error").is_null()) {
      chunk.error = error_of(*body);
      return chunk;
    }
    chunk.model = text_of(member(*body, "modelVersion"));
    chunk.usage = usage_of(*body);
    const AnswerJson& candidate = first_of(member(*body, "candidates"));
    for (const auto& part : all_of(member(member(candidate, "content"), "parts")))
      add_part(part, chunk);
    add_reason(text_of(member(candidate, "finishReason")), chunk);
    const bool is_blocked =
        !text_of(member(member(*body, "promptFeedback"), "blockReason")).empty();
    if (is_blocked) chunk.stop_reason = StopReason::content_filter;
    return chunk;
  }
};

}  // namespace

const WireFormat& gemini_wire() {
  static const GeminiWire wire;
  return wire;
}

}  // namespace parlance::net
