#include "bench/load/audit.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

namespace parlance::bench {
namespace {

template <class... Values>
std::string text_of(const char* format, Values... values) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

}  // namespace

ThreadTimes ThreadTimes::now() {
  std::int64_t on_cpu = 0;
  std::int64_t waited = 0;
  std::ifstream("/proc/thread-self/schedstat") >> on_cpu >> waited;
  return {std::chrono::nanoseconds(on_cpu), std::chrono::nanoseconds(waited)};
}

void Audit::take(const ThreadTimes& begin,
                 const ThreadTimes& end,
                 std::chrono::nanoseconds elapsed) {
  if (elapsed.count() <= 0) return;
  const auto share = [&](std::chrono::nanoseconds from, std::chrono::nanoseconds to) {
    return static_cast<double>((to - from).count()) / static_cast<double>(elapsed.count());
  };
  on_cpu = share(begin.on_cpu, end.on_cpu);
  waited_for_cpu = share(begin.waited_for_cpu, end.waited_for_cpu);
}

std::optional<std::string> invalid_because(const Audit& audit,
                                           double median_turn_ms,
                                           std::chrono::nanoseconds elapsed) {
  if (elapsed >= audited_time_min && audit.on_cpu + audit.waited_for_cpu > busy_share_max) {
    return text_of(
        "the generator was busy all the time: %.0f %% on the CPU, %.0f %% waiting for it",
        audit.on_cpu * 100,
        audit.waited_for_cpu * 100);
  }
  const double lag = audit.lag.percentile_ms(99);
  const double most = std::max(lag_ms_min, median_turn_ms * lag_of_turn_max);
  if (audit.lag.count() > 0 && lag > most) {
    return text_of(
        "the generator's own timers came late: p99 %.1f ms, where %.1f ms may be", lag, most);
  }
  return std::nullopt;
}

}  // namespace parlance::bench
