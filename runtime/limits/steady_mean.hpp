// The mean of something that is steady for long, and then is another: a slow moving average, so
// that it is exact, beside a fast one that notices a change. When the fast one leaves the slow one
// by more than chance explains, the mean begins again from it. One value that is far out is no
// change: in the fast average it counts as one that is not as far.
//
// Threading: none of its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace parlance {

class SteadyMean {
 public:
  // `fast_weight`: of a new value in the fast average.
  explicit SteadyMean(double fast_weight) : fast_weight_(fast_weight) {}

  // True when the mean began again.
  bool add(double value) {
    ++count_;
    const double of_all = 1.0 / static_cast<double>(count_);
    const double slow = std::max(slow_weight, of_all);
    mean_ += slow * (value - mean_);
    square_mean_ += slow * (value * value - square_mean_);
    fast_mean_ += std::max(fast_weight_, of_all) * (not_far_out(value) - fast_mean_);
    const double chance = chance_deviations * fast_share() * deviation();
    if (std::abs(fast_mean_ - mean_) <= std::max(chance, mean_ / 4)) return false;
    scale(fast_mean_ / mean_);
    return true;
  }

  // What is measured is known to be so many times what it was.
  void scale(double ratio) {
    mean_ *= ratio;
    square_mean_ *= ratio * ratio;
    fast_mean_ = mean_;
    count_ = std::min(count_, static_cast<std::uint64_t>(1 / fast_weight_));
  }

  std::uint64_t count() const { return count_; }
  double mean() const { return mean_; }
  double deviation() const { return std::sqrt(std::max(0.0, square_mean_ - mean_ * mean_)); }

 private:
  static constexpr double slow_weight = 0.005;
  static constexpr double chance_deviations = 5;
  static constexpr double far_deviations = 3;
  static constexpr std::uint64_t values_to_know = 20;

  // Twice the mean is never far.
  double not_far_out(double value) const {
    if (count_ <= values_to_know) return value;
    return std::min(value, mean_ + std::max(far_deviations * deviation(), mean_));
  }

  // The fast average's own deviation, in deviations of a value.
  double fast_share() const { return std::sqrt(fast_weight_ / (2 - fast_weight_)); }

  const double fast_weight_;
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double square_mean_ = 0;
  double fast_mean_ = 0;
};

}  // namespace parlance
