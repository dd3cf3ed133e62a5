#include "runtime/graph/nodes/echo.hpp"

#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"

namespace parlance {

Result<std::unique_ptr<Node>> EchoNode::make(const Json& settings, const AgentParts&) {
  if (auto read = node_reader(settings).finish(); !read) return read.error();
  return std::unique_ptr<Node>(std::make_unique<EchoNode>());
}

Result<Action> EchoNode::enter(const TurnState& turn) const {
  Finish finish;
  finish.update.messages.push_back(ai_message(turn.new_message_id(), "echo: " + turn.question()));
  return Action(std::move(finish));
}

}  // namespace parlance
