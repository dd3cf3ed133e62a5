#include "bench/advise/queueing.hpp"

#include <algorithm>
#include <cmath>

namespace parlance::bench {
namespace {

constexpr double headroom = 2;
constexpr double waiting_most = 100'000;

// More of them than places, and room for all.
bool holds_all_clients(const Station& station, double load) {
  return station.clients > 0 && station.clients <= station.places + station.waiting_max &&
         load > static_cast<double>(station.places);
}

}  // namespace

double at_once(double per_second, double seconds) {
  return per_second * seconds;
}

std::uint64_t places_for(double at_once) {
  const double places = std::ceil(at_once + headroom * std::sqrt(at_once));
  return static_cast<std::uint64_t>(std::max(1.0, places));
}

std::uint64_t waiting_for(std::uint64_t places, double service_s, double wait_s) {
  if (service_s <= 0) return 1;
  const double waiting = std::floor(static_cast<double>(places) * wait_s / service_s);
  return static_cast<std::uint64_t>(std::clamp(waiting, 1.0, waiting_most));
}

// The states of the station in turn: `weight` is how likely n are inside, but for a factor that all
// have in common.
Forecast forecast(const Station& station) {
  if (station.per_second <= 0 || station.service_s <= 0) return {};
  constexpr double weight_most = 1e200;
  const double load = at_once(station.per_second, station.service_s);
  if (holds_all_clients(station, load)) {
    const double per_second = static_cast<double>(station.places) / station.service_s;
    return {per_second, load / per_second - station.service_s, 0};
  }
  double weight = 1;
  double sum = 1;
  double waiting = 0;
  for (std::uint64_t n = 1; n <= station.places + station.waiting_max; ++n) {
    weight *= load / static_cast<double>(std::min(n, station.places));
    if (weight > weight_most) {
      sum /= weight_most;
      waiting /= weight_most;
      weight /= weight_most;
    }
    sum += weight;
    if (n > station.places) waiting += static_cast<double>(n - station.places) * weight;
  }
  Forecast result;
  result.refused_share = weight / sum;
  result.per_second = station.per_second * (1 - result.refused_share);
  result.wait_s = waiting / sum / result.per_second;
  return result;
}

}  // namespace parlance::bench
