// What a thread's records add up to: the conversation as the turns that have ended left it.
//
// Threading: none of its own; the thread's actor owns it.
#pragma once

#include "actors/checkpoint.hpp"
#include "runtime/ports/conversations.hpp"
#include "runtime/ports/journal.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace parlance::actors {

struct ThreadState {
  Checkpoint at;              // where the next turn begins
  std::vector<RunView> runs;  // that have ended, in the order of add_run()
  std::size_t bytes = 0;      // about what the messages take

  // A message that a turn put another one in the place of.
  struct Replaced {
    std::uint64_t turn = 0;
    std::size_t at = 0;
    MessagePtr message;
  };
  std::vector<Replaced> replaced;  // in the order in which it happened

  // The messages as the turn found them: one that has begun and ended.
  Messages messages_before(const RunView& run) const;

  // Takes in a turn that has ended; one that never began adds its run alone. `records` are all of
  // the turn's, or those that the journal gives at load: its turn_accepted, the steps with
  // messages, its end; in order of seq.
  void add_ended_turn(const std::vector<RecordPtr>& records);
};

// The messages that `records` of one turn add to `messages`.
Messages messages_after(const Messages& messages, const std::vector<RecordPtr>& records);

// Puts the run where it belongs: in the order in which turns were accepted, but one that began
// behind those that began before it.
void add_run(std::vector<RunView>& runs, RunView run);

// The run of a turn that has ended, from its records; none without its start or its end. How many
// messages there were around it is not said.
std::optional<RunView> ended_run(const std::vector<RecordPtr>& records);

RunStatus status_of(const TurnEnded& ended);

}  // namespace parlance::actors
