// Asks people something, and goes on days later when they have answered.
//
//   { "kind": "ask_human", "question": "Shall I book it?", "show": ["booking"],
//     "edges": { "approved": "book", "rejected": "decline", "answered": "revise" } }
//
// The turn pauses with {"question", "fields": {…}}: the fields that `show` names, as they are then.
// Question and answer become messages of the conversation, so that a model sees both.
//
// An answer that says yes takes "approved", one that says no "rejected", any other "answered". Yes
// and no are true and false, {"approved": …} with one of them, or a word (yes, ok, approve, no,
// reject, …). A graph has "approved" and "rejected", or "answered", or all three. Where an answer
// fits no edge, the question is asked again.
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class AskHumanNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  struct Settings {
    std::string question;
    std::vector<std::string> show;
    bool decides = false;  // it has the edges approved and rejected
    bool listens = false;  // it has the edge answered
  };

  explicit AskHumanNode(Settings settings) : settings_(std::move(settings)) {}

  std::string_view kind() const override { return "ask_human"; }
  std::vector<std::string> edges() const override;
  bool asks_people() const override { return true; }
  std::vector<std::string> asked_fields() const override { return settings_.show; }
  Result<Action> enter(const TurnState& turn) const override;
  Result<Action> resume(const TurnState& turn, const Answer& answer) const override;

 private:
  Pause ask(const TurnState& turn, Update update) const;
  std::string edge_for(const Json& answer) const;  // empty: none fits

  const Settings settings_;
};

}  // namespace parlance
