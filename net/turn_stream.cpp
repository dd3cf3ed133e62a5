#include "net/turn_stream.hpp"

#include <utility>
#include <variant>

namespace parlance::net {
namespace {

constexpr std::size_t record_overhead = 64;

}  // namespace

TurnStream::TurnStream(std::shared_ptr<Waker> waker, Options options)
    : waker_(std::move(waker)),
      options_(std::move(options)) {}

void TurnStream::wake_locked() {
  if (wake_sent_ || left_) return;
  wake_sent_ = true;
  waker_->wake();
}

void TurnStream::started(const TurnStart& start) {
  const std::lock_guard lock(mutex_);
  start_ = start;
  if (options_.wants != Wants::end) wake_locked();
}

bool TurnStream::has_room_locked(Time now) {
  const std::size_t bytes = bytes_waiting_ + bytes_taken_;
  if (bytes == 0) moved_at_ = now;
  if (bytes <= options_.buffer_bytes_max) return true;
  return bytes <= options_.buffer_bytes_max * burst_factor && now - moved_at_ <= stall_time_max;
}

bool TurnStream::records(std::span<const RecordPtr> records) {
  {
    const std::lock_guard lock(mutex_);
    if (left_ || fell_behind_ || options_.wants == Wants::start) return false;
    if (options_.wants == Wants::end) {
      for (const auto& record : records) {
        if (!holds_alternative<Delta>(record->event)) waiting_.push_back(record);
      }
      return true;
    }
    if (has_room_locked(options_.now())) {
      for (const auto& record : records) {
        if (record->seq >= options_.after.seq)
          bytes_waiting_ += record_overhead + bytes_of(record->event);
        waiting_.push_back(record);
      }
      wake_locked();
      return true;
    }
    fell_behind_ = true;
    wake_locked();
  }
  if (options_.fell_behind) options_.fell_behind();
  return false;
}

void TurnStream::closed(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  error_ = std::move(error);
  wake_locked();
}

TurnStream::Taken TurnStream::take() {
  const std::lock_guard lock(mutex_);
  wake_sent_ = false;
  bytes_taken_ += std::exchange(bytes_waiting_, 0);
  return {start_.has_value(), closed_, fell_behind_, error_, std::exchange(waiting_, {})};
}

void TurnStream::written() {
  const std::lock_guard lock(mutex_);
  bytes_taken_ = 0;
  moved_at_ = options_.now();
}

void TurnStream::leave() {
  const std::lock_guard lock(mutex_);
  left_ = true;
  waiting_.clear();
}

}  // namespace parlance::net
