#include "net/body.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/llm/tool_calls.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parlance::net {
namespace {

bool is_unwanted(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20U && c != '\n' && c != '\r' && c != '\t') || byte == 0x7FU;
}

std::optional<Role> role_of(std::string_view word) {
  if (word == "user" || word == "human") return Role::human;
  if (word == "assistant" || word == "ai" || word == "AIMessageChunk") return Role::ai;
  if (word == "system" || word == "developer") return Role::system;
  if (word == "tool") return Role::tool;
  return std::nullopt;
}

bool is_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() &&
         !found->get_ref<const std::string&>().empty();
}

// An assistant's content may hold parts of a refusal; elsewhere `refusal` is null.
Result<std::string> read_content(Json& content, const std::string& path, std::string* refusal) {
  std::string text;
  bool is_first = true;
  const auto add = [&](const Json& words) {
    if (!std::exchange(is_first, false)) text.push_back('\n');
    text.append(words.get_ref<const std::string&>());
  };
  if (content.is_string()) {
    text = std::move(content.get_ref<std::string&>());
  } else if (content.is_array()) {
    for (std::size_t i = 0; i < content.size(); ++i) {
      const Json& part = content[i];
      const auto place = path + "[" + std::to_string(i) + "]";
      if (part.is_string()) {
        add(part);
        continue;
      }
      if (!part.is_object()) return wrong_value(place, "must be an object");
      const auto type = part.find("type");
      if (refusal != nullptr && type != part.end() && *type == "refusal" &&
          is_text(part, "refusal")) {
        refusal->append(part["refusal"].get_ref<const std::string&>());
        continue;
      }
      if (type == part.end() || !type->is_string() ||
          (*type != "text" && *type != "input_text" && *type != "output_text")) {
        return wrong_value(place + ".type", "only text is understood");
      }
      const auto words = part.find("text");
      if (words == part.end() || !words->is_string())
        return wrong_value(place + ".text", "must be a string");
      add(*words);
    }
  } else if (!content.is_null()) {
    return wrong_value(path, "must be a string or an array of parts");
  }
  std::erase_if(text, is_unwanted);
  return text;
}

// In either family's shape (runtime/llm/tool_calls.hpp).
std::optional<Error> fault_of_call(const Json& call, const std::string& path) {
  constexpr const char* must_be_text = "must be a string that is not empty";
  if (!call.is_object()) return wrong_value(path, "must be an object");
  if (const auto args = call.find("args"); args != call.end()) {
    if (!is_text(call, "name")) return wrong_value(path + ".name", must_be_text);
    if (!args->is_object()) return wrong_value(path + ".args", "must be an object");
    return std::nullopt;
  }
  if (!is_text(call, "id")) return wrong_value(path + ".id", must_be_text);
  const auto function = call.find("function");
  if (function == call.end() || !function->is_object())
    return wrong_value(path + ".function", "must be an object");
  if (!is_text(*function, "name")) return wrong_value(path + ".function.name", must_be_text);
  const auto arguments = function->find("arguments");
  if (arguments == function->end() || !arguments->is_string())
    return wrong_value(path + ".function.arguments", "must be a string of JSON");
  return std::nullopt;
}

// Whether one of the tools' messages directly behind the i-th answers the call.
bool is_answered(const ToolCall& call, const Messages& messages, std::size_t i) {
  for (++i; i < messages.size() && messages[i]->role == Role::tool; ++i) {
    if (answered_call_of(*messages[i]) == call.id) return true;
  }
  return false;
}

std::optional<Error> fault_of_calls(const Json& message, const std::string& path) {
  if (const auto older = message.find("function_call"); older != message.end() && !older->is_null())
    return wrong_value(path + ".function_call", "is not in this version; use tool_calls");
  const auto calls = message.find(tool_calls_key);
  if (calls == message.end() || calls->is_null()) return std::nullopt;
  if (!calls->is_array()) return wrong_value(path + ".tool_calls", "must be an array of calls");
  for (std::size_t i = 0; i < calls->size(); ++i) {
    const auto place = path + ".tool_calls[" + std::to_string(i) + "]";
    if (auto fault = fault_of_call((*calls)[i], place)) return fault;
  }
  return std::nullopt;
}

Result<MessagePtr> read_message(Json& value, const std::string& path) {
  auto message = std::make_shared<Message>();
  if (value.is_string()) {
    message->text = std::move(value.get_ref<std::string&>());
    std::erase_if(message->text, is_unwanted);
    message->id = random_uuid();
    return MessagePtr(std::move(message));
  }
  if (!value.is_object()) return wrong_value(path, "must be an object");
  auto word = value.find("role");
  const bool has_role = word != value.end() && !word->is_null();
  const std::string word_path = path + (has_role ? ".role" : ".type");
  if (!has_role) word = value.find("type");
  if (word == value.end() || !word->is_string())
    return wrong_value(path + ".role", "must be a string");
  if (*word == "function")
    return wrong_value(word_path, "function is not in this version; use tool");
  const auto role = role_of(word->get_ref<const std::string&>());
  if (!role) return wrong_value(word_path, "must be user, assistant, system, developer or tool");
  message->role = *role;

  if (*role == Role::ai) {
    if (auto fault = fault_of_calls(value, path)) return *fault;
  }
  if (*role == Role::tool && !is_text(value, "tool_call_id"))
    return wrong_value(path + ".tool_call_id", "must be the id of the call that is answered");

  const auto speaker = value.find("name");
  if (speaker != value.end() && !speaker->is_null() && !speaker->is_string())
    return wrong_value(path + ".name", "must be a string");

  std::string refusal;
  const auto content = value.find("content");
  if (content == value.end() && *role != Role::ai)
    return wrong_value(path + ".content", "is missing");
  if (content != value.end()) {
    if (content->is_null() && *role != Role::ai)
      return wrong_value(path + ".content", "must be a string");
    auto text = read_content(*content, path + ".content", *role == Role::ai ? &refusal : nullptr);
    if (!text) return text.error();
    message->text = std::move(*text);
  }

  const auto id = value.find("id");
  if (id != value.end() && !id->is_null()) {
    if (!id->is_string() || !is_identifier(id->get_ref<const std::string&>())) {
      return wrong_value(path + ".id", "must be 1 to 128 characters of A-Z a-z 0-9 . _ : -");
    }
    message->id = id->get<std::string>();
  } else {
    message->id = random_uuid();
  }
  for (auto& [name, further] : value.items()) {
    if (name == "role" || name == "type" || name == "content" || name == "id" ||
        name == "usage_metadata")
      continue;
    message->extra[name] = std::move(further);
  }
  if (!refusal.empty()) message->extra["refusal"] = std::move(refusal);
  return MessagePtr(std::move(message));
}

}  // namespace

Error wrong_value(std::string field, std::string detail) {
  return {ErrorCode::invalid_value, std::move(detail), std::move(field), {}};
}

Result<Json> parse_body(std::string_view text, std::size_t depth_max) {
  if (text.empty()) return Json::object();
  auto body = parse_json(text, depth_max);
  if (body && !body->is_object()) return wrong_value({}, "the body must be a JSON object");
  return body;
}

Json* BodyReader::find(const char* name) {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void BodyReader::refuse(std::string_view name, std::string detail) {
  if (!fault) fault = wrong_value(path_of(name), std::move(detail));
}

std::string BodyReader::text(const char* name, std::string_view otherwise) {
  const Json* const value = find(name);
  if (value == nullptr) return std::string(otherwise);
  if (value->is_string()) return value->get<std::string>();
  refuse(name, "must be a string");
  return {};
}

bool BodyReader::boolean(const char* name, bool otherwise) {
  const Json* const value = find(name);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  refuse(name, "must be true or false");
  return otherwise;
}

std::optional<double> BodyReader::number(const char* name, double least, double most) {
  const Json* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    const auto number = value->get<double>();
    if (number >= least && number <= most) return number;
  }
  refuse(name, "must be a number from " + dump(Json(least)) + " to " + dump(Json(most)));
  return std::nullopt;
}

std::optional<std::uint64_t> BodyReader::count(const char* name,
                                               std::uint64_t least,
                                               std::uint64_t most) {
  const Json* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number >= least && number <= most) return number;
  }
  refuse(name,
         "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

Json BodyReader::object(const char* name) {
  Json* const value = find(name);
  if (value == nullptr) return Json::object();
  if (value->is_object()) return std::move(*value);
  refuse(name, "must be an object");
  return Json::object();
}

void BodyReader::not_in_this_version(const char* name) {
  const Json* const value = find(name);
  if (value == nullptr || *value == false || *value == 0) return;
  if ((value->is_structured() || value->is_string()) && value->empty()) return;
  refuse(name, "is not in this version");
}

Result<Messages> read_messages(Json& value, const std::string& path) {
  Messages messages;
  if (!value.is_array()) {
    if (!value.is_object() && !value.is_string())
      return wrong_value(path, "must be an array of messages");
    auto message = read_message(value, path);
    if (!message) return message.error();
    messages.push_back(std::move(*message));
    return messages;
  }
  if (value.empty()) return wrong_value(path, "must hold at least one message");
  messages.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto message = read_message(value[i], path + "[" + std::to_string(i) + "]");
    if (!message) return message.error();
    messages.push_back(std::move(*message));
  }
  return messages;
}

Result<void> check_tool_answers(const Messages& messages, const std::string& path) {
  std::set<std::string> called;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Message& message = *messages[i];
    if (message.role == Role::ai) {
      for (auto& call : tool_calls_of(message))
        called.insert(std::move(call.id));
    }
    if (message.role == Role::tool && !called.contains(answered_call_of(message))) {
      return wrong_value(path + "[" + std::to_string(i) + "].tool_call_id",
                         "answers no call of a message before it");
    }
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i]->role != Role::ai) continue;
    for (const auto& call : tool_calls_of(*messages[i])) {
      if (!is_answered(call, messages, i))
        return wrong_value(path + "[" + std::to_string(i) + "].tool_calls",
                           "must be followed by tool messages that answer each of them");
    }
  }
  return {};
}

}  // namespace parlance::net
