// How long to wait before something that failed is tried again.
//
// Exponential, with full jitter: uniform in [0, min(wait_max, wait_min * 2^(failures - 1))], so
// that those who failed together do not come back together.
//
// Threading: pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace parlance {

// `failures` so far, at least 1; `random` is uniform in [0, 1).
inline std::chrono::milliseconds full_jitter(std::chrono::milliseconds wait_min,
                                             std::chrono::milliseconds wait_max,
                                             std::uint32_t failures,
                                             double random) {
  const double doubled =
      static_cast<double>(wait_min.count()) * std::exp2(std::max(failures, 1U) - 1.0);
  const double longest = std::min(static_cast<double>(wait_max.count()), doubled);
  return std::chrono::milliseconds(static_cast<std::int64_t>(longest * random));
}

}  // namespace parlance
