// Looks whether the answer keeps to the passages (runtime/llm/citations.hpp), and asks for another
// one a few times when it does not.
//
//   { "kind": "validate", "draft": true, "retries_max": 2, "count_field": "retries",
//     "declines": ["The documents do not answer this."],
//     "edges": { "ok": "respond", "retry": "generate", "give_up": "decline" } }
//
// With "draft" it reads the field "draft", else the newest answer of the thread. An answer without
// a citation that begins with one of "declines" takes the edge "declined", or is ok without that
// edge; so does a model's refusal. "count_field" names a number that the agent declares, per turn:
// how many answers were sent back.
//
// An answer that was cut at its tokens is judged up to its last citation, and a draft goes on as
// this much of it: possibly none. What follows the last citation could not be judged, and another
// try would be cut as well.
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

class ValidateNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  struct Settings {
    bool draft = false;
    std::uint32_t retries_max = 2;
    std::string count_field;
    std::vector<std::string> declines;
    bool declined_edge = false;
  };

  explicit ValidateNode(Settings settings) : settings_(std::move(settings)) {}

  std::string_view kind() const override { return "validate"; }
  std::vector<std::string> edges() const override;
  Json fields() const override;
  std::vector<std::string> private_fields() const override;
  Result<Action> enter(const TurnState& turn) const override;

 private:
  bool declines(const Message& answer) const;

  const Settings settings_;
};

}  // namespace parlance
