#include "runtime/llm/tool_calls.hpp"

#include "runtime/base/json_reading.hpp"

#include <optional>

namespace parlance {
namespace {

std::string text_of(const Json& value, const char* name) {
  return json_text(json_member(value, name));
}

std::string signature_of(const Json& openai_call) {
  const Json& google = json_member(json_member(openai_call, "extra_content"), "google");
  return text_of(google, "thought_signature");
}

std::optional<ToolCall> read_call(const Json& value) {
  if (!value.is_object()) return std::nullopt;
  if (const auto function = value.find("function");
      function != value.end() && function->is_object()) {
    return ToolCall{text_of(value, "id"),
                    text_of(*function, "name"),
                    text_of(*function, "arguments"),
                    signature_of(value)};
  }
  const auto args = value.find("args");
  if (args == value.end() || !args->is_object()) return std::nullopt;
  return ToolCall{text_of(value, "id"), text_of(value, "name"), dump(*args)};
}

std::optional<Json> arguments_of(const ToolCall& call) {
  Json arguments = Json::parse(call.arguments, nullptr, /*allow_exceptions=*/false);
  if (!arguments.is_object()) return std::nullopt;
  return arguments;
}

}  // namespace

std::vector<ToolCall> tool_calls_of(const Message& message) {
  std::vector<ToolCall> calls;
  if (!message.extra.is_object()) return calls;
  const auto found = message.extra.find(tool_calls_key);
  if (found == message.extra.end() || !found->is_array()) return calls;
  for (const auto& value : *found) {
    if (auto call = read_call(value)) calls.push_back(std::move(*call));
  }
  return calls;
}

std::string answered_call_of(const Message& message) {
  return message.extra.is_object() ? text_of(message.extra, "tool_call_id") : std::string();
}

Json openai_tool_calls(const std::vector<ToolCall>& calls) {
  Json list = Json::array();
  for (const auto& call : calls) {
    list.push_back({{"id", call.id},
                    {"type", "function"},
                    {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
    if (!call.signature.empty())
      list.back()["extra_content"] = {{"google", {{"thought_signature", call.signature}}}};
  }
  return list;
}

Json langgraph_tool_calls(const std::vector<ToolCall>& calls) {
  Json list = Json::array();
  for (const auto& call : calls) {
    if (auto arguments = arguments_of(call)) {
      list.push_back({{"id", call.id},
                      {"type", "tool_call"},
                      {"name", call.name},
                      {"args", std::move(*arguments)}});
    }
  }
  return list;
}

Json invalid_tool_calls(const std::vector<ToolCall>& calls) {
  Json list = Json::array();
  for (const auto& call : calls) {
    if (arguments_of(call)) continue;
    list.push_back({{"id", call.id},
                    {"type", "invalid_tool_call"},
                    {"name", call.name},
                    {"args", call.arguments},
                    {"error", "the arguments are not a JSON object"}});
  }
  return list;
}

}  // namespace parlance
