// How a run of the LangGraph family goes on in mid-graph, and where it is to stop.
//
//   "command": { "resume": any JSON, or {"<interrupt id>": any JSON},
//                "update": {"messages": […], fields}, "goto": "node" or ["node"] }
//   "interrupt_before", "interrupt_after": ["node", …] or "*"
//
// Threading: pure.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/journal/event.hpp"

#include <string>

namespace parlance::net {

struct CommandRead {
  Command command;
  Messages messages;  // that it adds to the thread
};

// As it was asked for.
void append_command(std::string& out, const Command& command, const Messages& messages);

// Takes `messages` out of a change of the state, and leaves its fields. None: there are none, or
// null, or []. `path` names the change in errors.
Result<Messages> take_messages(Json& change, const std::string& path);

// An empty one goes on where the thread stands. invalid_value or unsupported, by path.
Result<CommandRead> read_command(const Json& command, const Agent& agent);

// Into `options`, as arrays of names. invalid_value, by path, for nodes that the agent does not
// have.
Result<void> read_interrupts(Json& body, const Agent& agent, Json& options);

}  // namespace parlance::net
