#include "bench/advise/queueing.hpp"

#include <algorithm>
#include <cmath>

namespace parlance::bench {
namespace {

constexpr double headroom = 2;
constexpr double waiting_most = 100'000;
constexpr std::uint64_t station_most = 1'000'000;  // places, and of those that wait
constexpr double size_most = 1e15;

// A place for each.
bool serves_all_clients(const Station& station) {
  return station.clients > 0 && station.clients <= station.places;
}

// More of them than places, and room for all.
bool holds_all_clients(const Station& station, double load) {
  return station.clients > 0 && station.clients <= station.places + station.waiting_max &&
         load > static_cast<double>(station.places);
}

// The states of the station in turn: `weight` is how likely n are inside, but for a factor that all
// have in common.
Forecast forecast_of_chance(const Station& station, double load) {
  constexpr double weight_most = 1e200;
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

}  // namespace

std::uint64_t whole(double size) {
  return static_cast<std::uint64_t>(std::min(size_most, std::max(0.0, std::ceil(size))));
}

double at_once(double per_second, double seconds) {
  return per_second * seconds;
}

std::uint64_t places_for(double at_once) {
  return std::max<std::uint64_t>(1, whole(at_once + headroom * std::sqrt(at_once)));
}

std::uint64_t waiting_for(std::uint64_t places, double service_s, double wait_s) {
  if (service_s <= 0) return 1;
  const double waiting = std::floor(static_cast<double>(places) * wait_s / service_s);
  return static_cast<std::uint64_t>(std::clamp(waiting, 1.0, waiting_most));
}

Forecast forecast(Station station) {
  if (station.per_second <= 0 || station.service_s <= 0) return {};
  station.places = std::min(station.places, station_most);
  station.waiting_max = std::min(station.waiting_max, station_most);
  const double load = at_once(station.per_second, station.service_s);
  if (serves_all_clients(station)) {
    const double per_second = static_cast<double>(station.clients) / station.service_s;
    return {std::min(station.per_second, per_second), 0, 0};
  }
  if (holds_all_clients(station, load)) {
    const double per_second = static_cast<double>(station.places) / station.service_s;
    return {per_second, load / per_second - station.service_s, 0};
  }
  return forecast_of_chance(station, load);
}

}  // namespace parlance::bench
