// What one lane of a pool did over a stretch of time, out of a server's metrics.
//
// Threading: plain data and pure functions.
#pragma once

#include "bench/load/metrics_window.hpp"

#include <string>
#include <vector>

namespace parlance::bench {

struct PoolFigures {
  std::string name;  // of a lane, "provider/model"; "retriever" for the searches
  double seconds = 0;
  double started = 0;  // calls that got a slot; those that were sent again count again
  double answered = 0;
  double throttled = 0;         // for which the provider had too much to do
  double throttled_beside = 0;  // calls that it had then, summed over these
  double refused = 0;           // at the door or in the queue, for want of room or of time
  double refused_full = 0;      // of these, for want of room
  double held_s = 0;            // time that calls held slots, all together
  double waited_s = 0;          // and waited for them
  double waiting_mean = 0;
  double waiting_most = 0;
  double waiting_rise = 0;
  double limit_most = 0;   // slots that it gave out, at most
  bool adapts = false;     // this limit is what it found
  double places_now = 0;   // slots that it may give out
  double waiting_now = 0;  // calls that it lets wait

  // Of a slot, by an answered call; what failed is in it.
  double service_s() const { return answered > 0 ? held_s / answered : 0; }
  double answered_per_second() const { return answered / seconds; }
  // That came, whether or not they were let in.
  double came_per_second() const {
    return (started - throttled + refused + waiting_rise) / seconds;
  }
  double running_mean() const { return held_s / seconds; }
  double wait_mean_s() const { return started > 0 ? waited_s / started : 0; }
  double refused_share() const;
  double throttled_share() const { return started > 0 ? throttled / started : 0; }
};

// The lanes of the model pool, and the searches, where the server has any.
std::vector<PoolFigures> pools_of(const MetricsWindow& window);

}  // namespace parlance::bench
