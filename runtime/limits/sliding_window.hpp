// How much was let through lately: the sum of what was added within the window's length.
//
// The time is cut into parts, parts_in_window of them in a window, and each part keeps one sum.
// What was added leaves when its whole part lies behind the window: so never more than the limit
// passes in any window, and room comes back at most one part late. Memory does not grow with the
// limit, as a list of times would. (The two-bucket estimate that proxies use lets through up to
// twice the limit where a burst ends one window and begins the next.)
//
// Bounds: parts_in_window + 1 sums.
// Threading: none of its own; whoever owns it guards it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace parlance {

class SlidingWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t parts_in_window = 64;

  explicit SlidingWindow(std::chrono::milliseconds length)
      : part_((std::chrono::nanoseconds(length) + std::chrono::nanoseconds(parts_in_window - 1)) /
              parts_in_window) {}

  // Times are given in order; an earlier one counts as the latest that was given.
  std::uint64_t used(Time now);
  void add(Time now, std::uint64_t amount);
  // Of what was added at this time, unless it has left.
  void take_back(Time at, std::uint64_t amount);

  // How long until `amount` fits below `most`; 0: it does. Never longer than until the window is
  // empty.
  std::chrono::nanoseconds wait_for(Time now, std::uint64_t amount, std::uint64_t most);

 private:
  static constexpr std::size_t sums_kept = parts_in_window + 1;

  void move_to(Time now);
  std::uint64_t& sum_of(std::int64_t part) {
    return sums_[static_cast<std::size_t>(part) % sums_kept];
  }

  std::chrono::nanoseconds part_;  // of all, together the window or a little more
  std::int64_t newest_ = 0;        // the part that `now` is in, since the clock's beginning
  std::uint64_t total_ = 0;
  std::array<std::uint64_t, sums_kept> sums_{};
};

}  // namespace parlance
