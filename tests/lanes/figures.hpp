// What a simulated lane comes to, as numbers with the bound that each has to hold.
//
// Threading: pure.
#pragma once

#include "tests/lanes/world.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace parlance::lanes {

struct Figure {
  std::string name;
  double value = 0;
  double least = 0;
  double most = 0;

  bool holds() const { return value >= least && value <= most; }
};
using Figures = std::vector<Figure>;

// Ten minutes of twice what the provider can serve, in so many worlds: limit, goodput, throttled
// calls, and who was let in and refused rightly. The limit has to hold in each of them; the others
// are shares of their calls. `replay_every`: so many-th of the refused calls are let in, each in a
// world of its own, to see whether they would have made it.
Figures saturated(std::uint32_t slots,
                  Manner manner,
                  std::uint64_t seed,
                  std::uint32_t worlds,
                  std::size_t replay_every);

// The provider halves its speed: the longest waits, from 20 s after, next to those before and,
// which is harder, to those of a world in which it always was that slow. Of so many worlds: a p99
// of the 20 calls that 4 slots end in this time would be that of one call, and one of 64 slots that
// of the world that took longest to notice.
Figures half_speed(std::uint32_t slots, Manner manner, std::uint64_t seed, std::uint32_t worlds);

// One tenant wants 60 times what the provider can serve, another 100 times less: with a queue that
// deadlines alone bound, and with one of eight places for each slot.
Figures shares(std::uint32_t slots, Manner manner, std::uint64_t seed);

// The provider cannot be reached, or never answers, for two minutes.
Figures outage(Phase::State state, std::uint64_t seed);

}  // namespace parlance::lanes
