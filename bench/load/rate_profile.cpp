#include "bench/load/rate_profile.hpp"

#include <cmath>

namespace parlance::bench {

std::optional<double> RateProfile::when(double arrivals) const {
  double begun = 0;
  for (const auto& step : steps_) {
    if (!step.time) return begun + arrivals / step.from;
    const double length = std::chrono::duration<double>(*step.time).count();
    const double expected = (step.from + step.to) / 2 * length;
    if (arrivals >= expected) {
      arrivals -= expected;
      begun += length;
      continue;
    }
    // The root of from * t + growth / 2 * t^2 = arrivals.
    const double growth = (step.to - step.from) / length;
    if (growth == 0) return begun + arrivals / step.from;
    return begun + (std::sqrt(step.from * step.from + 2 * growth * arrivals) - step.from) / growth;
  }
  return std::nullopt;
}

}  // namespace parlance::bench
