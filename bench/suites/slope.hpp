// Whether a measured value grows, and how sure that is.
//
// Threading: pure function.
#pragma once

#include <utility>
#include <vector>

namespace parlance::bench {

// A second; 95 % of such measurements have the true slope from `least` to `most`.
struct Slope {
  double least = 0;
  double best = 0;
  double most = 0;
};

// By least squares through the means of 20 stretches of time, which are nearly independent of one
// another where neighbouring points are not. `points` are (second, value), in the order of time.
// All 0 for fewer than 40 points.
Slope slope_of(const std::vector<std::pair<double, double>>& points);

}  // namespace parlance::bench
