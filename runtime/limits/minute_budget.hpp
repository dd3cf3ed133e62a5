// A provider's hard limits: so many requests, and so many tokens, in any minute.
//
// What was sent is counted in slices of a second and leaves the window a minute later. A call's
// tokens are an upper estimate when it is sent, and are set right when it has ended. A call that
// alone costs more than a minute's tokens goes when the window is empty.
//
// Bounds: 60 slices.
// Threading: none of its own; its lane owns it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace parlance {

struct MinuteBudgetOptions {
  std::uint64_t requests_max = 0;  // 0: no limit
  std::uint64_t tokens_max = 0;    // 0: no limit
};

class MinuteBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit MinuteBudget(MinuteBudgetOptions options) : options_(options) {}

  // When a call of this size may be sent: `now`, or the moment at which enough has left the window.
  Time fits_at(std::uint64_t tokens, Time now) const;

  void sent(std::uint64_t tokens, Time now);
  // A call that was sent at `sent_at`, and counted as `reserved` tokens, took `used`.
  void settled(std::uint64_t reserved, std::uint64_t used, Time sent_at, Time now);

  // The most calls of this size that fit into a second, in the long run; 0: no limit.
  double calls_per_second_max(double tokens) const;

 private:
  static constexpr std::size_t slices = 61;  // the oldest is leaving the window

  struct Slice {
    std::int64_t second = -1;
    std::uint64_t requests = 0;
    std::uint64_t tokens = 0;
  };

  Slice& slice(std::int64_t second) { return window_[static_cast<std::size_t>(second) % slices]; }
  bool fits(std::uint64_t tokens, const Slice& inside) const;

  const MinuteBudgetOptions options_;
  std::array<Slice, slices> window_{};
};

}  // namespace parlance
