// Times and how often they were seen, with three significant digits.
//
// Values are whole microseconds. Up to 2,047 each has a bucket of its own; above, every doubling is
// cut into 1,024 equal buckets, so that a percentile is at most 0.1 % above the true value. Least,
// greatest and mean are exact.
//
// Threading: one at a time. Histograms of several threads are merged.
// Bounds: 216 KiB, whatever is recorded. Values above 17 hours count in the last bucket.
#pragma once

#include "runtime/base/json.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parlance::bench {

class Histogram {
 public:
  Histogram();

  void record(std::chrono::nanoseconds value);  // rounded down; below zero counts as zero
  void merge(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  double mean_ms() const;
  double least_ms() const;
  double greatest_ms() const;

  // The value that `percent` of all values do not exceed; 0 when there are none.
  double percentile_ms(double percent) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_us_ = 0;
  std::uint64_t least_us_ = UINT64_MAX;
  std::uint64_t greatest_us_ = 0;
};

// {count, mean, min, p50, p90, p99, p99_9, max}, in milliseconds.
Json to_json(const Histogram& histogram);

}  // namespace parlance::bench
