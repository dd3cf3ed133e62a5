// When threads are to be woken, whose turns begin later: also threads that have left memory.
//
// Bounds: one time a thread with unfinished turns, so at most as many as the journal's index of
// unfinished threads has.
// Threading: none of its own; the directory owns it.
#pragma once

#include "runtime/base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace parlance::actors {

class StartTimes {
 public:
  // In place of the one before; since 1970, 0: none any more.
  void set(const ThreadKey& thread, std::int64_t starts_ms) {
    if (const auto before = times_.find(thread); before != times_.end()) {
      in_order_.erase({before->second, thread});
      times_.erase(before);
    }
    if (starts_ms == 0) return;
    times_.emplace(thread, starts_ms);
    in_order_.emplace(starts_ms, thread);
  }

  // Takes out the first one whose time has come.
  std::optional<ThreadKey> take_due(std::int64_t now_ms) {
    if (in_order_.empty() || in_order_.begin()->first > now_ms) return std::nullopt;
    ThreadKey thread = in_order_.begin()->second;
    set(thread, 0);
    return thread;
  }

  std::size_t size() const { return times_.size(); }

 private:
  std::unordered_map<ThreadKey, std::int64_t> times_;
  std::set<std::pair<std::int64_t, ThreadKey>> in_order_;  // of the same
};

}  // namespace parlance::actors
