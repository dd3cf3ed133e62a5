// What a suite found out: the figures of its loads, and single numbers by their names.
//
// A number's name has a dot where a load's figure has one: `mock.requests`,
// `server.descriptors.max`.
//
// Threading: plain data.
#pragma once

#include "bench/load/figures.hpp"
#include "bench/load/plan.hpp"
#include "bench/suites/watch.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace parlance::bench {

struct LoadFindings {
  LoadPlan plan;
  Figures figures;
  bool timed = false;  // its times are judged
};

struct Findings {
  std::map<std::string, LoadFindings> loads;  // by the stage's name
  std::map<std::string, double> numbers;
  std::vector<ServerSample> samples;
};

// What ended in a part of a load's time, in seconds from its first turn; whole intervals of its
// timeline alone.
struct Window {
  std::uint64_t finished = 0;
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  double turn_p50_ms = 0;  // the mean of its intervals' medians

  std::uint64_t ended() const { return finished + refused + failed; }
};
Window window_of(const Figures& figures, double from_s, double to_s);

}  // namespace parlance::bench
