// What queues come to, by arithmetic.
//
//   Little's law     what is inside = what comes in a second * the seconds that it stays
//   headroom         a station that is held by L on average wants L + 2 sqrt(L) places: then few of
//                    those that come by chance find all taken (square-root staffing)
//   a station        Poisson arrivals, `places` that serve one each, `waiting_max` that wait, the
//                    next one is refused (M/M/c/K). Real calls vary less than exponential ones: it
//                    is a little too pessimistic of waits. Where all clients that there are find
//                    room, nobody is refused, and those who are not served wait (Little's law
//                    again); where each has a place, nobody waits
//
// Bounds: a station is taken to have a million places at most, and as many that wait.
// Threading: pure functions.
#pragma once

#include <cstdint>

namespace parlance::bench {

// Rounded up; from 0, for what is no number as well, to 1e15.
std::uint64_t whole(double size);

double at_once(double per_second, double seconds);

// At least 1.
std::uint64_t places_for(double at_once);

// So many may wait that the last of them has its place within `wait_s`. At least 1, and at most
// 100,000.
std::uint64_t waiting_for(std::uint64_t places, double service_s, double wait_s);

struct Station {
  double per_second = 0;  // that come
  double service_s = 0;
  std::uint64_t places = 1;
  std::uint64_t waiting_max = 0;
  std::uint64_t clients = 0;  // that there are; 0: without an end
};

struct Forecast {
  double per_second = 0;  // that are served
  double wait_s = 0;      // of these, the mean
  double refused_share = 0;
};

Forecast forecast(Station station);

}  // namespace parlance::bench
