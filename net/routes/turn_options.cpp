#include "net/routes/turn_options.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/llm/json_schema.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace parlance::net {

namespace {

constexpr std::size_t tools_max = 128;
constexpr std::size_t stops_max = 4;

bool is_object_with_text(const Json& value, const char* name) {
  if (!value.is_object()) return false;
  const auto found = value.find(name);
  return found != value.end() && found->is_string();
}

void check_tools(BodyReader& body, const Json& tools) {
  if (!tools.is_array() || tools.size() > tools_max)
    return body.refuse("tools", "must be an array of at most 128 tools");
  for (std::size_t i = 0; i < tools.size(); ++i) {
    const std::string place = "tools[" + std::to_string(i) + "]";
    if (!is_object_with_text(tools[i], "type") || tools[i]["type"] != "function") {
      return body.refuse(place + ".type", "must be function");
    }
    const auto function = tools[i].find("function");
    if (function == tools[i].end() || !is_object_with_text(*function, "name"))
      return body.refuse(place + ".function.name", "must be a string");
  }
}

void check_stop(BodyReader& body, const Json& stop) {
  const bool fits =
      stop.is_string() ||
      (stop.is_array() && stop.size() <= stops_max &&
       std::all_of(stop.begin(), stop.end(), [](const Json& each) { return each.is_string(); }));
  if (!fits) body.refuse("stop", "must be a string or an array of at most 4");
}

bool names_a_tool(const Json& choice, const Json& tools) {
  const auto function = choice.find("function");
  return function != choice.end() && is_object_with_text(*function, "name") &&
         std::any_of(tools.begin(), tools.end(), [&](const Json& tool) {
           return tool["function"]["name"] == (*function)["name"];
         });
}

void check_tool_choice(BodyReader& body, const Json& choice, const Json& tools) {
  if (choice.is_object()) {
    if (!names_a_tool(choice, tools))
      body.refuse("tool_choice.function.name", "must be the name of one of the tools");
  } else if (choice == "required" && tools.empty()) {
    body.refuse("tool_choice", "must not be required without tools");
  } else if (choice != "none" && choice != "auto" && choice != "required") {
    body.refuse("tool_choice", "must be none, auto, required or an object that names a tool");
  }
}

void check_response_format(BodyReader& body, const Json& format) {
  const bool fits = is_object_with_text(format, "type") &&
                    (format["type"] == "text" || format["type"] == "json_object" ||
                     format["type"] == "json_schema");
  if (!fits) return body.refuse("response_format.type", "must be text, json_object or json_schema");
  const auto schema = format.find("json_schema");
  if (format["type"] != "json_schema") return;
  if (schema == format.end() || !schema->is_object())
    return body.refuse("response_format.json_schema", "must be an object");
  if (!schema->contains("schema")) return;
  const auto fault = fault_of_schema((*schema)["schema"]);
  if (fault) body.refuse("response_format.json_schema.schema" + fault->path.substr(1), fault->what);
}

void read_client_options(BodyReader& body, Json& options) {
  Json told = Json::object();
  const auto take = [&](const char* name, const auto& check) {
    if (Json* const value = body.find(name)) {
      check(body, *value);
      told[name] = std::move(*value);
    }
  };
  take("tools", check_tools);
  if (body.fault) return;
  const Json tools = told.value("tools", Json::array());
  take("tool_choice",
       [&](BodyReader& reader, const Json& choice) { check_tool_choice(reader, choice, tools); });
  if (body.find("parallel_tool_calls") != nullptr)
    told["parallel_tool_calls"] = body.boolean("parallel_tool_calls", true);
  // What depends on tools is nothing without them.
  if (tools.empty()) {
    for (const char* const name : {"tools", "tool_choice", "parallel_tool_calls"})
      told.erase(name);
  }
  take("response_format", check_response_format);
  take("stop", check_stop);
  for (const auto& [name, least] : {std::pair{"top_p", 0.0},
                                    std::pair{"presence_penalty", -2.0},
                                    std::pair{"frequency_penalty", -2.0}}) {
    if (const auto number = body.number(name, least, least == 0.0 ? 1 : 2)) told[name] = *number;
  }
  take("seed", [](BodyReader& reader, const Json& seed) {
    if (!seed.is_number_integer()) reader.refuse("seed", "must be a whole number");
  });
  if (auto user = body.text("user"); !user.empty()) told["user"] = std::move(user);
  if (!told.empty()) options["client_options"] = std::move(told);
}

// Whether the option asks for anything: many clients send every option with the value that it has
// anyway.
bool asks_something(std::string_view name, const Json& value) {
  if (name == "response_format") return value["type"] != "text";
  if (name == "top_p") return value != 1;
  if (name == "presence_penalty" || name == "frequency_penalty") return value != 0;
  return !(value.is_structured() || value.is_string()) || !value.empty();
}

Error not_taken(std::string field, const Agent& agent, std::string_view what) {
  return {ErrorCode::unsupported,
          "the agent " + agent.name() + ' ' + std::string(what),
          std::move(field),
          {}};
}

}  // namespace

Result<void> check_wishes(const Agent& agent,
                          const Json& options,
                          const std::string& options_path,
                          const Messages& messages,
                          const std::string& messages_path) {
  const auto told = options.find("client_options");
  if (told != options.end() && !agent.takes_client_options()) {
    // The others are hints, which no answer depends on.
    for (const char* const name : {"tools",
                                   "response_format",
                                   "stop",
                                   "logit_bias",
                                   "top_p",
                                   "presence_penalty",
                                   "frequency_penalty"}) {
      const auto found = told->find(name);
      if (found != told->end() && asks_something(name, *found))
        return not_taken(options_path + name, agent, "does not hand this on to a model");
    }
  }
  if (agent.takes_system_messages()) return {};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i]->role != Role::system) continue;
    return not_taken(messages_path + "[" + std::to_string(i) + "].role",
                     agent,
                     "has instructions of its own and takes no system or developer messages");
  }
  return {};
}

std::string user_of(const Json& options) {
  const auto told = options.find("client_options");
  if (told == options.end()) return {};
  return bounded_user(told->value("user", std::string()));
}

std::string bounded_user(std::string user) {
  return user.size() <= user_bytes_max ? user : sha256_hex(user);
}

std::optional<bool> read_on_disconnect(BodyReader& body) {
  const auto word = body.text("on_disconnect");
  if (word == "cancel") return true;
  if (word == "continue") return false;
  if (!word.empty()) body.refuse("on_disconnect", "must be cancel or continue");
  return std::nullopt;
}

void read_model_options(BodyReader& body, Json& options) {
  if (const auto temperature = body.number("temperature", 0, 2))
    options["temperature"] = *temperature;
  constexpr std::uint64_t tokens_most = 1'000'000;
  const auto newer = body.count("max_completion_tokens", 1, tokens_most);
  const auto older = body.count("max_tokens", 1, tokens_most);
  if (newer || older) options["max_tokens"] = newer ? *newer : *older;
  read_client_options(body, options);
}

Result<void> check_agent(const Agents& agents,
                         std::string_view agent,
                         std::string_view model_override,
                         std::string_view field) {
  const auto found = agents.find(agent);
  if (found == agents.end()) {
    return Error{ErrorCode::agent_not_found,
                 "there is no agent \"" + std::string(agent.substr(0, 128)) + "\"",
                 std::string(field),
                 {}};
  }
  if (!model_override.empty() && !found->second->allows_model(model_override)) {
    return Error{
        ErrorCode::model_not_found,
        "the agent does not allow the model \"" + std::string(model_override.substr(0, 128)) + "\"",
        std::string(field),
        {}};
  }
  return {};
}

Deadline deadline_of(const Request& request, const Agents& agents, std::string_view agent) {
  const auto found = agents.find(agent);
  const auto& limits = found == agents.end() ? AgentLimits{} : found->second->limits();
  return Deadline::at(request.received + limits.turn_time_max);
}

Deadline deadline_of_waiting(const Request& request, const Agents& agents, std::string_view agent) {
  return deadline_of_waiting(request, deadline_of(request, agents, agent));
}

Deadline deadline_of_waiting(const Request& request, Deadline deadline) {
  const auto header = request.header("x-stainless-timeout");
  const char* const header_end = header.data() + header.size();
  double seconds = 0;
  const auto [end, problem] = std::from_chars(header.data(), header_end, seconds);
  if (problem != std::errc{} || end != header_end || !std::isfinite(seconds) || seconds <= 0 ||
      seconds >= 1e6) {
    return deadline;
  }
  const std::chrono::milliseconds waits(static_cast<std::int64_t>(seconds * 1'000));
  return Deadline::at(std::min(deadline.when(), request.received + waits));
}

}  // namespace parlance::net
