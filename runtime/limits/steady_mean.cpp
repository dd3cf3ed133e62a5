#include "runtime/limits/steady_mean.hpp"

#include <algorithm>

namespace parlance {
namespace {

constexpr double slow_weight = 0.005;
// By chance a test says so much once in e^15, three million, values.
constexpr double enough = 15;
constexpr double says_max = enough / 5;
constexpr double deviation_min = 0.2;  // of the mean, that is believed
constexpr double share_min = 1e-12;

}  // namespace

bool SteadyMean::add(double value) {
  if (tell(value, true)) return true;
  average(value);
  return false;
}

// Those that were cut off before they were usual say nothing of the mean.
bool SteadyMean::add_at_least(double value) {
  if (tell(value, false)) return true;
  if (count_ > 0 && value > mean_) average(value);
  return false;
}

void SteadyMean::scale(double ratio, std::uint64_t values) {
  mean_ *= ratio;
  square_mean_ *= ratio * ratio;
  count_ = std::min(count_, values);
  slower_ = Test{slower_.ratio};
  faster_ = Test{faster_.ratio};
}

bool SteadyMean::is_settled() const {
  return static_cast<double>(count_) * slow_weight >= 1;
}

double SteadyMean::mean_deviation() const {
  if (count_ == 0) return 0;
  return deviation() / std::sqrt(std::min(static_cast<double>(count_), 1 / slow_weight));
}

void SteadyMean::average(double value) {
  ++count_;
  const double weight = std::max(slow_weight, 1.0 / static_cast<double>(count_));
  mean_ += weight * (value - mean_);
  square_mean_ += weight * (value * value - square_mean_);
}

bool SteadyMean::tell(double value, bool is_whole) {
  if (count_ < values_to_know || mean_ <= 0) return false;
  return tells(slower_, value, is_whole) || tells(faster_, value, is_whole);
}

bool SteadyMean::tells(Test& test, double value, bool is_whole) {
  const double likelier = is_whole ? density_ratio(value, test.ratio)
                                   : std::log(share_above(value / test.ratio) / share_above(value));
  test.says += std::min(likelier, says_max);
  if (test.says <= 0) {
    test = Test{test.ratio};
    return false;
  }
  test.sum += is_whole ? value : std::max(value, test.ratio * mean_);
  ++test.values;
  if (test.says < enough) return false;
  scale(test.sum / static_cast<double>(test.values) / mean_, test.values);
  return true;
}

double SteadyMean::shape() const {
  const double share = std::max(deviation() / mean_, deviation_min);
  return 1 / (share * share);
}

// The logarithm of how much denser values lie here when all are `ratio` times as large.
double SteadyMean::density_ratio(double value, double ratio) const {
  return shape() * (value / mean_ * (1 - 1 / ratio) - std::log(ratio));
}

// Wilson and Hilferty: the cube root of a gamma distributed value is nearly normal. Twice the
// share.
double SteadyMean::share_above(double value) const {
  const double variance = 1 / (9 * shape());
  const double deviations = (std::cbrt(value / mean_) - (1 - variance)) / std::sqrt(variance);
  return std::max(std::erfc(deviations / std::sqrt(2.0)), share_min);
}

}  // namespace parlance
