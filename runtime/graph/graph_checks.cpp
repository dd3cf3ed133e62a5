#include "runtime/graph/agent_file.hpp"

#include <set>
#include <utility>

namespace parlance {
namespace {

Result<void> check_ends(const NodeEdges& edges) {
  for (const auto& [name, ends] : edges) {
    for (const auto& [edge, end] : *ends) {
      if (!edges.contains(end)) {
        return agent_fault("nodes." + name + ".edges." + edge,
                           "there is no node " + in_quotes(end));
      }
    }
  }
  return {};
}

// Everything that can be reached from `seeds` over `steps`, the seeds included.
std::set<std::string> reach(std::set<std::string> seeds,
                            const std::multimap<std::string, std::string>& steps) {
  std::vector<std::string> open(seeds.begin(), seeds.end());
  while (!open.empty()) {
    const auto from = std::move(open.back());
    open.pop_back();
    const auto [first, last] = steps.equal_range(from);
    for (auto step = first; step != last; ++step) {
      if (seeds.insert(step->second).second) open.push_back(step->second);
    }
  }
  return seeds;
}

Result<void> check_reach(const NodeEdges& edges, const std::string& start) {
  std::multimap<std::string, std::string> onwards;
  std::multimap<std::string, std::string> backwards;
  std::set<std::string> last_ones;
  for (const auto& [name, ends] : edges) {
    if (ends->empty()) last_ones.insert(name);
    for (const auto& [edge, end] : *ends) {
      onwards.emplace(name, end);
      backwards.emplace(end, name);
    }
  }
  const auto reached = reach({start}, onwards);
  const auto ending = reach(std::move(last_ones), backwards);
  for (const auto& [name, ends] : edges) {
    if (!reached.contains(name))
      return agent_fault("nodes." + name, "cannot be reached from the start");
    if (!ending.contains(name))
      return agent_fault("nodes." + name, "no end can be reached from here");
  }
  return {};
}

}  // namespace

Result<void> check_graph(const NodeEdges& edges, const std::string& start) {
  if (!edges.contains(start)) return agent_fault("start", "there is no node " + in_quotes(start));
  if (auto checked = check_ends(edges); !checked) return checked.error();
  return check_reach(edges, start);
}

}  // namespace parlance
