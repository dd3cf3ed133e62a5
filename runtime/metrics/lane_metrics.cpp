#include "runtime/metrics/lane_metrics.hpp"

namespace parlance {

LaneMetrics::LaneMetrics(Registry& registry, const std::string& lane)
    : limit_(registry.gauge(
          "parlance_lane_limit", "Calls that a lane gives its provider at once", {{"lane", lane}})),
      limit_max_(registry.gauge(
          "parlance_lane_limit_max", "What this limit may grow to", {{"lane", lane}})),
      waiting_max_(registry.gauge(
          "parlance_lane_waiting_max", "Calls that a lane lets wait", {{"lane", lane}})),
      adapts_(registry.gauge(
          "parlance_lane_adapts", "1: a lane finds its limit by trying", {{"lane", lane}})),
      held_(registry.gauge("parlance_lane_held",
                           "1: calls wait because a limit of a minute, configured or told by the "
                           "provider, is reached",
                           {{"lane", lane}})),
      throttled_(registry.counter("parlance_lane_throttled_total",
                                  "Calls for which a provider had too much to do",
                                  {{"lane", lane}})),
      throttled_beside_(
          registry.counter("parlance_lane_throttled_beside_total",
                           "Calls that it had from the lane then, summed over those it throttled",
                           {{"lane", lane}})),
      tokens_in_(registry.counter(
          "parlance_lane_input_tokens_total", "Tokens that a model read", {{"lane", lane}})),
      tokens_in_cached_(registry.counter("parlance_lane_cached_input_tokens_total",
                                         "Of these, those that its provider had read before",
                                         {{"lane", lane}})),
      tokens_out_(registry.counter(
          "parlance_lane_output_tokens_total", "Tokens that a model wrote", {{"lane", lane}})),
      long_prompts_missed_(
          registry.counter("parlance_lane_long_prompts_missed_total",
                           "Prompts of which a provider that might had kept nothing",
                           {{"lane", lane}})) {}

void LaneMetrics::limited(std::uint32_t calls_at_once) {
  limit_.Set(calls_at_once);
}

void LaneMetrics::bounded(std::uint32_t calls_at_once_max,
                          std::uint32_t calls_waiting_max,
                          bool adapts) {
  limit_max_.Set(calls_at_once_max);
  waiting_max_.Set(calls_waiting_max);
  adapts_.Set(adapts ? 1 : 0);
}

void LaneMetrics::held(bool is_held) {
  held_.Set(is_held ? 1 : 0);
}

void LaneMetrics::throttled_beside(std::size_t calls) {
  throttled_.Increment();
  throttled_beside_.Increment(static_cast<double>(calls));
}

void LaneMetrics::answered(std::uint32_t tokens_in,
                           std::uint32_t tokens_in_cached,
                           std::uint32_t tokens_out) {
  tokens_in_.Increment(tokens_in);
  tokens_in_cached_.Increment(tokens_in_cached);
  tokens_out_.Increment(tokens_out);
}

}  // namespace parlance
