#include "runtime/limits/flow_rates.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>
#include <cmath>

namespace parlance {
namespace {

constexpr std::uint64_t shares_to_know = 20;
constexpr double growth_told = 1.1;

// True when the mean began again.
bool add(SteadyMean& mean, double value, FlowRates::Until until) {
  return until == FlowRates::Until::answered ? mean.add(value) : mean.add_at_least(value);
}

}  // namespace

bool FlowRates::held(Time sent_at, Until until, std::optional<double> running, Time now) {
  const double seconds = in_seconds(now - sent_at);
  const double held_before = held_.mean();
  const bool held_grew = add(held_, seconds, until) && held_.mean() > held_before;
  if (!running) return false;
  const bool is_share_known = share_.count() >= shares_to_know;
  const double share_before = share_.mean();
  if (!add(share_, seconds / *running, until)) return is_share_known ? has_grown() : held_grew;
  share_told_ = share_.mean();
  if (share_told_ <= share_before) return false;
  held_.scale(share_told_ * *running / held_.mean());
  return true;
}

// Since it began again, and while few values are known of it.
bool FlowRates::has_grown() {
  if (share_told_ <= 0 || share_.is_settled() || share_.mean() <= growth_told * share_told_)
    return false;
  share_told_ = share_.mean();
  return true;
}

double FlowRates::calls_per_second(std::size_t slots) const {
  if (share_.count() >= shares_to_know && share_.mean() > 0) return 1 / share_.mean();
  return held_.mean() > 0 ? static_cast<double>(slots) / held_.mean() : 0;
}

// Each call that leaves before adds its share of chance, and each round of all slots what is not
// known of the mean; the call's own time comes whole.
double FlowRates::answer_deviation(double calls, std::size_t slots) const {
  const auto count = static_cast<double>(std::max<std::size_t>(slots, 1));
  const double by_chance = held_.deviation() * std::sqrt(1 + calls / (count * count));
  return std::hypot(by_chance, calls / count * held_.mean_deviation());
}

}  // namespace parlance
