#include "net/providers/client_options.hpp"

#include "runtime/base/json_reading.hpp"

#include <algorithm>
#include <array>

namespace parlance::net {
namespace {

constexpr std::size_t depth_max = 64;
constexpr std::array<std::string_view, 4> sampling_names{
    "top_p", "seed", "presence_penalty", "frequency_penalty"};
// Nothing is lost to the client when nobody heeds them.
constexpr std::array<std::string_view, 4> hints{
    "reasoning_effort", "verbosity", "service_tier", "prediction"};

template <std::size_t size>
bool holds(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void read_tools(const Json& tools, ClientOptions& read) {
  if (!tools.is_array()) return;
  for (const auto& tool : tools) {
    const Json& function = json_member(tool, "function");
    read.tools.push_back({json_text(json_member(function, "name")),
                          json_text(json_member(function, "description")),
                          json_member(function, "parameters")});
  }
}

void read_tool_choice(const Json& choice, ClientOptions& read) {
  if (choice == "auto") read.tool_choice = ToolChoice::automatic;
  if (choice == "none") read.tool_choice = ToolChoice::none;
  if (choice == "required") read.tool_choice = ToolChoice::required;
  read.tool_named = json_text(json_member(json_member(choice, "function"), "name"));
  if (!read.tool_named.empty()) read.tool_choice = ToolChoice::named;
}

void read_response_format(const Json& format, ClientOptions& read) {
  const std::string type = json_text(json_member(format, "type"));
  read.wants_json = type == "json_object" || type == "json_schema";
  read.schema = json_member(json_member(format, "json_schema"), "schema");
}

}  // namespace

Result<ClientOptions> read_client_options(const Json& options) {
  ClientOptions read;
  for (const auto& [name, value] : options.items()) {
    if (value.is_null() || holds(hints, name)) continue;
    if (name == "tools") {
      read_tools(value, read);
    } else if (name == "tool_choice") {
      read_tool_choice(value, read);
    } else if (name == "parallel_tool_calls") {
      read.calls_at_once = value != false;
    } else if (name == "response_format") {
      read_response_format(value, read);
    } else if (name == "stop") {
      read.stop = value.is_array() ? value : Json::array({value});
    } else if (name == "user") {
      read.user = json_text(value);
    } else if (holds(sampling_names, name)) {
      read.sampling[name] = value;
    } else {
      return no_place_for(name);
    }
  }
  return read;
}

Error no_place_for(std::string_view option) {
  return {ErrorCode::request_rejected,
          "the model's provider has no `" + std::string(option) + '`',
          std::string(option),
          {}};
}

Json arguments_object(const std::string& arguments) {
  auto read = parse_json(arguments, depth_max);
  return read && read->is_object() ? std::move(*read) : Json::object();
}

}  // namespace parlance::net
