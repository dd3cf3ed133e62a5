#include "net/providers/openai_wire.hpp"

#include "runtime/base/json.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <limits>

namespace parlance::net {
namespace {

constexpr std::size_t depth_max = 32;
constexpr std::chrono::milliseconds retry_after_max = std::chrono::hours(1);

Error broken(std::string detail) {
  return Error{ErrorCode::provider_failed, std::move(detail), {}, {}};
}

std::string_view wire_name(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::ai:
      return "assistant";
    case Role::human:
    case Role::tool:
      break;
  }
  return "user";
}

// The member of this name where `value` is an object that has it, else null.
const Json& member(const Json& value, const char* name) {
  static const Json null;
  if (!value.is_object()) return null;
  const auto found = value.find(name);
  return found == value.end() ? null : *found;
}

const Json& first_choice(const Json& value) {
  static const Json null;
  const Json& choices = member(value, "choices");
  return choices.is_array() && !choices.empty() ? choices.front() : null;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::uint32_t count_of(const Json& value) {
  constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max();
  if (!value.is_number_unsigned()) return 0;
  return static_cast<std::uint32_t>(std::min(value.get<std::uint64_t>(), count_max));
}

std::optional<Usage> usage_of(const Json& value) {
  const Json& usage = member(value, "usage");
  if (!usage.is_object()) return std::nullopt;
  return Usage{count_of(member(usage, "prompt_tokens")),
               count_of(member(usage, "completion_tokens"))};
}

std::optional<StopReason> stop_reason_of(const Json& choice) {
  const Json& reason = member(choice, "finish_reason");
  if (!reason.is_string()) return std::nullopt;
  return reason == "length" ? StopReason::length : StopReason::stop;
}

// The parsed object; an error for anything else, and for an error object.
Result<Json> read_object(std::string_view text) {
  auto parsed = parse_json(text, depth_max);
  if (!parsed) return broken("the provider's answer is broken: " + parsed.error().detail);
  if (!parsed->is_object()) return broken("the provider's answer is not a JSON object");
  if (!member(*parsed, "error").is_null()) {
    return broken("the provider reports: " + error_message(text));
  }
  return parsed;
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<std::int64_t> seconds_until(std::string_view date) {
  std::tm time{};
  const std::string text(date);
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::max<std::int64_t>(0, ::timegm(&time) - std::time(nullptr));
}

}  // namespace

std::string chat_body(std::string_view model, const ChatRequest& request) {
  Json messages = Json::array();
  for (const auto& message : request.messages) {
    messages.push_back({{"role", wire_name(message->role)}, {"content", message->text}});
  }
  Json body{{"model", model},
            {"messages", std::move(messages)},
            {"max_tokens", request.tokens_out_max},
            {"stream", true},
            {"stream_options", {{"include_usage", true}}}};
  if (request.temperature) body["temperature"] = *request.temperature;
  return dump(body);
}

Result<AnswerChunk> read_chunk(std::string_view data) {
  const auto chunk = read_object(data);
  if (!chunk) return chunk.error();
  const Json& choice = first_choice(*chunk);
  return AnswerChunk{text_of(member(*chunk, "model")),
                     text_of(member(member(choice, "delta"), "content")),
                     stop_reason_of(choice),
                     usage_of(*chunk)};
}

Result<ChatAnswer> read_completion(std::string_view body) {
  const auto completion = read_object(body);
  if (!completion) return completion.error();
  const Json& choice = first_choice(*completion);
  const Json& content = member(member(choice, "message"), "content");
  const auto stop_reason = stop_reason_of(choice);
  if (!content.is_string() || !stop_reason) {
    return broken("the provider's answer is not a finished completion");
  }
  return ChatAnswer{text_of(member(*completion, "model")),
                    text_of(content),
                    usage_of(*completion).value_or(Usage{}),
                    *stop_reason};
}

std::string error_message(std::string_view body) {
  const auto parsed = parse_json(body, depth_max);
  if (!parsed) return {};
  const Json& error = member(*parsed, "error");
  std::string message = text_of(error.is_object() ? member(error, "message") : error);
  std::replace_if(
      message.begin(),
      message.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return message;
}

std::optional<std::chrono::milliseconds> read_retry_after(std::string_view retry_after,
                                                          std::string_view retry_after_ms) {
  std::optional<std::int64_t> seconds = number_of(retry_after);
  if (!seconds) seconds = seconds_until(retry_after);
  if (const auto ms = number_of(retry_after_ms)) {
    return std::min(std::chrono::milliseconds(*ms), retry_after_max);
  }
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(
      std::min<std::int64_t>(*seconds, retry_after_max / std::chrono::seconds(1)));
}

}  // namespace parlance::net
