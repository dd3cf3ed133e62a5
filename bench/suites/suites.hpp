// The suites that there are. Each takes the time of its load; none is the short form, some seconds.
//
// Threading: pure functions.
#pragma once

#include "bench/suites/suite.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace parlance::bench {

using SuiteTime = std::optional<std::chrono::milliseconds>;

Suite backpressure_suite(SuiteTime time);
Suite faults_suite(SuiteTime time);
Suite clients_suite(SuiteTime time);
Suite chaos_suite(SuiteTime time);
Suite soak_suite(SuiteTime time);

// A configuration's `models` with a lane of the agent `chat` whose sizes stay as they are.
Json fixed_lane(std::uint64_t calls_at_once_max, std::uint64_t calls_waiting_max);

struct SuiteEntry {
  std::string_view name;
  std::string_view asks;
  Suite (*make)(SuiteTime time);
};
const std::vector<SuiteEntry>& suites();

}  // namespace parlance::bench
