#include "runtime/limits/sliding_window.hpp"

#include <algorithm>

namespace parlance {

void SlidingWindow::move_to(Time now) {
  const std::int64_t part = now.time_since_epoch() / part_;
  if (part <= newest_) return;
  const std::int64_t gone = std::min(part - newest_, static_cast<std::int64_t>(sums_kept));
  for (std::int64_t n = 1; n <= gone; ++n) {
    std::uint64_t& sum = sum_of(newest_ + n);
    total_ -= sum;
    sum = 0;
  }
  newest_ = part;
}

std::uint64_t SlidingWindow::used(Time now) {
  move_to(now);
  return total_;
}

void SlidingWindow::add(Time now, std::uint64_t amount) {
  move_to(now);
  sum_of(newest_) += amount;
  total_ += amount;
}

void SlidingWindow::take_back(Time at, std::uint64_t amount) {
  const std::int64_t part = at.time_since_epoch() / part_;
  if (part > newest_ || newest_ - part >= static_cast<std::int64_t>(sums_kept)) return;
  std::uint64_t& sum = sum_of(part);
  const std::uint64_t taken = std::min(sum, amount);
  sum -= taken;
  total_ -= taken;
}

std::chrono::nanoseconds SlidingWindow::wait_for(Time now,
                                                 std::uint64_t amount,
                                                 std::uint64_t most) {
  move_to(now);
  std::uint64_t left = total_;
  std::int64_t leaves = 0;  // the part whose sum goes next, counted from the oldest
  const std::int64_t oldest = newest_ - static_cast<std::int64_t>(parts_in_window);
  const auto count = static_cast<std::int64_t>(sums_kept);
  while (left > 0 && left + amount > most && leaves < count)
    left -= sum_of(oldest + leaves++);
  if (leaves == 0) return std::chrono::nanoseconds(0);
  const Time gone{part_ * (oldest + leaves + count - 1)};
  return gone - now;
}

}  // namespace parlance
