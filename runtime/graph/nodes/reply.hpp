// Answers with a fixed text, then goes on by "ok" or, without that edge, ends the turn.
//
//   { "kind": "reply", "text": "I found nothing about this.", "edges": { "ok": "respond" } }
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class ReplyNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  ReplyNode(std::string text, bool last) : text_(std::move(text)), last_(last) {}

  std::string_view kind() const override { return "reply"; }
  std::vector<std::string> edges() const override;
  Result<Action> enter(const TurnState& turn) const override;

 private:
  const std::string text_;
  const bool last_;
};

}  // namespace parlance
