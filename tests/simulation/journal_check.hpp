// Reads what is on the disk, as a whole, and says what of it must not be. Knows the bytes
// (storage/keys.hpp, storage/record_codec.hpp) and nothing else of the server.
#pragma once

#include "tests/simulation/disk.hpp"
#include "tests/simulation/history.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace parlance::simulation {

// A turn as the journal has it.
struct JournalTurn {
  std::string thread;
  std::uint64_t number = 0;
  bool ended = false;
  std::vector<std::pair<std::uint64_t, std::string>> records;  // by seq, encoded
};

struct JournalContents {
  std::map<std::string, JournalTurn> turns;  // by run
  std::size_t unfinished = 0;
};

struct JournalBounds {
  std::size_t unfinished_turns_max = 0;  // of a thread
};

// Whatever is wrong becomes a violation: a gap, a turn accepted twice, steps of two turns at once,
// text that is not the message that it became, an index or a head that does not fit the events.
JournalContents check_journal(const Disk& disk, const JournalBounds& bounds, History& history);

// An event in a few words.
std::string describe(const std::string& encoded);

}  // namespace parlance::simulation
