#include "runtime/limits/flow_rates.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>
#include <cmath>

namespace parlance {
namespace {

constexpr std::uint64_t ends_to_know = 20;

}  // namespace

bool FlowRates::answered(Time sent_at, bool others_wait, Time now) {
  const double before = held_.mean();
  const bool begins_again = held_.add(in_seconds(now - sent_at));
  if (begins_again) between_.scale(held_.mean() / before);
  if (last_) between_.add(in_seconds(now - *last_));
  last_ = others_wait ? std::optional<Time>(now) : std::nullopt;
  return begins_again && held_.mean() > before;
}

double FlowRates::calls_per_second(std::size_t slots) const {
  if (between_.count() >= ends_to_know && between_.mean() > 0) return 1 / between_.mean();
  return held_.mean() > 0 ? static_cast<double>(slots) / held_.mean() : 0;
}

// Each call that leaves before adds its share of chance; the call's own time comes whole.
double FlowRates::answer_deviation(double calls, std::size_t slots) const {
  const auto count = static_cast<double>(std::max<std::size_t>(slots, 1));
  return held_.deviation() * std::sqrt(1 + calls / (count * count));
}

}  // namespace parlance
