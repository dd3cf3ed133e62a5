// A conversation in the order that providers take it in.
//
// They accept a call to a tool only with its answer, and an answer only with its call, directly
// behind it: a call that was not answered is left out, and what a tool said without a call is said
// by the user.
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <string>
#include <vector>

namespace parlance::net {

struct WireMessage {
  Role role = Role::human;
  std::string text;
  std::string name;             // who speaks, where a client said so
  std::string refusal;          // of Role::ai
  std::vector<ToolCall> calls;  // of Role::ai: those that the next messages answer
  ToolCall answered;            // of Role::tool: the call
};

std::vector<WireMessage> wire_messages(const Messages& messages);

}  // namespace parlance::net
