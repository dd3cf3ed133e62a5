// A load as options of a command line.
//
// Threading: pure functions.
#pragma once

#include "bench/load/expectation.hpp"
#include "bench/load/plan.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace parlance::bench {

inline constexpr std::size_t clients_max = 50'000;

// CLI11 reports by exception; so do the checks of what it has read, to end in one place.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void check(bool holds, const std::string& message);

// What of a load CLI11 cannot read itself.
struct LoadTexts {
  std::string url = "http://127.0.0.1:8080";
  std::string surface = "langgraph";
  std::string mode = "wait";
  std::string open;
  std::string arrivals = "constant";
  std::string think;
  std::string check = "auto";
  std::string time;
  std::string timeout = "60s";
  std::string input;
  std::int64_t turns_per_thread = -1;
  std::vector<std::string> slos;
  std::vector<std::string> expectations;
};

// What every load has: whom it asks, what, and how.
void add_load(CLI::App& command, LoadTexts& texts, LoadPlan& plan);
// When turns begin.
void add_arrivals(CLI::App& command, LoadTexts& texts, LoadPlan& plan);

// Completes the plan. Throws UsageError.
void settle(LoadPlan& plan, const LoadTexts& texts);
Target settled_target(const std::string& option, const std::string& url);
std::vector<Expectation> expectations_of(const LoadTexts& texts);

// "500", "50:10s,200:5s,0..100:10s": arrivals a second, and how long.
Result<std::vector<RateStep>> parse_rates(std::string_view text);
// "2s" (always), "1s..5s" (uniform), "~2s" (exponential, with that mean).
Result<ThinkTime> parse_think_time(std::string_view text);

}  // namespace parlance::bench
