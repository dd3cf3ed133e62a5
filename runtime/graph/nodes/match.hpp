// Sends a turn the way that its text asks for, by patterns: a guard, a router.
//
//   { "kind": "match", "rules": "guard.json", "text_bytes_max": 2000, "messages_max": 40,
//     "edges": { "injection": "refuse", "too_long": "shorten", "full": "close", "none": "route" } }
//
// The rules file is a list of [{ "edge": "injection", "patterns": ["ignore .* instructions"] }, …].
// The first rule with a pattern that is found in what is newly said decides: all messages of people
// and of tools that the turn brings (TurnState::newly_said), as one text. Where none fits, a text
// longer than "text_bytes_max" takes "too_long", one on a thread with more than "messages_max"
// messages "full", and every other one "none".
//
// Patterns are RE2's: linear time whatever the text is. They ignore case, and see the text as
// readable() leaves it.
//
// Bounds: patterns_max patterns of pattern_bytes_max bytes.
#pragma once

#include "runtime/graph/agent.hpp"

#include <re2/set.h>

#include <optional>

namespace parlance {

// On one line, with plain quotes, single spaces and nothing invisible, so that a pattern need not
// know every way to write an apostrophe.
std::string readable(std::string_view text);

class MatchNode : public Node {
 public:
  static constexpr std::size_t patterns_max = 2'000;
  static constexpr std::size_t pattern_bytes_max = 1'000;

  static Result<std::unique_ptr<Node>> make(const Json& settings, const AgentParts& agent);

  struct Rule {
    std::string edge;
    std::unique_ptr<re2::RE2::Set> patterns;
  };
  struct Settings {
    std::vector<Rule> rules;
    std::optional<std::size_t> text_bytes_max;
    std::optional<std::size_t> messages_max;
  };

  explicit MatchNode(Settings settings) : settings_(std::move(settings)) {}

  std::string_view kind() const override { return "match"; }
  std::vector<std::string> edges() const override;
  Result<Action> enter(const TurnState& turn) const override;

 private:
  std::string edge_for(const TurnState& turn) const;

  const Settings settings_;
};

}  // namespace parlance
