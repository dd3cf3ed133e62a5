// A chat completion as it is asked for.
//
// Threading: pure.
#pragma once

#include "net/request.hpp"
#include "runtime/base/result.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/ports/conversations.hpp"

#include <optional>
#include <string>

namespace parlance::net {

struct CompletionRequest {
  std::string model;  // as it was asked for, and as answers name it
  std::string agent;
  std::string model_override;
  Messages messages;
  std::string thread;  // empty: stateless
  bool stream = false;
  bool include_usage = false;
  std::optional<bool> cancel_when_left;
  Json options = Json::object();
};

// `body` is a JSON object, and is taken apart. Errors: invalid_value, agent_not_found,
// model_not_found, unsupported.
Result<CompletionRequest> read_completion_request(Json& body, const Agents& agents);

// Its turn; what the turn needs is moved out of `read`. Without a thread it has one of its own.
TurnRequest turn_of(CompletionRequest& read, const Request& request, const Agents& agents);

}  // namespace parlance::net
