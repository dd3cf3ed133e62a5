// A suite as a value: a server with a mock provider, stages of load on them, what happens
// meanwhile, and what is asked of all that was seen. bench/suites/suite_run.hpp carries it out.
//
// Threading: plain data and pure functions.
#pragma once

#include "bench/suites/check.hpp"
#include "bench/suites/findings.hpp"
#include "bench/suites/suite_bed.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

// At a moment of its stage, counted from the stage's first turn.
struct Act {
  std::chrono::milliseconds at{0};
  std::function<Result<void>(SuiteBed&)> what;
};

struct Stage {
  std::string name;
  LoadPlan load;               // its target is set by the runner
  Json mock = Json::object();  // settings of the mock, from here on
  std::vector<Act> acts = {};
  bool timed = false;  // its times are judged: a generator that was late makes the suite INVALID
};

// A number that is shown and not judged.
struct Shown {
  std::string_view what;
  std::string_view number;
};

// No turn, no call, no stream.
bool holds_nothing(const ServerSample& sample);

struct Suite {
  std::string_view name;
  std::string_view asks;
  StandOptions stand;
  std::vector<Stage> stages;
  // When everything has been given back, and how long that may take after the last stage.
  std::function<bool(const ServerSample&)> is_at_rest = holds_nothing;
  std::chrono::milliseconds rest_time_max{5'000};
  std::chrono::milliseconds sample_interval{100};
  // Numbers that follow from what was seen.
  std::function<void(SuiteBed&)> derive;
  std::vector<Check> checks;
  std::vector<Shown> shown;
};

}  // namespace parlance::bench
