#include "bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace parlance::bench {
namespace {

constexpr unsigned exact_bits = 11;
constexpr std::uint64_t exact = 1ULL << exact_bits;
constexpr std::uint64_t half = exact / 2;
constexpr unsigned doublings = 25;
constexpr std::size_t bucket_count = exact + doublings * half;

std::size_t bucket_of(std::uint64_t us) {
  if (us < exact) return us;
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - exact_bits;
  return std::min(bucket_count - 1, exact + (shift - 1) * half + ((us >> shift) - half));
}

// The greatest value that the bucket takes.
std::uint64_t top_of(std::size_t bucket) {
  if (bucket < exact) return bucket;
  const auto shift = (bucket - exact) / half + 1;
  const auto within = (bucket - exact) % half + half;
  return ((within + 1) << shift) - 1;
}

double ms(std::uint64_t us) {
  return static_cast<double>(us) / 1'000;
}

}  // namespace

Histogram::Histogram() : buckets_(bucket_count) {}

void Histogram::record(std::chrono::nanoseconds value) {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count()) / 1'000);
  ++buckets_[bucket_of(us)];
  ++count_;
  sum_us_ += us;
  least_us_ = std::min(least_us_, us);
  greatest_us_ = std::max(greatest_us_, us);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    buckets_[bucket] += other.buckets_[bucket];
  }
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  least_us_ = std::min(least_us_, other.least_us_);
  greatest_us_ = std::max(greatest_us_, other.greatest_us_);
}

void Histogram::clear() {
  std::fill(buckets_.begin(), buckets_.end(), 0);
  count_ = sum_us_ = greatest_us_ = 0;
  least_us_ = UINT64_MAX;
}

double Histogram::mean_ms() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_us_) / static_cast<double>(count_) / 1'000;
}

double Histogram::least_ms() const {
  return count_ == 0 ? 0 : ms(least_us_);
}

double Histogram::greatest_ms() const {
  return ms(greatest_us_);
}

double Histogram::percentile_ms(double percent) const {
  if (count_ == 0) return 0;
  const auto exact_rank = std::ceil(percent / 100 * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact_rank), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return ms(std::clamp(top_of(bucket), least_us_, greatest_us_));
  }
  return ms(greatest_us_);
}

Json to_json(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"mean", histogram.mean_ms()},
          {"min", histogram.least_ms()},
          {"p50", histogram.percentile_ms(50)},
          {"p90", histogram.percentile_ms(90)},
          {"p99", histogram.percentile_ms(99)},
          {"p99_9", histogram.percentile_ms(99.9)},
          {"max", histogram.greatest_ms()}};
}

}  // namespace parlance::bench
