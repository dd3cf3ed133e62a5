#include "bench/suites/findings.hpp"

namespace parlance::bench {

Window window_of(const Figures& figures, double from_s, double to_s) {
  const double period = std::chrono::duration<double>(Timeline::period).count();
  Window window;
  double medians = 0;
  double end = 0;
  for (const auto& each : figures.timeline.intervals()) {
    const double begin = end;
    end += period;
    if (begin < from_s || end > to_s) continue;
    window.finished += each.finished;
    window.refused += each.refused;
    window.failed += each.failed;
    if (each.finished == 0) continue;
    window.turn_p50_ms += each.turn_p50_ms;
    ++medians;
  }
  if (medians > 0) window.turn_p50_ms /= medians;
  return window;
}

}  // namespace parlance::bench
