#include "bench/mock/prompt_tools.hpp"

#include "bench/mock/members.hpp"
#include "bench/mock/schema.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parlance::bench {
namespace {

Error wrong(std::string field, std::string detail) {
  return Error{ErrorCode::invalid_value, std::move(detail), std::move(field), {}};
}

// The member when it is there and not null.
const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Error unanswered(std::size_t index, const std::set<std::string>& open) {
  std::string ids;
  for (const auto& id : open) {
    ids += (ids.empty() ? "" : ", ") + id;
  }
  return wrong("messages.[" + std::to_string(index) + "].role",
               "An assistant message with 'tool_calls' must be followed by tool messages "
               "responding to each 'tool_call_id'. The following tool_call_ids did not have "
               "response messages: " +
                   ids);
}

Result<std::vector<MockToolCall>> read_tools(const Json& tools, std::string_view text) {
  if (!tools.is_array()) return wrong("tools", "must be an array");
  std::vector<MockToolCall> calls;
  for (const auto& tool : tools) {
    const auto place = "tools[" + std::to_string(calls.size()) + "]";
    if (text_member(tool, "type") != "function") return wrong(place + ".type", "must be function");
    const auto* function = member(tool, "function");
    auto name = function == nullptr ? std::string() : text_member(*function, "name");
    if (name.empty()) return wrong(place + ".function.name", "is missing");
    const auto* parameters = member(*function, "parameters");
    const auto arguments = parameters ? fitting_value(*parameters, echo_of(text)) : Json::object();
    calls.push_back({std::move(name), dump(arguments)});
  }
  return calls;
}

}  // namespace

Result<void> check_tool_messages(const Json& messages) {
  std::set<std::string> open;
  std::size_t index = 0;
  for (const auto& message : messages) {
    if (message["role"] == "tool") {
      if (open.erase(text_member(message, "tool_call_id")) == 0) {
        return wrong("messages.[" + std::to_string(index) + "].role",
                     "Invalid parameter: messages with role 'tool' must be a response to a "
                     "preceeding message with 'tool_calls'.");
      }
    } else if (!open.empty()) {
      return unanswered(index, open);
    } else if (const auto* calls = member(message, "tool_calls"); calls && calls->is_array()) {
      for (const auto& call : *calls) {
        open.insert(text_member(call, "id"));
      }
    }
    ++index;
  }
  if (!open.empty()) return unanswered(index - 1, open);
  return {};
}

Result<std::vector<MockToolCall>> read_tool_calls(const Json& body, std::string_view text) {
  const auto* tools = member(body, "tools");
  if (tools == nullptr) return std::vector<MockToolCall>{};
  auto calls = read_tools(*tools, text);
  if (!calls || calls->empty()) return calls;

  const auto* choice = member(body, "tool_choice");
  if (choice != nullptr && choice->is_object()) {
    const auto* function = member(*choice, "function");
    const auto name = function == nullptr ? std::string() : text_member(*function, "name");
    std::erase_if(*calls, [&](const MockToolCall& call) { return call.name != name; });
    if (calls->empty()) {
      return wrong("tool_choice", "Tool choice '" + name + "' not found in 'tools' parameter.");
    }
  }
  const bool answers = choice == nullptr || *choice != "none";
  if (!answers || body["messages"].back()["role"] != "user") return std::vector<MockToolCall>{};
  const auto* parallel = member(body, "parallel_tool_calls");
  const bool both = parallel != nullptr && *parallel == true;
  calls->resize(std::min<std::size_t>(calls->size(), both ? 2 : 1));
  return calls;
}

Result<std::optional<std::string>> read_response_format(const Json& body, std::string_view text) {
  using Text = std::optional<std::string>;
  const auto* format = member(body, "response_format");
  if (format == nullptr) return Text{};
  const auto type = text_member(*format, "type");
  if (type == "text") return Text{};
  if (type == "json_object") return Text(dump({{"answer", echo_of(text)}}));
  if (type != "json_schema") {
    return wrong("response_format.type", "must be text, json_object or json_schema");
  }
  const auto* named = member(*format, "json_schema");
  if (named == nullptr || text_member(*named, "name").empty()) {
    return wrong("response_format.json_schema.name", "is missing");
  }
  const auto* schema = member(*named, "schema");
  if (schema == nullptr) return wrong("response_format.json_schema.schema", "is missing");
  return Text(dump(fitting_value(*schema, echo_of(text))));
}

}  // namespace parlance::bench
