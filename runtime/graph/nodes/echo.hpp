// Answers "echo: " and the question. For load tests: no model, no other effect. An end.
//
//   { "kind": "echo" }
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class EchoNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  std::string_view kind() const override { return "echo"; }
  std::vector<std::string> edges() const override { return {}; }
  Result<Action> enter(const TurnState& turn) const override;
};

}  // namespace parlance
