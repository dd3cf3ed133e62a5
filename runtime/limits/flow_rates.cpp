#include "runtime/limits/flow_rates.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>
#include <cmath>

namespace parlance {
namespace {

constexpr std::uint64_t ends_to_know = 20;

}  // namespace

// A call that was cut off early left its slot sooner than the queue can count on.
bool FlowRates::held(Time sent_at, Until until, bool others_wait, Time now) {
  const double before = held_.mean();
  const double seconds = in_seconds(now - sent_at);
  const bool is_whole = until == Until::answered;
  const bool begins_again = is_whole ? held_.add(seconds) : held_.add_at_least(seconds);
  if (begins_again) between_.scale(held_.mean() / before);
  if (is_whole || seconds > before) note_end(others_wait, now);
  return begins_again && held_.mean() > before;
}

void FlowRates::note_end(bool others_wait, Time now) {
  if (last_) between_.add(in_seconds(now - *last_));
  last_ = others_wait ? std::optional<Time>(now) : std::nullopt;
}

double FlowRates::calls_per_second(std::size_t slots) const {
  if (between_.count() >= ends_to_know && between_.mean() > 0) return 1 / between_.mean();
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
