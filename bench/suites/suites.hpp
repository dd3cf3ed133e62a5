// The suites that there are. Each takes the time of its load; none is the short form, some seconds.
//
// Threading: pure functions.
#pragma once

#include "bench/suites/suite.hpp"

#include <chrono>
#include <optional>

namespace parlance::bench {

using SuiteTime = std::optional<std::chrono::milliseconds>;

Suite soak_suite(SuiteTime time);

struct SuiteEntry {
  std::string_view name;
  std::string_view asks;
  Suite (*make)(SuiteTime time);
};
const std::vector<SuiteEntry>& suites();

}  // namespace parlance::bench
