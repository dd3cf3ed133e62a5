// Whether a queue stands: tells the queue that every burst makes, and that drains again, from the
// one that never empties.
//
// CoDel's test (RFC 8289): the queue stands once no call has left it within `target` of its coming
// for a whole `interval`. Behind a queue that stands, a call that can no longer be answered in time
// is given up instead of sent, and nothing is retried.
//
// Threading: none of its own; its lane owns it.
#pragma once

#include <chrono>
#include <optional>

namespace parlance {

struct CodelOptions {
  std::chrono::milliseconds target{100};
  std::chrono::milliseconds interval{2'000};
};

class Codel {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Codel(CodelOptions options = {}) : options_(options) {}

  // A call left the queue in which it had waited since `since`.
  void left(Time since, Time now) {
    if (now - since <= options_.target) {
      late_since_.reset();
    } else if (!late_since_) {
      late_since_ = now;
    }
  }

  void emptied() { late_since_.reset(); }

  bool stands(Time now) const { return late_since_ && now - *late_since_ >= options_.interval; }

 private:
  const CodelOptions options_;
  std::optional<Time> late_since_;  // no call left in time since then
};

}  // namespace parlance
