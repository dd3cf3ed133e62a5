// What turns and connections of a server did over a stretch of time, out of its metrics.
//
// Threading: plain data, constant after construction.
#pragma once

#include "bench/load/metrics_window.hpp"

namespace parlance::bench {

struct TurnFigures {
  explicit TurnFigures(const MetricsWindow& window);

  double came() const { return accepted + refused; }
  double share(double of_refused) const { return came() > 0 ? of_refused / came() : 0; }
  // From a turn's acceptance to its end, all its waits in it.
  double turn_s() const { return ended > 0 ? took_s / ended : 0; }
  // Clients that are refused come again at once: so many were inside, or at the door.
  double inside_at_once_most() const;
  // For one turn that found room in memory, so many came.
  double came_for_one_in_memory() const;

  double seconds = 0;
  double accepted = 0;
  double refused = 0;          // for whatever reason
  double refused_mailbox = 0;  // of these, by a thread that was full
  double refused_memory = 0;   // and for want of room for their thread
  double ended = 0;
  double took_s = 0;  // those that ended, all together
  double inside_most = 0;
  double threads_most = 0;  // in memory
  double threads_rise = 0;
  double memory_bytes = 0;  // of the process, in the end
  double memory_bytes_rise = 0;
  double connections_most = 0;
  double connections_refused = 0;
  // Settings in force.
  double turns_waiting_max = 0;
  double resident_max = 0;
  double connections_max = 0;
};

}  // namespace parlance::bench
