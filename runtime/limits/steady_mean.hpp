// The mean of something that is steady for long, and then is another: a slow moving average, so
// that it is exact, beside two of Page's tests (CUSUM) that notice soon when values have come to be
// half as much again, or that much less.
//
// A test sums up how much likelier each value is with the change than without it (the logarithm),
// and begins again whenever the sum says "without". Once it says enough, the mean begins again from
// the values that told. One value says a fifth of enough at most: what is far out a few times is no
// change. Values are taken to be gamma distributed, with the mean and deviation that they had: the
// times of answers nearly are, and the few that take very long are what they differ in.
//
// Threading: none of its own.
#pragma once

#include <cmath>
#include <cstdint>

namespace parlance {

class SteadyMean {
 public:
  // True when the mean began again.
  bool add(double value);
  // For a value that was cut off: whole, it would have been more than this.
  bool add_at_least(double value);

  // What is measured is known to be so many times what it was, as if from so many values.
  void scale(double ratio, std::uint64_t values = values_to_know);

  std::uint64_t count() const { return count_; }
  double mean() const { return mean_; }
  double deviation() const { return std::sqrt(std::fmax(0, square_mean_ - mean_ * mean_)); }

  // Known as well as it ever will be.
  bool is_settled() const;
  // Of the mean itself: how well it is known.
  double mean_deviation() const;

 private:
  static constexpr std::uint64_t values_to_know = 20;

  // Whether values are `ratio` times what they were.
  struct Test {
    double ratio = 1;
    double says = 0;
    double sum = 0;  // of the values since it said nothing
    std::uint64_t values = 0;
  };

  void average(double value);
  bool tell(double value, bool is_whole);
  bool tells(Test& test, double value, bool is_whole);
  double shape() const;
  double density_ratio(double value, double ratio) const;
  double share_above(double value) const;

  std::uint64_t count_ = 0;
  double mean_ = 0;
  double square_mean_ = 0;
  Test slower_{1.5};
  Test faster_{1 / 1.5};
};

}  // namespace parlance
