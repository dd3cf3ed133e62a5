#include "runtime/limits/breaker.hpp"

namespace parlance {

bool Breaker::would_pass(Time now) const {
  return state_ == State::closed || (state_ == State::open && now >= probe_at_);
}

bool Breaker::try_pass(Time now) {
  if (!would_pass(now)) return false;
  if (state_ == State::open) state_ = State::half_open;
  return true;
}

void Breaker::succeeded(Time now) {
  failures_in_row_ = 0;
  if (state_ == State::closed) {
    ++slice(now).succeeded;
    return;
  }
  state_ = State::closed;
  window_ = {};
}

void Breaker::failed(Time now) {
  if (state_ == State::half_open) return open(now);
  if (state_ == State::open) return;  // a call from before
  ++failures_in_row_;
  ++slice(now).failed;
  if (failures_in_row_ >= options_.failures_in_row_max || fails_too_often(now)) open(now);
}

void Breaker::probe_untold(Time now) {
  if (state_ != State::half_open) return;
  state_ = State::open;
  probe_at_ = now;
}

void Breaker::open(Time now) {
  state_ = State::open;
  probe_at_ = now + options_.period;
}

std::int64_t Breaker::slice_number(Time now) const {
  const auto length = options_.window / static_cast<std::int64_t>(slices);
  return static_cast<std::int64_t>(now.time_since_epoch() / length);
}

Breaker::Slice& Breaker::slice(Time now) {
  const std::int64_t number = slice_number(now);
  Slice& found = window_[static_cast<std::size_t>(number) % slices];
  if (found.number != number) found = Slice{number, 0, 0};
  return found;
}

bool Breaker::fails_too_often(Time now) const {
  const std::int64_t oldest = slice_number(now) - static_cast<std::int64_t>(slices) + 1;
  std::uint32_t succeeded = 0;
  std::uint32_t failed = 0;
  for (const Slice& each : window_) {
    if (each.number < oldest) continue;
    succeeded += each.succeeded;
    failed += each.failed;
  }
  const std::uint32_t calls = succeeded + failed;
  return calls >= options_.calls_min && failed > options_.failed_share_max * calls;
}

}  // namespace parlance
