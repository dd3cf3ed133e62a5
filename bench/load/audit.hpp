// Whether the generator itself was what limited a run: then its figures say nothing of the server.
//
// Threading: the generator's one thread.
#pragma once

#include "bench/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace parlance::bench {

// What the kernel says of the calling thread (/proc/thread-self/schedstat).
struct ThreadTimes {
  std::chrono::nanoseconds on_cpu{};
  std::chrono::nanoseconds waited_for_cpu{};

  static ThreadTimes now();
};

struct Audit {
  Histogram lag;      // how much later than set the generator's own timers came
  double on_cpu = 0;  // shares of the run's time
  double waited_for_cpu = 0;

  // Between two moments so far apart.
  void take(const ThreadTimes& begin, const ThreadTimes& end, std::chrono::nanoseconds elapsed);
};

inline constexpr std::chrono::milliseconds audited_time_min{500};
inline constexpr double busy_share_max = 0.95;
inline constexpr double lag_ms_min = 1.0;        // never too late below this
inline constexpr double lag_of_turn_max = 0.05;  // p99 of the lag, to the median turn

// Why the run is INVALID; none: it is valid. A run shorter than audited_time_min is not judged by
// its CPU time.
std::optional<std::string> invalid_because(const Audit& audit,
                                           double median_turn_ms,
                                           std::chrono::nanoseconds elapsed);

}  // namespace parlance::bench
