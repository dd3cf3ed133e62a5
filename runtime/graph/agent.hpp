// An agent: a folder of data with agent.json (its graph and limits) and the prompts and knowledge
// beside it.
//
// agent.json, all of it:
//
//   {
//     "description": "Answers questions about Parlance from its own documents.",
//     "models_allowed": ["*"],                          // what clients may ask for; default none
//     "knowledge": ["../../README.md", "../../docs"],   // files and folders of Markdown
//     "synonyms": "synonyms.txt",                       // runtime/llm/synonyms.hpp; default none
//     "state": {                                        // the fields, exactly these
//       "passages": { "type": "array", "per_turn": true, "default": [] }
//     },
//     "limits": { "steps_max": 10, "window_messages_max": 20, "messages_max": 400,
//                 "thread_bytes_max": 16777216, "turn_time_max": "60s", "tokens_out_max": 2048 },
//     "start": "retrieve",
//     "nodes": {
//       "retrieve": { "kind": "retrieve", "passages_max": 6,
//                     "edges": { "found": "generate", "nothing": "decline" } }
//     }
//   }
//
// Checked whole before the server listens: known keys only, every edge of a node has an end that
// exists, every node can be reached from the start, an end can be reached from every node, fields
// have known types and fitting defaults, and the fields that nodes use are declared. A fault is an
// Error whose detail says file, path and reason.
//
// Bounds: agent.json has at most 1 MiB, 100 nodes and 100 fields; limits have ranges.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/graph/node.hpp"
#include "runtime/llm/synonyms.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

struct AgentLimits {
  std::uint32_t steps_max = 10;            // a turn that takes more has lost its way and fails
  std::uint32_t window_messages_max = 20;  // of the history, handed to a model
  std::uint32_t messages_max = 400;        // in a thread; then thread_full
  // That all turns of a thread hold, forks and changes of its state included; then thread_full.
  std::uint32_t thread_bytes_max = 16 * 1024 * 1024;
  std::chrono::milliseconds turn_time_max{60'000};
  std::uint32_t tokens_out_max = 2'048;
};

// What the nodes of an agent have in common.
struct AgentParts {
  std::filesystem::path folder;  // where prompts and rules are looked for
  AgentLimits limits;
  std::shared_ptr<const Synonyms> synonyms;  // may be null
};

// Builds a node of one kind from its object in the graph file. runtime/graph/nodes/all.hpp holds
// the full table, in sight; nothing registers itself. An Error's `field` is the path below the
// node's object.
using NodeKinds = std::map<
    std::string,
    std::function<Result<std::unique_ptr<Node>>(const Json& settings, const AgentParts& agent)>>;

enum class FieldType : std::uint8_t { string, number, boolean, array, object };

struct StateField {
  FieldType type = FieldType::string;
  bool per_turn = false;  // back to the default when a turn starts
  Json initial;           // an empty value of the type, unless "default" is given
};

// Threading: immutable once loaded; shared freely.
class Agent {
 public:
  // Reads FOLDER/agent.json. `name` is what clients call the agent.
  static Result<std::shared_ptr<const Agent>> load(std::string name,
                                                   const std::filesystem::path& folder,
                                                   const NodeKinds& kinds);

  // As load(), from text; `folder` is where prompts and knowledge are looked for.
  static Result<std::shared_ptr<const Agent>> parse(std::string name,
                                                    std::string_view text,
                                                    const std::filesystem::path& folder,
                                                    const NodeKinds& kinds);

  const std::string& name() const { return name_; }
  const std::string& description() const { return description_; }
  const AgentLimits& limits() const { return parts_.limits; }
  const std::vector<std::filesystem::path>& knowledge() const { return knowledge_; }
  const std::string& start() const { return start_; }

  // Null when the graph has no node of this name (a stored turn may name one that is gone).
  const Node* node(std::string_view name) const;

  // The node at the end of `edge`; internal when the graph has no such edge.
  Result<std::string> follow(std::string_view node, std::string_view edge) const;

  // True when clients may ask for this provider model ("*" in models_allowed allows all).
  bool allows_model(std::string_view model) const;

  // Whether a node hands the client's options on to a model: what a client asks of an agent that
  // has no such node would be ignored.
  bool takes_client_options() const;

  // Whether a client's system messages are welcome: a node hands them on, or no node asks a model.
  bool takes_system_messages() const;

  // The role of the model that each node asks, by the node's name.
  std::map<std::string, std::string> roles() const;

  // Every declared field at its initial value.
  Json initial_fields() const;

  // `fields` as a turn starts with them: declared ones only, per-turn ones at their initial value.
  Json fields_for_turn(const Json& fields) const;

  // `fields` as a turn that goes on in mid-graph has them: declared ones only, per-turn ones too.
  Json fields_to_go_on(const Json& fields) const;

  // `fields` as they outlive a turn: the declared ones that are not per-turn.
  Json fields_to_keep(const Json& fields) const;

  // `fields` as clients see them: without those that a node keeps private.
  Json shown_fields(const Json& fields) const;

  // invalid_value, with the field's name, when a client sets a field that it is not shown, or that
  // has another type.
  Result<void> check_client_update(const Json& update) const;

  // internal, with the field's name, when an update sets a field that is not declared or has
  // another type.
  Result<void> check_update(const Json& update) const;

 private:
  struct Place {
    std::unique_ptr<Node> node;
    std::map<std::string, std::string, std::less<>> edges;
  };

  Result<void> read(std::string_view text,
                    const std::filesystem::path& folder,
                    const NodeKinds& kinds);
  Result<void> read_nodes(const Json& nodes, const NodeKinds& kinds);

  std::string name_;
  std::string description_;
  AgentParts parts_;
  std::vector<std::string> models_allowed_;
  std::vector<std::filesystem::path> knowledge_;
  std::map<std::string, StateField, std::less<>> state_;
  std::string start_;
  std::map<std::string, Place, std::less<>> places_;
  std::set<std::string, std::less<>> private_fields_;
};

// The agents that this server runs, by name.
using Agents = std::map<std::string, std::shared_ptr<const Agent>, std::less<>>;

}  // namespace parlance
