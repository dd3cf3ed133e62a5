#include "bench/mock/embeddings.hpp"
#include "bench/mock/shape.hpp"

#include <utility>

namespace parlance::bench {
namespace {

// What every chunk, and the whole answer, begins with.
std::string head(const MockAnswer& answer) {
  const MockPrompt& prompt = answer.prompt();
  return R"({"id":"chatcmpl-mock)" + std::to_string(answer.entry()) + R"(","object":")" +
         (prompt.stream ? "chat.completion.chunk" : "chat.completion") + R"(","created":)" +
         std::to_string(answer.created_s()) + R"(,"model":)" + dump(prompt.model) +
         R"(,"system_fingerprint":null,)";
}

std::string event(const MockAnswer& answer, std::string_view delta, std::string_view reason) {
  std::string text = head(answer);
  text.append(R"("choices":[{"index":0,"delta":)").append(delta);
  text.append(R"(,"logprobs":null,"finish_reason":)").append(reason).append("}]");
  if (answer.prompt().include_usage) text.append(R"(,"usage":null)");
  return sse_event("", text.append("}"));
}

Json call_json(const MockAnswer& answer, std::size_t call, std::string arguments) {
  return {{"id", answer.call_id(call)},
          {"type", "function"},
          {"function",
           {{"name", answer.prompt().calls[call].name}, {"arguments", std::move(arguments)}}}};
}

std::string message(const MockAnswer& answer) {
  Json message = {{"role", "assistant"}, {"content", nullptr}, {"refusal", nullptr}};
  if (answer.calls() == 0) message["content"] = answer.call_text(0);
  for (std::size_t call = 0; call < answer.calls(); ++call) {
    message["tool_calls"].push_back(call_json(answer, call, answer.call_text(call)));
  }
  return dump(message);
}

std::string usage(const MockAnswer& answer) {
  const MockPrompt& prompt = answer.prompt();
  std::string text = R"({"prompt_tokens":)" + std::to_string(prompt.tokens_in) +
                     R"(,"completion_tokens":)" + std::to_string(answer.tokens()) +
                     R"(,"total_tokens":)" + std::to_string(prompt.tokens_in + answer.tokens());
  if (prompt.tokens_cached > 0) {
    text += R"(,"prompt_tokens_details":{"cached_tokens":)" + std::to_string(prompt.tokens_cached) +
            "}";
  }
  return text + "}";
}

std::string_view finish_reason(const MockAnswer& answer) {
  if (answer.is_length_limited()) return R"("length")";
  return answer.calls() == 0 ? R"("stop")" : R"("tool_calls")";
}

// "20ms", "59.5s", "6m0s".
std::string span(std::chrono::milliseconds time) {
  const auto ms = time.count();
  if (ms < 1'000) return std::to_string(ms) + "ms";
  std::string text = ms < 60'000 ? std::string() : std::to_string(ms / 60'000) + "m";
  text += std::to_string(ms % 60'000 / 1'000);
  if (ms % 1'000 == 0) return text + "s";
  return text + "." + std::to_string(1'000 + ms % 1'000).substr(1) + "s";
}

std::string limit_lines(const std::optional<MockBucket::Left>& left, const std::string& kind) {
  if (!left) return {};
  return "x-ratelimit-limit-" + kind + ": " + std::to_string(left->limit) +
         "\r\nx-ratelimit-remaining-" + kind + ": " + std::to_string(left->remaining) +
         "\r\nx-ratelimit-reset-" + kind + ": " + span(left->reset) + "\r\n";
}

class OpenAiShape : public MockShape {
 public:
  Result<MockPrompt> read(const MockConnection::Request& request) const override {
    const std::string_view target(request.target().data(), request.target().size());
    return target.starts_with("/v1/embeddings") ? read_openai_embedding(request.body())
                                                : read_prompt(request.body());
  }

  std::string key_of(const MockConnection::Request& request) const override {
    constexpr std::string_view scheme = "Bearer ";
    const std::string field(request["Authorization"]);
    return field.starts_with(scheme) ? field.substr(scheme.size()) : std::string();
  }

  std::string begin(const MockAnswer& answer) const override {
    const std::string content = answer.calls() == 0 ? R"("")" : "null";
    return event(
        answer, R"({"role":"assistant","content":)" + content + R"(,"refusal":null})", "null");
  }

  std::string token(const MockAnswer& answer, std::uint32_t index) const override {
    const auto& token = answer.token(index);
    if (answer.calls() == 0) {
      return event(answer, R"({"content":)" + dump(token.text) + "}", "null");
    }
    std::string events;
    if (token.begins) {
      auto begun = call_json(answer, token.call, "");
      begun["index"] = token.call;
      events = event(answer, dump({{"tool_calls", Json::array({begun})}}), "null");
    }
    const Json piece = {{"index", token.call}, {"function", {{"arguments", token.text}}}};
    return events + event(answer, dump({{"tool_calls", Json::array({piece})}}), "null");
  }

  std::string end(const MockAnswer& answer) const override {
    std::string events = event(answer, "{}", finish_reason(answer));
    if (answer.prompt().include_usage) {
      events += sse_event("", head(answer) + R"("choices":[],"usage":)" + usage(answer) + "}");
    }
    return events;
  }

  std::string last() const override { return sse_event("", "[DONE]"); }

  std::string whole(const MockAnswer& answer) const override {
    if (!answer.prompt().embedded.empty()) return openai_embeddings(answer.prompt());
    return head(answer) + R"("choices":[{"index":0,"message":)" + message(answer) +
           R"(,"logprobs":null,"finish_reason":)" + std::string(finish_reason(answer)) +
           R"(}],"usage":)" + usage(answer) + "}";
  }

  std::string limit_headers(const MockLimitsLeft& left, std::int64_t) const override {
    return limit_lines(left.requests, "requests") + limit_lines(left.tokens, "tokens");
  }

  std::string refusal(unsigned status) const override {
    if (status == 401) {
      return openai_error(
          "Incorrect API key provided.", "invalid_request_error", "", "invalid_api_key");
    }
    if (status == 429) {
      return openai_error("Rate limit reached.", "requests", "", "rate_limit_exceeded");
    }
    if (status < 500) {
      return openai_error("The request is wrong.", "invalid_request_error", "", "");
    }
    return openai_error("The server had an error.", "server_error", "", "");
  }

  std::string refusal(const Error& error) const override {
    return openai_error(error.detail, "invalid_request_error", error.field, to_string(error.code));
  }

  std::string error_event(unsigned status) const override { return sse_event("", refusal(status)); }
};

}  // namespace

std::string openai_error(std::string_view message,
                         std::string_view type,
                         std::string_view param,
                         std::string_view code) {
  const auto text_or_null = [](std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return dump({{"error",
                {{"message", message},
                 {"type", type},
                 {"param", text_or_null(param)},
                 {"code", text_or_null(code)}}}});
}

const MockShape& openai_shape() {
  static const OpenAiShape shape;
  return shape;
}

}  // namespace parlance::bench
