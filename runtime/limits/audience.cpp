#include "runtime/limits/audience.hpp"

#include <utility>

namespace parlance {

bool Audience::add(Listener listener) {
  const std::lock_guard lock(mutex_);
  if (bytes_said_ > bytes_kept_max_) return false;
  listener.taken_in();
  std::size_t begin = 0;
  for (const std::size_t end : ends_kept_) {
    listener.told(kept_.substr(begin, end - begin));
    begin = end;
  }
  listeners_.push_back(std::move(listener));
  return true;
}

void Audience::remove(std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const Listener& listener) { return listener.call == call; });
}

bool Audience::say(std::string piece) {
  const std::lock_guard lock(mutex_);
  bytes_said_ += piece.size();
  if (bytes_said_ > bytes_kept_max_) {
    kept_ = {};
    ends_kept_ = {};
  } else {
    kept_ += piece;
    ends_kept_.push_back(static_cast<std::uint32_t>(kept_.size()));
  }
  for (std::size_t i = 1; i < listeners_.size(); ++i)
    listeners_[i].told(piece);
  if (!listeners_.empty()) listeners_.front().told(std::move(piece));
  return !std::exchange(has_heard_, true);
}

bool Audience::has_heard() const {
  const std::lock_guard lock(mutex_);
  return has_heard_;
}

}  // namespace parlance
