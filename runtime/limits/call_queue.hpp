// The places of one lane: so many calls run at once, so many wait, and the next one is refused.
//
// A call takes a place before anything is spent on it, and becomes ready later, once what it
// depends on is on disk. Calls that are ready leave in the order in which they came; one that is
// not ready yet holds back nobody but itself.
//
//   add() -> waiting --ready()--> waiting, ready --next()--> running --remove()--> gone
//
// Bounds: at most running_max + waiting_max calls; add() refuses beyond that.
// Threading: none of its own; a pool actor owns it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_set>

namespace parlance {

struct CallQueueOptions {
  std::uint32_t running_max = 8;
  std::uint32_t waiting_max = 64;
};

class CallQueue {
 public:
  explicit CallQueue(CallQueueOptions options) : options_(options) {}

  // False when every place is taken.
  [[nodiscard]] bool add(std::uint64_t call);

  // `call` may run from now on.
  void ready(std::uint64_t call);

  // The call that runs next, taken out of the queue; none while all slots are busy or nobody is
  // ready.
  std::optional<std::uint64_t> next();

  // Gives the place of `call` back, wherever it is.
  void remove(std::uint64_t call);

  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  const CallQueueOptions& options() const { return options_; }

 private:
  struct Waiting {
    std::uint64_t call = 0;
    bool ready = false;
  };

  const CallQueueOptions options_;
  std::deque<Waiting> waiting_;
  std::unordered_set<std::uint64_t> running_;
};

}  // namespace parlance
