// The records that a thread is loaded with, turn by turn. Those of several turns may interleave.
//
// Threading: pure functions.
#pragma once

#include "runtime/journal/event.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace parlance::actors {

struct LoadedTurns {
  using Records = std::vector<RecordPtr>;

  std::map<std::uint64_t, Records> ended;       // by the place of their end
  std::map<std::uint64_t, Records> unfinished;  // by number; each begins with its turn_accepted
};

// In order of seq. What is there of a turn that was rolled back is none.
LoadedTurns sort_by_turn(const std::vector<RecordPtr>& records);

}  // namespace parlance::actors
