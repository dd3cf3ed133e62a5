// What turns are asked with in every family.
//
// Threading: pure.
#pragma once

#include "net/body.hpp"
#include "net/http_session.hpp"
#include "runtime/base/deadline.hpp"
#include "runtime/graph/agent.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

// on_disconnect: whether the turn is cancelled when its client leaves; none when it is not said.
std::optional<bool> read_on_disconnect(BodyReader& body);

// temperature, and max_completion_tokens or max_tokens, into `options`; what only the provider
// understands (tools, tool_choice, parallel_tool_calls, response_format, stop, top_p, seed,
// presence_penalty, frequency_penalty, user) into options["client_options"], its types checked.
void read_model_options(BodyReader& body, Json& options);

// Whom the client asks for (`user`), as turns are charged to; empty: nobody. A name that is longer
// than user_bytes_max is known by its SHA-256.
inline constexpr std::size_t user_bytes_max = 128;
std::string user_of(const Json& options);
std::string bounded_user(std::string user);

// unsupported, naming the field, for what the agent would ignore: options that none of its nodes
// hands on to a model, and system messages beside its own prompt. Hints are no reason (seed, user,
// reasoning_effort, verbosity, service_tier, prediction), nor is a value that an option has anyway.
// The paths are where options and messages stand in the body: "config.configurable.",
// "input.messages".
Result<void> check_wishes(const Agent& agent,
                          const Json& options,
                          const std::string& options_path,
                          const Messages& messages,
                          const std::string& messages_path);

// agent_not_found; model_not_found when the agent does not allow the model (empty: its own).
Result<void> check_agent(const Agents& agents,
                         std::string_view agent,
                         std::string_view model_override,
                         std::string_view field);

// How long a turn may take. The agent is one of `agents`.
Deadline deadline_of(const Request& request, const Agents& agents, std::string_view agent);

// The same, or less when the client says by x-stainless-timeout (seconds) that it waits for less.
// What is no positive number says nothing: clients round short times down to 0.
Deadline deadline_of_waiting(const Request& request, const Agents& agents, std::string_view agent);
Deadline deadline_of_waiting(const Request& request, Deadline deadline);

}  // namespace parlance::net
