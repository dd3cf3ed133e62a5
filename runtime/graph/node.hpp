// One step of an agent's turn.
//
// A node decides; it never waits and never calls out. It reads the turn's state and returns an
// Action that says what has to happen. actors/turn_runner carries the action out and, if it had an
// answer, gives the answer to the same node. So every node runs in a plain unit test, and a turn
// can be checkpointed between any two steps.
//
//   graph file     enter()            TurnRunner                resume()
//   ----------     -------            ----------                --------
//   generate   ->  AskModel{...}  ->  LlmPool, streaming   ->   Follow{"ok", {...}}
//   validate   ->  Follow{"retry"}
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/graph/turn_state.hpp"
#include "runtime/llm/chat.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parlance {

// What a step changes: declared fields, and messages merged into the thread.
struct Update {
  Json fields = Json::object();
  Messages messages;
  bool in_pieces = false;  // show the messages' text word by word, as a model's is shown
};

struct Follow {  // take the edge of this name
  std::string edge;
  Update update;
};
struct Finish {  // the turn is done
  Update update;
};
struct AskModel {
  ChatRequest request;
  bool shown = true;     // stream the text to the client as it comes
  bool repairs = false;  // an answer that was not what was asked for
};
struct FindPassages {
  std::string query;
  std::size_t passages_max = 6;
};
struct Wait {
  std::chrono::milliseconds time{0};
};

// The turn ends here with a question to people. A later turn on the thread brings their answer to
// the same node, as Resumed; days and restarts may lie between.
struct Pause {
  Json question;
  Update update;
};

using Action = std::variant<Follow, Finish, AskModel, FindPassages, Wait, Pause>;

struct Waited {};
struct Resumed {
  Json answer;  // as people gave it
};
// `message` is the id under which the text was streamed: the node gives it to the message it adds.
struct Generated {
  ChatAnswer answer;
  std::string message;
  bool repaired = false;  // the call was one that repairs
};

using Answer = std::variant<Generated, Passages, Waited, Resumed, Error>;

// The model that a node asks, and what of a client's request it hands on to it.
struct HandsOn {
  std::string role;              // of the models that the configuration has
  bool client_options = false;   // tools, response_format, stop…
  bool system_messages = false;  // messages of Role::system
};

// Nodes are built once, when the graph is loaded, and shared by every thread of every tenant.
//
// Threading: const and without state of their own; all that changes is in TurnState.
class Node {
 public:
  virtual ~Node() = default;

  // "retrieve", "generate", …: the word in graph files, logs and metric labels.
  virtual std::string_view kind() const = 0;

  // Every edge that the node may follow. The graph file must give each an end, and no other.
  virtual std::vector<std::string> edges() const = 0;

  // The fields that it reads or sets, each with a value of its type. The agent must declare them.
  virtual Json fields() const { return Json::object(); }

  // Those of fields() that nodes keep for themselves and for one another: no client is shown them.
  virtual std::vector<std::string> private_fields() const { return {}; }

  // The fields, of any type, that it shows people in what it asks: declared, and not private.
  virtual std::vector<std::string> asked_fields() const { return {}; }

  // Whether it may pause with a question, and takes the answer to it.
  virtual bool asks_people() const { return false; }

  // None for a node that asks no model.
  virtual std::optional<HandsOn> hands_on() const { return std::nullopt; }

  virtual Result<Action> enter(const TurnState& turn) const = 0;

  // Called with the answer to what enter() or the last resume() asked for. An Error is an answer
  // too: a node may choose an edge for it; nodes that do not keep this default, which fails the
  // turn with it. Nodes that ask for nothing are never resumed.
  virtual Result<Action> resume(const TurnState& turn, const Answer& answer) const;
};

}  // namespace parlance
