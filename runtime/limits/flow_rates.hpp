// How fast a lane's calls end, measured: what a new one will have to wait, and how sure that is.
//
// Two things are measured. The time that a call holds its slot, which tells soonest that the
// provider has become slower or faster; and, while calls wait, the time between two ends, which
// tells best how long a queue takes: it is the same however many calls stand at the provider.
//
// When calls become slower, those that waited long are the first to be cut off by their deadlines:
// the answers alone would be those of the short calls, and tell nothing.
//
// Threading: none of its own; its lane owns it.
#pragma once

#include "runtime/limits/steady_mean.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace parlance {

class FlowRates {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Until : std::uint8_t {
    answered,
    cut_off  // by its deadline, or because nobody wanted it any more: it would have taken longer
  };

  // A call that was sent at `sent_at` held its slot until now; others wait for it. True when calls
  // turn out to have become slower: what was told of waits was too little.
  bool held(Time sent_at, Until until, bool others_wait, Time now);

  double seconds_mean() const { return held_.mean(); }

  // Calls that leave the queue in a second when all of `slots` are busy; 0 while nothing is known.
  double calls_per_second(std::size_t slots) const;
  // Standard deviation of the moment, in seconds, at which the `calls`-th of those that wait has
  // its answer.
  double answer_deviation(double calls, std::size_t slots) const;

 private:
  void note_end(bool others_wait, Time now);

  SteadyMean held_;
  SteadyMean between_;
  std::optional<Time> last_;  // a call ended while others waited, and they have waited since
};

}  // namespace parlance
