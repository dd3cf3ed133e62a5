// A load run's figures, for people and for programs.
//
// Threading: pure functions.
#pragma once

#include "bench/load/expectation.hpp"
#include "bench/load/figures.hpp"
#include "bench/load/find_max.hpp"
#include "bench/load/plan.hpp"

#include <string>
#include <vector>

namespace parlance::bench {

std::string report(const LoadPlan& plan, const Figures& figures);

// A line each; nothing for none.
std::string report(const std::vector<Judgement>& judgements);

// One line for each probe while it goes on, and what came of them.
std::string report(const Probe& probe);
std::string report(const FoundMax& found);

// Everything that report() says, and the plan.
Json to_json(const LoadPlan& plan, const Figures& figures);

}  // namespace parlance::bench
