#include "runtime/limits/audience.hpp"

#include <utility>

namespace parlance {

bool Audience::add(Listener listener) {
  const std::lock_guard lock(mutex_);
  if (bytes_said_ > bytes_kept_max_) return false;
  listener.taken_in();
  std::vector<std::string> pieces;
  std::size_t begin = 0;
  for (const std::size_t end : ends_kept_) {
    pieces.push_back(kept_.substr(begin, end - begin));
    begin = end;
  }
  if (!pieces.empty()) listener.told(std::move(pieces), false);
  listeners_.push_back(std::move(listener));
  return true;
}

void Audience::remove(std::uint64_t call) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const Listener& listener) { return listener.call == call; });
}

bool Audience::say(std::vector<std::string> pieces, bool are_last) {
  const std::lock_guard lock(mutex_);
  for (const auto& piece : pieces)
    keep(piece);
  for (std::size_t i = 1; i < listeners_.size(); ++i)
    listeners_[i].told(pieces, are_last);
  if (!listeners_.empty()) listeners_.front().told(std::move(pieces), are_last);
  return !std::exchange(has_heard_, true);
}

// The caller holds mutex_.
void Audience::keep(const std::string& piece) {
  bytes_said_ += piece.size();
  if (bytes_said_ > bytes_kept_max_) {
    kept_ = {};
    ends_kept_ = {};
  } else {
    kept_ += piece;
    ends_kept_.push_back(static_cast<std::uint32_t>(kept_.size()));
  }
}

bool Audience::has_heard() const {
  const std::lock_guard lock(mutex_);
  return has_heard_;
}

}  // namespace parlance
