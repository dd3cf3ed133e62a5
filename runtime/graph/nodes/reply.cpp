#include "runtime/graph/nodes/reply.hpp"

#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"

namespace parlance {

Result<std::unique_ptr<Node>> ReplyNode::make(const Json& settings, const AgentParts&) {
  auto reader = node_reader(settings);
  auto text = reader.required_text("text");
  if (auto read = reader.finish(); !read) return read.error();
  return std::unique_ptr<Node>(
      std::make_unique<ReplyNode>(std::move(text), /*last=*/!has_edge(settings, "ok")));
}

std::vector<std::string> ReplyNode::edges() const {
  return last_ ? std::vector<std::string>{} : std::vector<std::string>{"ok"};
}

Result<Action> ReplyNode::enter(const TurnState& turn) const {
  Update update;
  update.messages.push_back(ai_message(turn.new_message_id(), text_));
  if (last_) return Action(Finish{std::move(update)});
  return Action(Follow{"ok", std::move(update)});
}

}  // namespace parlance
