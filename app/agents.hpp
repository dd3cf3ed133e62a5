// The agents of the configuration, each from its folder.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/graph/agent.hpp"

#include "settings/settings.hpp"

namespace parlance {

// Each model role that one of them asks for has a lane. The first fault is the error: file, path
// and reason.
Result<Agents> load_agents(const Settings& settings);

}  // namespace parlance
