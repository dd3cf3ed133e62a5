// A load as one JSON file, equal to its options on the command line: their names with `_` for `-`.
//
//   {"agent": "echo", "open": "50:10s,200:5s", "arrivals": "poisson", "slo": ["turn<1s"]}
//
// Threading: pure functions.
#pragma once

#include "bench/load/plan.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

// As they would stand on the command line. invalid_value for what is not a scenario.
Result<std::vector<std::string>> scenario_arguments(std::string_view text);

// A scenario that makes the same load; the key is not in it.
Json scenario_of(const LoadPlan& plan);

std::string_view name(Surface surface);
std::string_view name(AnswerMode mode);
std::string_view name(Arrivals arrivals);

}  // namespace parlance::bench
