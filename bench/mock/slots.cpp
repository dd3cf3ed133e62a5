#include "bench/mock/slots.hpp"

#include <algorithm>

namespace parlance::bench {

MockSlots::Answer MockSlots::ask(MockConnection& connection, std::size_t slots, std::size_t queue) {
  slots_ = slots;
  if (slots == 0 || taken_ < slots) {
    ++taken_;
    return Answer::taken;
  }
  if (waiting_.size() >= queue) return Answer::refused;
  waiting_.push_back(&connection);
  return Answer::wait;
}

bool MockSlots::leave(MockConnection& connection) {
  const auto found = std::find(waiting_.begin(), waiting_.end(), &connection);
  if (found == waiting_.end()) return true;
  waiting_.erase(found);
  return false;
}

void MockSlots::give_back() {
  --taken_;
  while (!waiting_.empty() && (slots_ == 0 || taken_ < slots_)) {
    auto* first = waiting_.front();
    waiting_.pop_front();
    ++taken_;
    first->wake_up();
  }
}

}  // namespace parlance::bench
