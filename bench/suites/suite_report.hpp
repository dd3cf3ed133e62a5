// What a suite came to, for people and for programs.
//
// Threading: pure functions.
#pragma once

#include "bench/suites/suite_run.hpp"
#include "runtime/base/json.hpp"

#include <string>

namespace parlance::bench {

std::string report(const SuiteResult& result);

// {suite, verdict, invalid, checks, numbers, loads, samples}; a load is as `run --json` tells it.
Json to_json(const SuiteResult& result);

// A page with the charts of the load that took longest, and every check.
std::string html_report(const SuiteResult& result);

// "passed", "failed", "invalid" or "integrity": the worst that was seen.
std::string_view verdict(const SuiteResult& result);

}  // namespace parlance::bench
