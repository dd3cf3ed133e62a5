#include "bench/advise/pool_figures.hpp"

#include <string_view>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::string_view retriever_lane = "keyword";

// What all lanes have. The labels of a series stand in the order of their names.
PoolFigures figures_of(const MetricsWindow& window, std::string_view lane, std::string_view full) {
  const std::string label = "lane=\"" + std::string(lane) + "\"";
  const auto refused = [&](std::string_view code) {
    return window.rise("parlance_pool_refused_total",
                       "code=\"" + std::string(code) + "\"," + label);
  };
  PoolFigures pool;
  pool.name = lane;
  pool.seconds = window.seconds();
  pool.started = window.rise("parlance_pool_wait_seconds_count", label);
  pool.answered = window.rise("parlance_pool_calls_total", label + ",outcome=\"ok\"");
  pool.refused_full = refused(full);
  pool.refused = pool.refused_full + refused("would_miss_deadline");
  pool.held_s = window.rise("parlance_pool_call_seconds_sum", label);
  pool.waited_s = window.rise("parlance_pool_wait_seconds_sum", label);
  pool.waiting_mean = window.mean("parlance_pool_waiting", label);
  pool.waiting_most = window.most("parlance_pool_waiting", label);
  pool.waiting_rise = window.rise("parlance_pool_waiting", label);
  return pool;
}

PoolFigures lane_of(const MetricsWindow& window, const std::string& lane) {
  const std::string label = "lane=\"" + lane + "\"";
  PoolFigures pool = figures_of(window, lane, "model_queue_full");
  pool.throttled = window.rise("parlance_lane_throttled_total", label);
  pool.throttled_beside = window.rise("parlance_lane_throttled_beside_total", label);
  pool.adapts = window.last("parlance_lane_adapts", label) > 0;
  pool.limit_most = window.most("parlance_lane_limit", label);
  pool.places_now = window.last("parlance_lane_limit_max", label);
  pool.waiting_now = window.last("parlance_lane_waiting_max", label);
  return pool;
}

PoolFigures retriever_of(const MetricsWindow& window) {
  PoolFigures pool = figures_of(window, retriever_lane, "retriever_queue_full");
  pool.name = "retriever";
  pool.places_now = window.last("parlance_setting", "name=\"retriever.searches_at_once_max\"");
  pool.waiting_now = window.last("parlance_setting", "name=\"retriever.searches_waiting_max\"");
  pool.limit_most = pool.places_now;
  return pool;
}

}  // namespace

double PoolFigures::refused_share() const {
  const double came = started - throttled + refused;
  return came > 0 ? refused / came : 0;
}

std::vector<PoolFigures> pools_of(const MetricsWindow& window) {
  std::vector<PoolFigures> pools;
  for (const auto& lane : window.values_of("parlance_lane_limit_max", "lane"))
    pools.push_back(lane_of(window, lane));
  if (!window.values_of("parlance_pool_running", "lane").empty())
    pools.push_back(retriever_of(window));
  return pools;
}

}  // namespace parlance::bench
