// The parts of an agent.json, read and checked one by one; agent.cpp puts them together.
//
// Errors are invalid_value: `field` is the path in the file, `detail` the reason alone.
//
// Threading: pure functions, but for the look at the file system in find_knowledge().
#pragma once

#include "runtime/graph/agent.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

using StateFields = std::map<std::string, StateField, std::less<>>;
using EdgeEnds = std::map<std::string, std::string, std::less<>>;       // edge -> node
using NodeEdges = std::map<std::string, const EdgeEnds*, std::less<>>;  // node -> its edges

Error agent_fault(std::string path, std::string reason);
std::string in_quotes(std::string_view name);
bool is_of_type(const Json& value, FieldType type);

// With comments allowed. Syntax errors name the line; a key that stands twice is an error.
Result<Json> read_agent_json(std::string_view text);

Result<AgentLimits> read_limits(const Json& limits);
Result<StateFields> read_state(const Json& state);

// Whether a path would be looked for outside the folder that it starts at.
bool leaves_folder(const std::filesystem::path& path);

// Each a file or folder that exists, relative to `folder`.
Result<std::vector<std::filesystem::path>> find_knowledge(const std::vector<std::string>& names,
                                                          const std::filesystem::path& folder);

// The ends of a node's edges: each that it may follow, and no other. `path` is the node's.
Result<EdgeEnds> read_edges(const Json& settings, const Node& node, const std::string& path);

// The fields that a node uses are declared, with a type that fits.
Result<void> check_fields(const Node& node, const StateFields& state, const std::string& path);

// Every edge leads to a node, every node can be reached, an end can be reached from every node.
Result<void> check_graph(const NodeEdges& edges, const std::string& start);

}  // namespace parlance
