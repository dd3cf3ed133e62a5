// A load run's figures, for people and for programs.
//
// Threading: pure functions.
#pragma once

#include "bench/load/expectation.hpp"
#include "bench/load/figures.hpp"
#include "bench/load/find_max.hpp"
#include "bench/load/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace parlance::bench {

// Why the run says nothing of the server; none: it is valid. A burst is not judged: it is meant to
// be all at once.
std::optional<std::string> invalid_because(const LoadPlan& plan, const Figures& figures);

std::string report(const LoadPlan& plan, const Figures& figures);

// A line each; nothing for none.
std::string report(const std::vector<Judgement>& judgements);

// One line for each probe while it goes on, and what came of them.
std::string report(const Probe& probe);
std::string report(const FoundMax& found);

}  // namespace parlance::bench
