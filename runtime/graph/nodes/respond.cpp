#include "runtime/graph/nodes/respond.hpp"

#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"

namespace parlance {

Result<std::unique_ptr<Node>> RespondNode::make(const Json& settings, const AgentParts&) {
  auto reader = node_reader(settings);
  const bool draft = reader.flag("draft", false);
  if (auto read = reader.finish(); !read) return read.error();
  return std::unique_ptr<Node>(std::make_unique<RespondNode>(draft));
}

Json RespondNode::fields() const {
  return draft_ ? Json{{draft_field, Json::object()}} : Json::object();
}

std::vector<std::string> RespondNode::private_fields() const {
  return draft_ ? std::vector<std::string>{std::string(draft_field)} : std::vector<std::string>{};
}

Result<Action> RespondNode::enter(const TurnState& turn) const {
  Finish finish;
  if (draft_) {
    auto draft = draft_of(turn);
    if (draft == nullptr)
      return Error{ErrorCode::internal, "there is no draft to respond with", {}, {}};
    finish.update.messages.push_back(std::move(draft));
    finish.update.in_pieces = true;
  }
  return Action(std::move(finish));
}

}  // namespace parlance
