// The ids of a thread's checkpoints: the same whenever and wherever they are asked for, and each
// leads to its record.
//
// An id is a UUID of version 6 (RFC 9562, 5.6), most significant bit first:
//
//   time     60 bits, around the version   100 ns steps since 1582: the moment at which the thread
//                                          was made (the upper 44 bits of its incarnation are
//                                          milliseconds since 1970), plus the place
//   variant   2 bits   10
//   check    62 bits   the first of sha256(tenant LF thread-id LF incarnation)
//
//   place = 4·seq + kind
//
//   kind 0   the state after the step_done at seq
//   kind 1   the state that a turn found: seq is its turn_accepted, or, where that stands later,
//            the end of the turn that it waited for
//   kind 2   the same with the turn's input
//
// So the ids of one thread sort in the order in which its states came about, and those of several
// by the age of the thread. An id of another thread, tenant or incarnation, or one that was made
// up, fails the check.
//
// Threading: immutable; shared freely.
#pragma once

#include "runtime/base/ids.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance {

struct CheckpointPlace {
  enum class Kind : std::uint8_t { step = 0, input = 1, start = 2 };  // in ids: never renumber

  std::uint64_t seq = 0;
  Kind kind = Kind::step;

  auto operator<=>(const CheckpointPlace&) const = default;
};

class CheckpointIds {
 public:
  CheckpointIds(const ThreadKey& thread, std::uint64_t incarnation);

  std::string id_of(CheckpointPlace place) const;

  // None: no checkpoint of this thread can have this id.
  std::optional<CheckpointPlace> place_of(std::string_view id) const;

 private:
  std::uint64_t ticks_;  // of place 0
  std::uint64_t check_;
};

}  // namespace parlance
