// Looks the question up in the knowledge of the agent and puts what it found, or nothing, into the
// field "passages"; how rare the words of the question are goes into "document_frequencies".
//
//   { "kind": "retrieve", "passages_max": 6,
//     "edges": { "found": "generate", "nothing": "decline" } }
//
// A question that leans on the turn before is looked up together with it, and each word together
// with what means the same by the agent's synonyms (runtime/llm/question.hpp).
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class RetrieveNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  RetrieveNode(std::size_t passages_max, std::shared_ptr<const Synonyms> synonyms)
      : passages_max_(passages_max),
        synonyms_(std::move(synonyms)) {}

  std::string_view kind() const override { return "retrieve"; }
  std::vector<std::string> edges() const override { return {"found", "nothing"}; }
  Json fields() const override;
  std::vector<std::string> private_fields() const override;
  Result<Action> enter(const TurnState& turn) const override;
  Result<Action> resume(const TurnState& turn, const Answer& answer) const override;

 private:
  const std::size_t passages_max_;
  const std::shared_ptr<const Synonyms> synonyms_;
};

}  // namespace parlance
