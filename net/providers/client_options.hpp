// What clients want the provider to be told besides their messages (ChatRequest::client_options),
// read for APIs that do not take it as OpenAI's clients write it.
//
// Threading: plain data and pure functions.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

struct OfferedTool {
  std::string name;
  std::string description;
  Json parameters;  // their JSON schema, or null
};

enum class ToolChoice : std::uint8_t { automatic, none, required, named };

struct ClientOptions {
  std::vector<OfferedTool> tools;
  std::optional<ToolChoice> tool_choice;
  std::string tool_named;  // with ToolChoice::named
  bool calls_at_once = true;
  bool wants_json = false;  // response_format
  Json schema;              // that the JSON has to fit, or null
  Json stop = Json::array();
  std::string user;
  Json sampling = Json::object();  // top_p, seed, presence_penalty, frequency_penalty: as they came
};

// Errors: request_rejected, for an option that only OpenAI's API has. Those that may be ignored
// (docs/api.md) are.
Result<ClientOptions> read_client_options(const Json& options);

// The error for an option that an API has no place for.
Error no_place_for(std::string_view option);

// A call's arguments as an object, which other APIs want; an empty one where the model broke them.
Json arguments_object(const std::string& arguments);

}  // namespace parlance::net
