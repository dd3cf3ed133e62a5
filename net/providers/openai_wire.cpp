#include "net/providers/openai_wire.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/base/json.hpp"
#include "runtime/llm/answer_notes.hpp"
#include "runtime/llm/tool_calls.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace parlance::net {
namespace {

constexpr std::size_t depth_max = 32;

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

Json plain(const Message& message) {
  return {{"role", wire_name(message.role)}, {"content", message.text}};
}

// With the name of who speaks. A tool's is the tool's own, which the wire has no place for.
Json named(const Message& message) {
  Json json = plain(message);
  if (message.role == Role::tool || !message.extra.is_object()) return json;
  const auto name = message.extra.find("name");
  if (name != message.extra.end() && name->is_string() && *name != "") json["name"] = *name;
  return json;
}

Json named_answer(const Message& message) {
  Json json = named(message);
  if (auto refusal = refusal_of(message); !refusal.empty()) json["refusal"] = std::move(refusal);
  return json;
}

// A message of the model's and the tools' answers directly behind it, up to `end`: calls with their
// answers, one each, in the answers' order; what is left over is told as the user's.
void append_calls(Json& list, Messages::const_iterator message, Messages::const_iterator end) {
  auto calls = tool_calls_of(**message);
  std::set<std::string> unanswered;
  for (const auto& call : calls)
    unanswered.insert(call.id);
  Json answers = Json::array();
  Json left_over = Json::array();
  for (auto next = message + 1; next != end; ++next) {
    const auto id = answered_call_of(**next);
    if (unanswered.erase(id) > 0) {
      answers.push_back({{"role", "tool"}, {"tool_call_id", id}, {"content", (*next)->text}});
    } else {
      left_over.push_back(plain(**next));
    }
  }
  std::erase_if(calls, [&](const ToolCall& call) { return unanswered.contains(call.id); });
  Json answer = named_answer(**message);
  if (!calls.empty()) answer["tool_calls"] = openai_tool_calls(calls);
  const bool says_more = !calls.empty() || answer.contains("refusal");
  if ((*message)->text.empty() && says_more) answer["content"] = nullptr;
  if (!(*message)->text.empty() || says_more) list.push_back(std::move(answer));
  for (auto* part : {&answers, &left_over}) {
    for (auto& each : *part)
      list.push_back(std::move(each));
  }
}

Json wire_messages(const Messages& messages) {
  Json list = Json::array();
  for (auto message = messages.begin(); message != messages.end();) {
    if ((*message)->role != Role::ai) {
      list.push_back(named(**message++));
      continue;
    }
    const auto end = std::find_if(message + 1, messages.end(), [](const MessagePtr& next) {
      return next->role != Role::tool;
    });
    append_calls(list, message, end);
    message = end;
  }
  return list;
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

std::vector<ToolCallPiece> call_pieces_of(const Json& message) {
  std::vector<ToolCallPiece> pieces;
  const Json& calls = member(message, "tool_calls");
  if (!calls.is_array()) return pieces;
  for (const auto& call : calls) {
    const Json& index = member(call, "index");
    const Json& function = member(call, "function");
    pieces.push_back({index.is_number_unsigned() ? index.get<std::size_t>() : pieces.size(),
                      {text_of(member(call, "id")),
                       text_of(member(function, "name")),
                       text_of(member(function, "arguments"))}});
  }
  return pieces;
}

std::optional<StopReason> stop_reason_of(const Json& choice) {
  const Json& reason = member(choice, "finish_reason");
  if (!reason.is_string()) return std::nullopt;
  if (reason == "length") return StopReason::length;
  if (reason == "tool_calls" || reason == "function_call") return StopReason::tool_calls;
  if (reason == "content_filter") return StopReason::content_filter;
  return StopReason::stop;
}

// The parsed object; an error for anything else, and for an error object.
Result<Json> read_object(std::string_view text) {
  auto parsed = parse_json(text, depth_max);
  if (!parsed) return broken("the provider's answer is broken: " + parsed.error().detail);
  if (!parsed->is_object()) return broken("the provider's answer is not a JSON object");
  if (!member(*parsed, "error").is_null()) {
    return broken("the provider reports: " + read_provider_error(text).message);
  }
  return parsed;
}

}  // namespace

std::string chat_body(std::string_view model, const ChatRequest& request) {
  Json body = request.client_options;
  body["model"] = model;
  body["messages"] = wire_messages(request.messages);
  body["max_tokens"] = request.tokens_out_max;
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  if (request.temperature) body["temperature"] = *request.temperature;
  return dump(body);
}

Result<AnswerChunk> read_chunk(std::string_view data) {
  const auto chunk = read_object(data);
  if (!chunk) return chunk.error();
  const Json& choice = first_choice(*chunk);
  return AnswerChunk{text_of(member(*chunk, "model")),
                     text_of(member(member(choice, "delta"), "content")),
                     text_of(member(member(choice, "delta"), "refusal")),
                     call_pieces_of(member(choice, "delta")),
                     stop_reason_of(choice),
                     usage_of(*chunk)};
}

Result<ChatAnswer> read_completion(std::string_view body) {
  const auto completion = read_object(body);
  if (!completion) return completion.error();
  const Json& choice = first_choice(*completion);
  const Json& message = member(choice, "message");
  const Json& content = member(message, "content");
  std::vector<ToolCall> calls;
  for (auto& piece : call_pieces_of(message))
    calls.push_back(std::move(piece.call));
  const auto stop_reason = stop_reason_of(choice);
  std::string refusal = text_of(member(message, "refusal"));
  if ((!content.is_string() && calls.empty() && refusal.empty()) || !stop_reason) {
    return broken("the provider's answer is not a finished completion");
  }
  return ChatAnswer{text_of(member(*completion, "model")),
                    text_of(content),
                    std::move(calls),
                    usage_of(*completion).value_or(Usage{}),
                    *stop_reason,
                    std::move(refusal)};
}

ProviderError read_provider_error(std::string_view body) {
  const auto parsed = parse_json(body, depth_max);
  if (!parsed) return {};
  const Json& error = member(*parsed, "error");
  ProviderError read{text_of(member(error, "code")),
                     text_of(error.is_object() ? member(error, "message") : error)};
  if (read.code.empty()) read.code = text_of(member(error, "type"));
  if (!is_identifier(read.code)) read.code.clear();
  std::replace_if(
      read.message.begin(),
      read.message.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return read;
}

}  // namespace parlance::net
