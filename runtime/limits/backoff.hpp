// How long to wait before something that failed is tried again: min(wait_max, wait_min * 2^(n - 1))
// after n failures, and a random time, so that those who failed together do not come back together.
//
// Threading: pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace parlance {

// In milliseconds. `failures` so far, at least 1.
inline double doubled_wait(std::chrono::milliseconds wait_min,
                           std::chrono::milliseconds wait_max,
                           std::size_t failures) {
  const double doublings = static_cast<double>(std::max<std::size_t>(failures, 1)) - 1;
  const double doubled = static_cast<double>(wait_min.count()) * std::exp2(doublings);
  return std::min(static_cast<double>(wait_max.count()), doubled);
}

// Full jitter: uniform in [0, doubled_wait]. `random` is uniform in [0, 1).
inline std::chrono::milliseconds full_jitter(std::chrono::milliseconds wait_min,
                                             std::chrono::milliseconds wait_max,
                                             std::uint32_t failures,
                                             double random) {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(doubled_wait(wait_min, wait_max, failures) * random));
}

}  // namespace parlance
