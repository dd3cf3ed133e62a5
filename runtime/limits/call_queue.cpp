#include "runtime/limits/call_queue.hpp"

#include <algorithm>

namespace parlance {

bool CallQueue::add(std::uint64_t call) {
  const std::size_t places = std::size_t{options_.running_max} + options_.waiting_max;
  if (running_.size() + waiting_.size() >= places) return false;
  waiting_.push_back({call, false});
  return true;
}

void CallQueue::ready(std::uint64_t call) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
    return waiting.call == call;
  });
  if (found != waiting_.end()) found->ready = true;
}

std::optional<std::uint64_t> CallQueue::next() {
  if (running_.size() >= options_.running_max) return std::nullopt;
  const auto found = std::find_if(
      waiting_.begin(), waiting_.end(), [](const Waiting& waiting) { return waiting.ready; });
  if (found == waiting_.end()) return std::nullopt;
  const std::uint64_t call = found->call;
  waiting_.erase(found);
  running_.insert(call);
  return call;
}

void CallQueue::remove(std::uint64_t call) {
  if (running_.erase(call) > 0) return;
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.call == call; });
}

}  // namespace parlance
