// The agents of a simulation, made of the nodes that ship and one that fails when it is told to.
#pragma once

#include "runtime/graph/agent.hpp"

namespace parlance::simulation {

// Parsed once; the same for every simulation of the process.
const Agents& agents();

// The next turn that comes to a "risk" node throws there, and with it its thread's actor.
void let_next_risk_fail(bool fails);

}  // namespace parlance::simulation
