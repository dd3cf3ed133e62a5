// Stops calling what is down, and finds out cheaply when it is back.
//
//   closed --5 failures in a row, or half of at least 20 in the window--> open
//   open --period passed, a call asks--> half_open, that call is the probe
//   half_open --the probe succeeds--> closed;  --it fails--> open;  --nobody knows--> open, at once
//   due
//
// Only outages are failures here: a provider that throttles, or that finds fault with a request, is
// there.
//
// Bounds: a window of `slices` counts.
// Threading: none of its own; its lane owns it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace parlance {

struct BreakerOptions {
  std::uint32_t failures_in_row_max = 5;
  std::uint32_t calls_min = 20;  // before the share of failures counts
  double failed_share_max = 0.5;
  std::chrono::milliseconds window{300'000};
  std::chrono::milliseconds period{10'000};  // between probes
};

class Breaker {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class State : std::uint8_t { closed, open, half_open };

  explicit Breaker(BreakerOptions options = {}) : options_(options) {}

  // Whether a call may be sent now. True makes it the probe, unless the breaker is closed.
  [[nodiscard]] bool try_pass(Time now);
  // What try_pass() would say.
  bool would_pass(Time now) const;

  void succeeded(Time now);
  void failed(Time now);
  // The probe ended and told nothing: it was cancelled, or throttled.
  void probe_untold(Time now);

  State state() const { return state_; }
  // When the next probe is due; in the past while closed.
  Time probe_at() const { return probe_at_; }

 private:
  static constexpr std::size_t slices = 10;

  struct Slice {
    std::int64_t number = -1;  // of all slices since the clock's beginning
    std::uint32_t succeeded = 0;
    std::uint32_t failed = 0;
  };

  std::int64_t slice_number(Time now) const;
  Slice& slice(Time now);
  bool fails_too_often(Time now) const;
  void open(Time now);

  const BreakerOptions options_;
  State state_ = State::closed;
  Time probe_at_{};
  std::uint32_t failures_in_row_ = 0;
  std::array<Slice, slices> window_{};
};

}  // namespace parlance
