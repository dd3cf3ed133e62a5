// Where advice gets its figures from: the report of a run, or a server that is watched for a while.
//
// Threading: any thread; blocks.
#pragma once

#include "bench/advise/advice.hpp"
#include "bench/load/metrics_window.hpp"
#include "bench/load/plan.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace parlance::bench {

// Looks at its /metrics every second for `time`. invalid_value, with the reason: nobody answers,
// the key is refused, it is no Parlance.
Result<MetricsWindow> watch_metrics(const Target& target,
                                    const std::string& key,
                                    std::chrono::milliseconds time);

// invalid_value for what is no report of a run, was INVALID, or had no look at a server's metrics.
Result<MetricsWindow> metrics_of_report(const Json& report);

// The least time that the report's SLOs give a turn, in seconds.
std::optional<double> turn_allowed_s(const Json& report);

}  // namespace parlance::bench
