// What the nodes' make() functions share.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/graph/object_reader.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace parlance {

// A reader of a node's object that knows the keys which every node has.
ObjectReader node_reader(const Json& settings);

// True when the graph file gives the node's `edge` an end: for nodes that may also be the last one.
bool has_edge(const Json& settings, std::string_view edge);

// The text of the file `name` in the agent's folder, such as a prompt. Its Error names `key`.
//
// Bounds: 256 KiB.
Result<std::string> read_text_file(const std::filesystem::path& folder,
                                   const std::string& name,
                                   std::string_view key);

}  // namespace parlance
