// Ends the turn. With "draft" it first gives the draft to the thread as the answer, and shows it
// word by word: nobody has seen it before.
//
//   { "kind": "respond", "draft": true }
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class RespondNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  explicit RespondNode(bool draft) : draft_(draft) {}

  std::string_view kind() const override { return "respond"; }
  std::vector<std::string> edges() const override { return {}; }
  Json fields() const override;
  std::vector<std::string> private_fields() const override;
  Result<Action> enter(const TurnState& turn) const override;

 private:
  const bool draft_;
};

}  // namespace parlance
