// How fast a lane's calls end, measured: what a new one will have to wait, and how sure that is.
//
// Two things are measured. The time that a call holds its slot; and, of calls that others wait for,
// their share of the lane: that time divided by the calls that run at once. By Little's law as much
// lies between two ends, so it tells how long a queue takes. It also tells soonest that the
// provider has become slower or faster: behind a provider that queues, a limit that moves changes
// the time that each call takes, and leaves the share as it is. Until shares are known, the time of
// calls has to tell both.
//
// When calls become slower, those that waited long are the first to be cut off by their deadlines:
// the answers alone would be those of the short calls, and tell nothing.
//
// The first calls that a slower provider ends are its short ones. Until the new mean has settled,
// each tenth that it grows makes what was told of waits too little once more.
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

  // A call that was sent at `sent_at` held its slot until now, one of `running` that ran at once;
  // none: nobody waited for it. True when what was told of waits turns out to have been too little.
  bool held(Time sent_at, Until until, std::optional<double> running, Time now);

  double seconds_mean() const { return held_.mean(); }

  // Calls that leave the queue in a second when all of `slots` are busy; 0 while nothing is known.
  double calls_per_second(std::size_t slots) const;
  // Standard deviation of the moment, in seconds, at which the `calls`-th of those that wait has
  // its answer.
  double answer_deviation(double calls, std::size_t slots) const;

 private:
  bool has_grown();

  SteadyMean held_;        // seconds
  SteadyMean share_;       // seconds
  double share_told_ = 0;  // that waits were told by since it began again, or has grown
};

}  // namespace parlance
