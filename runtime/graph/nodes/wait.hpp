// Waits the time that the question asks for, then says so. For tests of cancelling and of turns
// that wait for each other: no model. An end.
//
//   { "kind": "wait" }
//
// The question is a number of milliseconds, alone or as {"ms": 250}; anything else is
// invalid_value.
//
// Bounds: waits at most wait_time_max.
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class WaitNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  static constexpr std::chrono::milliseconds wait_time_max{600'000};

  std::string_view kind() const override { return "wait"; }
  std::vector<std::string> edges() const override { return {}; }
  Result<Action> enter(const TurnState& turn) const override;
  Result<Action> resume(const TurnState& turn, const Answer& answer) const override;
};

}  // namespace parlance
