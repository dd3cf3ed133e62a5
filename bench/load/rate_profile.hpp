// How many arrivals a changing rate has brought by when, and the reverse.
//
// An arrival process of any rate is one of rate 1 on another scale of time: the scale on which as
// much time passes as arrivals are expected. So gaps are drawn with mean 1, added up, and read here
// as points in time (time rescaling: Cox and Isham, Point Processes, 1980, ch. 4.2).
//
// Threading: constant after construction.
#pragma once

#include "bench/load/plan.hpp"

#include <optional>
#include <vector>

namespace parlance::bench {

class RateProfile {
 public:
  explicit RateProfile(std::vector<RateStep> steps) : steps_(std::move(steps)) {}

  // Seconds after the start at which `arrivals` are expected to have come; none: not before its
  // end.
  std::optional<double> when(double arrivals) const;

 private:
  const std::vector<RateStep> steps_;
};

}  // namespace parlance::bench
