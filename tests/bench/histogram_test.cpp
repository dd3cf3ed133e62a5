#include "bench/histogram.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace parlance::bench {
namespace {

using std::chrono::microseconds;

TEST_CASE("a histogram without values answers zero") {
  const Histogram times;
  CHECK(times.count() == 0);
  CHECK(times.percentile_ms(50) == 0);
  CHECK(times.least_ms() == 0);
  CHECK(times.greatest_ms() == 0);
  CHECK(times.mean_ms() == 0);
}

TEST_CASE("short times are kept to the microsecond") {
  Histogram times;
  for (int us = 1; us <= 2'000; ++us) {
    times.record(microseconds(us));
  }
  CHECK(times.percentile_ms(50) == 1.0);
  CHECK(times.percentile_ms(99) == 1.98);
  CHECK(times.percentile_ms(100) == 2.0);
  CHECK(times.least_ms() == 0.001);
  CHECK(times.mean_ms() == Approx(1.0005));
}

TEST_CASE("percentiles are never low and at most 0.1 % high") {
  Histogram times;
  std::vector<double> values;
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> spread(9, 2.5);
  for (int index = 0; index < 50'000; ++index) {
    const auto us = static_cast<std::int64_t>(spread(random));
    values.push_back(static_cast<double>(us) / 1'000);
    times.record(microseconds(us));
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
    const double truth = values[static_cast<std::size_t>(rank) - 1];
    const double said = times.percentile_ms(percent);
    INFO(percent << " %");
    CHECK(said >= truth);
    CHECK(said <= truth * 1.001 + 1e-9);
  }
  CHECK(times.greatest_ms() == values.back());
}

TEST_CASE("a merged histogram is the one that saw all values") {
  Histogram one;
  Histogram other;
  Histogram both;
  for (int index = 1; index < 10'000; ++index) {
    const auto value = microseconds(index * 37);
    (index % 3 == 0 ? one : other).record(value);
    both.record(value);
  }
  one.merge(other);
  CHECK(to_json(one) == to_json(both));
  one.merge(Histogram());
  CHECK(to_json(one) == to_json(both));
}

TEST_CASE("times outside the range count at its ends") {
  Histogram times;
  times.record(std::chrono::nanoseconds(-5));
  times.record(std::chrono::hours(48));
  CHECK(times.count() == 2);
  CHECK(times.least_ms() == 0);
  CHECK(times.percentile_ms(50) == 0);
  CHECK(times.greatest_ms() == 48.0 * 3'600'000);
}

}  // namespace
}  // namespace parlance::bench
