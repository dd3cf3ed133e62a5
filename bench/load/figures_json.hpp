// The figures of a load run as JSON; docs/bench-report.schema.json describes it.
//
// Threading: pure functions.
#pragma once

#include "bench/load/expectation.hpp"
#include "bench/load/figures.hpp"
#include "bench/load/plan.hpp"
#include "runtime/base/json.hpp"

#include <vector>

namespace parlance::bench {

inline constexpr int report_version = 1;

// `scenario` in it makes the same load again.
Json to_json(const LoadPlan& plan,
             const Figures& figures,
             const std::vector<Judgement>& judgements = {});

// As the report's `server` has it.
Json to_json(const ServerSample& sample);

}  // namespace parlance::bench
