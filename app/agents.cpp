#include "app/agents.hpp"

#include "runtime/graph/nodes/all.hpp"

#include <filesystem>
#include <utility>

namespace parlance {
namespace {

Result<void> check_roles(const Agent& agent,
                         const std::filesystem::path& folder,
                         const Settings& settings) {
  for (const auto& [node, role] : agent.roles()) {
    const auto lanes = settings.models.find(role);
    if (lanes != settings.models.end() && !lanes->second.empty()) continue;
    return Error{ErrorCode::invalid_value,
                 (folder / "agent.json").string() + ": nodes." + node + ".role: models has no \"" +
                     role + "\"",
                 {},
                 {}};
  }
  return {};
}

}  // namespace

Result<Agents> load_agents(const Settings& settings) {
  Agents agents;
  const NodeKinds kinds = node_kinds();
  for (const auto& [name, folder] : settings.agents) {
    auto agent = Agent::load(name, folder, kinds);
    if (!agent) return agent.error();
    if (auto served = check_roles(**agent, folder, settings); !served) return served.error();
    agents[name] = std::move(*agent);
  }
  return agents;
}

}  // namespace parlance
