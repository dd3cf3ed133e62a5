// Looks the question up in the knowledge of the agent and puts what it found, or nothing, into the
// field "passages".
//
//   { "kind": "retrieve", "passages_max": 6, "edges": { "found": "generate", "nothing": "decline" }
//   }
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class RetrieveNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings,
                                            const std::filesystem::path& folder,
                                            const AgentLimits& limits);

  explicit RetrieveNode(std::size_t passages_max) : passages_max_(passages_max) {}

  std::string_view kind() const override { return "retrieve"; }
  std::vector<std::string> edges() const override { return {"found", "nothing"}; }
  Json fields() const override;
  Result<Action> enter(const TurnState& turn) const override;
  Result<Action> resume(const TurnState& turn, const Answer& answer) const override;

 private:
  const std::size_t passages_max_;
};

}  // namespace parlance
