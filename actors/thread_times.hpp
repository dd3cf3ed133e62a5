// A time each for threads, in memory or not, taken out as they come.
//
// Bounds: one time a thread; whoever sets them bounds the threads.
// Threading: none of its own; the directory owns it.
#pragma once

#include "runtime/base/ids.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace parlance::actors {

class ThreadTimes {
 public:
  // In place of the one before; since 1970, 0: none any more.
  void set(const ThreadKey& thread, std::int64_t time_ms) {
    if (const auto before = times_.find(thread); before != times_.end()) {
      in_order_.erase({before->second, thread});
      times_.erase(before);
    }
    if (time_ms == 0) return;
    times_.emplace(thread, time_ms);
    in_order_.emplace(time_ms, thread);
  }

  // Takes out the first one whose time has come.
  std::optional<ThreadKey> take_due(std::int64_t now_ms) {
    if (in_order_.empty() || in_order_.begin()->first > now_ms) return std::nullopt;
    ThreadKey thread = in_order_.begin()->second;
    set(thread, 0);
    return thread;
  }

 private:
  std::unordered_map<ThreadKey, std::int64_t> times_;
  std::set<std::pair<std::int64_t, ThreadKey>> in_order_;  // of the same
};

}  // namespace parlance::actors
