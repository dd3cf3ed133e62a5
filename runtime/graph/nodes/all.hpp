// Every kind of node that graph files can name.
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance {

NodeKinds node_kinds();

}  // namespace parlance
