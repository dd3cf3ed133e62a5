#include "tests/simulation/agents.hpp"

#include "runtime/graph/nodes/all.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace parlance::simulation {
namespace {

bool next_risk_fails = false;

class RiskNode : public Node {
 public:
  static Result<std::unique_ptr<Node>> make(const Json&, const AgentParts&) {
    return std::unique_ptr<Node>(std::make_unique<RiskNode>());
  }

  std::string_view kind() const override { return "risk"; }
  std::vector<std::string> edges() const override { return {"ok"}; }
  Result<Action> enter(const TurnState&) const override {
    if (std::exchange(next_risk_fails, false)) throw std::runtime_error("a node throws");
    return Action(Follow{"ok", {}});
  }
};

// Their calls are not joined: each is told apart by its run.
Agents make_agents() {
  Agents made;
  NodeKinds kinds = node_kinds();
  kinds["risk"] = RiskNode::make;
  const auto add = [&](const std::string& name, const std::string& text) {
    auto agent = Agent::parse(name, text, ".", kinds);
    if (!agent) throw std::runtime_error(agent.error().detail);
    made[name] = *agent;
  };
  add("echo",
      R"({"start": "risk", "nodes": {"risk": {"kind": "risk", "edges": {"ok": "echo"}},
                                     "echo": {"kind": "echo"}}})");
  add("slow", R"({"start": "wait", "nodes": {"wait": {"kind": "wait"}}})");
  add("chat", R"({"start": "answer", "nodes": {"answer": {"kind": "generate", "role": "main",
            "joins_identical_calls": false}}})");
  add("twice",  // two calls, the second after a step
      R"({"start": "first", "nodes": {
            "first": {"kind": "generate", "role": "main",
            "joins_identical_calls": false, "edges": {"ok": "risk"}},
            "risk": {"kind": "risk", "edges": {"ok": "second"}},
            "second": {"kind": "generate", "role": "main",
            "joins_identical_calls": false}}})");
  add("drafts",  // a call that nobody is shown, and its text all at once
      R"({"state": {"draft": {"type": "object"}}, "start": "draft", "nodes": {
            "draft": {"kind": "generate", "role": "main",
            "joins_identical_calls": false, "draft": true, "edges": {"ok": "tell"}},
            "tell": {"kind": "respond", "draft": true}}})");
  add("asks",  // stops with a question, and takes a risk with its answer
      R"({"start": "ask", "nodes": {
            "ask": {"kind": "ask_human", "question": "Shall I?", "edges": {"answered": "risk"}},
            "risk": {"kind": "risk", "edges": {"ok": "answer"}},
            "answer": {"kind": "generate", "role": "main"}}})");
  return made;
}

}  // namespace

const Agents& agents() {
  static const Agents made = make_agents();
  return made;
}

void let_next_risk_fail(bool fails) {
  next_risk_fails = fails;
}

}  // namespace parlance::simulation
