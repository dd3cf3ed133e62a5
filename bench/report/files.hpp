// A load run's figures as files for others: one page that needs nothing else, a table of the
// timeline, and a test report for CI.
//
// Threading: pure functions.
#pragma once

#include "bench/load/expectation.hpp"
#include "bench/load/figures.hpp"
#include "runtime/base/json.hpp"

#include <optional>
#include <string>
#include <vector>

namespace parlance::bench {

// `figures` as figures_json.hpp makes them.
std::string html_report(const Json& figures);

// A line for each interval, with a head.
std::string csv_report(const Figures& figures);

// JUnit's XML: one test case for each expectation, and one for the run's validity.
std::string junit_report(const std::vector<Judgement>& judgements,
                         const std::optional<std::string>& invalid);

}  // namespace parlance::bench
