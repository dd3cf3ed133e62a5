// What a thread's records add up to: the conversation as the turns that have ended left it.
//
// Each turn that has begun hangs on the one before it, or, as a fork, on a checkpoint of any before
// it: the messages at a checkpoint are those that the turns on the way to it added.
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

  // What a turn added that has begun and ended.
  struct Added {
    std::uint64_t accepted_seq = 0;
    std::uint64_t ended_seq = 0;
    std::shared_ptr<const TurnAccepted> accepted;
    std::vector<RecordPtr> steps;  // those with messages
  };
  std::vector<Added> added;       // in the order in which the turns ran
  std::size_t messages_held = 0;  // in all branches
  std::size_t bytes_held = 0;     // of all turns, about

  // Where a turn with this acceptance begins.
  Checkpoint start_of(const TurnAccepted& accepted) const;

  // The messages at a checkpoint of a turn that has ended. None ends there: as of its end.
  Messages messages_at(CheckpointPlace place) const;

  // The messages and the fields as the turn found them: one that has ended. One that never began
  // counts as found what the turns before its end left.
  Messages messages_before(const RunView& run) const;
  std::shared_ptr<const Json> fields_before(const RunView& run) const;

  // Takes in a turn that has ended; one that never began adds its run alone. `records` are all of
  // the turn's, or those that the journal gives at load: its turn_accepted, the steps with
  // messages, its end; in order of seq.
  void add_ended_turn(const std::vector<RecordPtr>& records);

 private:
  using Turns = std::vector<Added>;
  Turns::const_iterator turn_of(CheckpointPlace place) const;
  std::optional<CheckpointPlace> end_before(Turns::const_iterator turn) const;
  std::optional<CheckpointPlace> place_before(Turns::const_iterator turn) const;
  Checkpoint conversation_at(std::optional<CheckpointPlace> place) const;
};

// The messages that `records` of one turn add to `messages`.
Messages messages_after(const Messages& messages, const std::vector<RecordPtr>& records);

// Puts the run where it belongs: in the order in which turns were accepted, but one that began
// behind those that began before it.
void add_run(std::vector<RunView>& runs, RunView run);

// The run of a turn that has ended, from its records; none without its start or its end.
std::optional<RunView> ended_run(const std::vector<RecordPtr>& records);

RunStatus status_of(const TurnEnded& ended);

}  // namespace parlance::actors
