// Small agents for tests, made of the nodes that ship and one that throws. Their calls are not
// joined: a test counts each, however alike its turns are.
#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/graph/nodes/all.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::tests {

struct ThrowingNode : Node {
  std::string_view kind() const override { return "throws"; }
  std::vector<std::string> edges() const override { return {}; }
  Result<Action> enter(const TurnState&) const override { throw std::runtime_error("a bug"); }
};

inline NodeKinds test_node_kinds() {
  NodeKinds kinds = node_kinds();
  kinds["throws"] = [](const Json&, const AgentParts&) {
    return Result<std::unique_ptr<Node>>(std::make_unique<ThrowingNode>());
  };
  return kinds;
}

inline void add_agent(Agents& agents, const std::string& name, const std::string& text) {
  auto agent = Agent::parse(name, text, ".", test_node_kinds());
  if (!agent) throw std::runtime_error(agent.error().detail);
  agents[name] = *agent;
}

inline Agents test_agents() {
  Agents agents;
  add_agent(agents, "echo", R"({"start": "echo", "nodes": {"echo": {"kind": "echo"}}})");
  add_agent(agents, "slow", R"({"start": "wait", "nodes": {"wait": {"kind": "wait"}}})");
  add_agent(agents,
            "chat",
            R"({"start": "generate", "nodes": {"generate": {"kind": "generate", "role": "main",
                                                      "joins_identical_calls": false}}})");
  add_agent(agents,
            "told",  // has instructions of its own, and fields that are its own affair
            R"({"state": {"draft": {"type": "object"}, "mood": {"type": "string"}},
                "start": "generate", "nodes": {
                  "generate": {"kind": "generate", "draft": true, "system_messages": false,
                               "joins_identical_calls": false, "edges": {"ok": "respond"}},
                  "respond": {"kind": "respond", "draft": true}}})");
  add_agent(agents,
            "tools",
            R"({"start": "generate",
                "nodes": {"generate": {"kind": "generate", "client_options": true,
                                       "joins_identical_calls": false}}})");
  add_agent(agents,
            "booking",  // asks people before it does what it was asked for
            R"({"state": {"booking": {"type": "string", "per_turn": true},
                          "guest": {"type": "string"}, "draft": {"type": "object"}},
                "start": "look",
                "nodes": {
                  "look": {"kind": "reply", "text": "A table is free.", "edges": {"ok": "ask"}},
                  "ask": {"kind": "ask_human", "question": "Shall I book it?", "show": ["guest"],
                          "edges": {"approved": "book", "rejected": "decline",
                                    "answered": "revise"}},
                  "book": {"kind": "generate", "joins_identical_calls": false,
                           "edges": {"ok": "thank"}},
                  "thank": {"kind": "reply", "text": "Thank you."},
                  "decline": {"kind": "reply", "text": "Not booked."},
                  "revise": {"kind": "echo"}}})");
  add_agent(agents,
            "small",
            R"({"limits": {"messages_max": 2, "thread_bytes_max": 65536},
          "state": {"note": {"type": "string"}},
          "start": "echo", "nodes": {"echo": {"kind": "echo"}}})");
  return agents;
}

// Its first turn takes its thread down.
inline void add_broken_agent(Agents& agents, const std::string& name) {
  add_agent(agents, name, R"({"start": "a", "nodes": {"a": {"kind": "throws"}}})");
}

inline MessagePtr human(std::string text) {
  return std::make_shared<const Message>(
      Message{random_uuid(), Role::human, std::move(text), nullptr, {}});
}

}  // namespace parlance::tests
