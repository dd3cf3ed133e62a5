// A load run's figures, for people and for programs.
//
// Threading: pure functions.
#pragma once

#include "bench/load/figures.hpp"
#include "bench/load/plan.hpp"

#include <string>

namespace parlance::bench {

std::string report(const LoadPlan& plan, const Figures& figures);

// Everything that report() says, and the plan.
Json to_json(const LoadPlan& plan, const Figures& figures);

}  // namespace parlance::bench
