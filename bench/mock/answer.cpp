#include "bench/mock/answer.hpp"

#include "runtime/base/json.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t echoed_characters = 40;
constexpr std::size_t depth_max = 64;

Error wrong(std::string field, std::string detail) {
  return Error{ErrorCode::invalid_value, std::move(detail), std::move(field), {}};
}

// A message's content is text, or a list of parts of which some are text.
std::string text_of(const Json& message) {
  const auto content = message.find("content");
  if (content == message.end()) return {};
  if (content->is_string()) return content->get<std::string>();
  std::string text;
  if (!content->is_array()) return text;
  for (const auto& part : *content) {
    if (part.is_object() && part.value("type", "") == "text" && part.contains("text") &&
        part["text"].is_string()) {
      text += part["text"].get<std::string>();
    }
  }
  return text;
}

std::string created() {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count());
}

bool flag(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace

Result<MockPrompt> read_prompt(std::string_view body) {
  auto parsed = parse_json(body, depth_max);
  if (!parsed) return parsed.error();
  const Json& json = *parsed;
  if (!json.is_object()) return wrong("", "the body must be an object");
  if (!json.contains("model") || !json["model"].is_string()) {
    return wrong("model", "you must provide a model parameter");
  }
  if (!json.contains("messages") || !json["messages"].is_array() || json["messages"].empty()) {
    return wrong("messages", "a list of at least one message is needed");
  }

  MockPrompt prompt;
  prompt.model = json["model"].get<std::string>();
  std::size_t bytes = 0;
  for (const auto& message : json["messages"]) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      return wrong("messages", "each message is an object with a role");
    }
    auto text = text_of(message);
    bytes += text.size();
    if (message["role"] == "user") prompt.text = std::move(text);
    ++prompt.messages;
  }
  prompt.tokens_in = static_cast<std::uint32_t>(std::max<std::size_t>(1, bytes / 4));
  if (json.contains("user") && json["user"].is_string()) {
    prompt.user = json["user"].get<std::string>();
  }
  prompt.stream = flag(json, "stream");
  if (const auto options = json.find("stream_options");
      options != json.end() && options->is_object()) {
    prompt.include_usage = flag(*options, "include_usage");
  }
  for (const auto* name : {"max_tokens", "max_completion_tokens"}) {
    const auto limit = json.find(name);
    if (limit == json.end() || limit->is_null()) continue;
    if (!limit->is_number_unsigned() || limit->get<std::uint64_t>() == 0) {
      return wrong(name, "must be a whole number above 0");
    }
    prompt.tokens_max = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(limit->get<std::uint64_t>(), prompt.tokens_max));
  }
  return prompt;
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size() && count > 0) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
      ++end;
    }
    --count;
  }
  return text.substr(0, end);
}

std::string mock_token(std::string_view prompt_text, std::uint32_t index) {
  if (index == 0) return std::string(first_characters(prompt_text, echoed_characters));
  return " w" + std::to_string(index);
}

std::string mock_text(std::string_view prompt_text, std::uint32_t tokens) {
  std::string text;
  for (std::uint32_t index = 0; index < tokens; ++index) {
    text += mock_token(prompt_text, index);
  }
  return text;
}

MockAnswer::MockAnswer(const MockPrompt& prompt, std::string id, std::uint32_t tokens_wanted)
    : prompt_(prompt),
      tokens_(std::min(tokens_wanted, prompt.tokens_max)),
      length_limited_(tokens_wanted > prompt.tokens_max) {
  head_ = R"({"id":")" + id + R"(","object":")" +
          (prompt.stream ? "chat.completion.chunk" : "chat.completion") + R"(","created":)" +
          created() + R"(,"model":)" + dump(prompt.model) + R"(,"system_fingerprint":null,)";
}

std::string MockAnswer::event(std::string_view delta, std::string_view finish_reason) const {
  std::string text;
  text.reserve(head_.size() + delta.size() + 128);
  text.append("data: ").append(head_).append(R"("choices":[{"index":0,"delta":)").append(delta);
  text.append(R"(,"logprobs":null,"finish_reason":)").append(finish_reason).append("}]");
  if (prompt_.include_usage) text.append(R"(,"usage":null)");
  return text.append("}\n\n");
}

std::string MockAnswer::role_event() const {
  return event(R"({"role":"assistant","content":"","refusal":null})", "null");
}

std::string MockAnswer::token_event(std::uint32_t index) const {
  return event(R"({"content":)" + dump(mock_token(prompt_.text, index)) + "}", "null");
}

std::string MockAnswer::end_event() const {
  return event("{}", finish_reason());
}

std::string MockAnswer::usage_event() const {
  if (!prompt_.include_usage) return {};
  return "data: " + head_ + R"("choices":[],"usage":)" + usage() + "}\n\n";
}

std::string MockAnswer::whole() const {
  return head_ + R"("choices":[{"index":0,"message":{"role":"assistant","content":)" +
         dump(mock_text(prompt_.text, tokens_)) + R"(,"refusal":null},"logprobs":null,)" +
         R"("finish_reason":)" + std::string(finish_reason()) + R"(}],"usage":)" + usage() + "}";
}

std::string MockAnswer::usage() const {
  return R"({"prompt_tokens":)" + std::to_string(prompt_.tokens_in) + R"(,"completion_tokens":)" +
         std::to_string(tokens_) + R"(,"total_tokens":)" +
         std::to_string(prompt_.tokens_in + tokens_) + "}";
}

std::string_view MockAnswer::finish_reason() const {
  return length_limited_ ? R"("length")" : R"("stop")";
}

}  // namespace parlance::bench
