#include "bench/mock/prompt.hpp"

#include "bench/mock/prompt_tools.hpp"

#include <algorithm>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t echoed_characters = 40;
constexpr std::size_t depth_max = 64;
constexpr std::size_t options_bytes_max = 4'096;

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

bool flag(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

Result<void> read_messages(const Json& messages, MockPrompt& prompt) {
  std::size_t bytes = 0;
  for (const auto& message : messages) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      return wrong("messages", "each message is an object with a role");
    }
    auto text = text_of(message);
    bytes += text.size();
    const bool of_tool = message["role"] == "tool";
    if (of_tool || message["role"] == "user") prompt.echoed = text;
    if (message["role"] == "user") prompt.text = std::move(text);
    ++prompt.messages;
  }
  prompt.tokens_in = static_cast<std::uint32_t>(std::max<std::size_t>(1, bytes / 4));
  if (messages.back()["role"] != "tool") prompt.echoed = prompt.text;
  return check_tool_messages(messages);
}

Result<void> read_stop(const Json& json, MockPrompt& prompt) {
  const auto stop = json.find("stop");
  if (stop == json.end() || stop->is_null()) return {};
  const auto list = stop->is_array() ? *stop : Json::array({*stop});
  for (const auto& sequence : list) {
    if (!sequence.is_string()) return wrong("stop", "must be a string or an array of strings");
    auto text = sequence.get<std::string>();
    if (!text.empty()) prompt.stop.push_back(std::move(text));
  }
  return {};
}

Result<void> read_limits(const Json& json, MockPrompt& prompt) {
  for (const auto* name : {"max_tokens", "max_completion_tokens"}) {
    const auto limit = json.find(name);
    if (limit == json.end() || limit->is_null()) continue;
    if (!limit->is_number_unsigned() || limit->get<std::uint64_t>() == 0) {
      return wrong(name, "must be a whole number above 0");
    }
    prompt.tokens_max = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(limit->get<std::uint64_t>(), prompt.tokens_max));
  }
  return read_stop(json, prompt);
}

}  // namespace

Json other_members(const Json& body, const std::set<std::string, std::less<>>& known) {
  auto options = Json::object();
  std::size_t bytes = 0;
  for (const auto& [name, value] : body.items()) {
    if (known.contains(name)) continue;
    const auto size = dump(value).size();
    const auto left = options_bytes_max - bytes;
    Json shown = value;
    if (name.size() + size > left) shown = "(" + std::to_string(size) + " bytes)";
    const auto cost = name.size() + dump(shown).size();
    if (cost > left) continue;
    options[name] = std::move(shown);
    bytes += cost;
  }
  return options;
}

Result<MockPrompt> read_prompt(std::string_view body) {
  const auto parsed = parse_json(body, depth_max);
  if (!parsed) return parsed.error();
  return prompt_of(*parsed);
}

Result<MockPrompt> prompt_of(const Json& json) {
  if (!json.is_object()) return wrong("", "the body must be an object");
  if (!json.contains("model") || !json["model"].is_string()) {
    return wrong("model", "you must provide a model parameter");
  }
  if (!json.contains("messages") || !json["messages"].is_array() || json["messages"].empty()) {
    return wrong("messages", "a list of at least one message is needed");
  }

  MockPrompt prompt;
  prompt.model = json["model"].get<std::string>();
  if (json.contains("user") && json["user"].is_string()) {
    prompt.user = json["user"].get<std::string>();
  }
  prompt.stream = flag(json, "stream");
  if (const auto options = json.find("stream_options");
      options != json.end() && options->is_object()) {
    prompt.include_usage = flag(*options, "include_usage");
  }
  prompt.options = other_members(json, {"model", "messages", "stream", "stream_options"});
  if (auto done = read_messages(json["messages"], prompt); !done) return done.error();
  if (auto done = read_limits(json, prompt); !done) return done.error();
  auto calls = read_tool_calls(json, prompt.text);
  if (!calls) return calls.error();
  prompt.calls = std::move(*calls);
  auto format = read_response_format(json, prompt.text);
  if (!format) return format.error();
  prompt.json = std::move(*format);
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

std::string_view echo_of(std::string_view text) {
  return first_characters(text, echoed_characters);
}

}  // namespace parlance::bench
