// Where to find a supervised part right now: the actor changes with every restart.
//
// The generation is unique in the process. Who sends to a part remembers it: when the supervisor
// tells that this generation has died (PartDown), whatever was asked of it is lost.
//
// Threading: from any thread. The supervisor sets and clears.
#pragma once

#include <caf/actor.hpp>

#include <cstdint>
#include <mutex>
#include <utility>

namespace parlance::actors {

class PartSlot {
 public:
  struct Part {
    caf::actor actor;  // null while the part is down
    std::uint64_t generation = 0;
  };

  Part part() const {
    const std::lock_guard lock(mutex_);
    return part_;
  }
  void set(Part part) {
    const std::lock_guard lock(mutex_);
    std::swap(part_, part);
  }
  void clear() { set({}); }

 private:
  mutable std::mutex mutex_;
  Part part_;  // guarded by mutex_
};

}  // namespace parlance::actors
