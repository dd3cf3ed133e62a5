#include "bench/load/figures.hpp"

#include <algorithm>
#include <cmath>

namespace parlance::bench {

double Figures::finished_per_second() const {
  const std::chrono::duration<double> seconds = elapsed;
  return seconds.count() > 0 ? static_cast<double>(finished) / seconds.count() : 0;
}

void Figures::add_finished(const TurnTimes& times, std::size_t index) {
  ++finished;
  if (by_index.size() <= std::min(index, turn_indices_max - 1))
    by_index.resize(std::min(index, turn_indices_max - 1) + 1);
  IndexFigures& of_index = by_index[std::min(index, turn_indices_max - 1)];
  turn.record(times.ended - times.intended);
  of_index.turn.record(times.ended - times.intended);
  service.record(times.ended - times.sent);
  if (times.first_text) of_index.first_text.record(*times.first_text - times.intended);
  if (times.stall) stall.record(*times.stall);
  if (const auto mean = times.per_text()) per_text.record(*mean);
}

ShareInterval share_interval(std::uint64_t part, std::uint64_t all) {
  constexpr double z = 1.959964;
  const auto n = static_cast<double>(all);
  const double p = static_cast<double>(part) / n;
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {p, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace parlance::bench
