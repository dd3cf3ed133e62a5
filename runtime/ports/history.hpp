// A thread's state as it was, checkpoint by checkpoint.
//
// A turn that has begun has one checkpoint with the state that it found (input), one with its input
// merged in (its first node runs next), and one after each step. A turn that goes on in mid-graph
// has the steps alone, with one before them where its command changes the state; a client's change
// of the state has one. A fork that goes on in mid-graph has always one before its steps.
// All of a thread's stand in one row, which its turns follow one another in; a turn that was rolled
// back, or ended before it began, has none. The parent of one is the one before it; of a fork's
// first one, the one that it began from. What a checkpoint shows never changes.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/llm/chat.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace parlance {

enum class CheckpointSource : std::uint8_t { input, loop, update, fork };

struct CheckpointView {
  std::string id;          // runtime/journal/checkpoint_ids.hpp
  CheckpointPlace place;   // what the id is made of
  std::string parent_id;   // of the one that it came from; empty: it is the first
  std::int64_t step = -1;  // -1, 0, 1, … its parent's and one more
  CheckpointSource source = CheckpointSource::loop;
  std::int64_t created_ms = 0;
  std::shared_ptr<const TurnAccepted> turn;  // whose it is
  std::size_t steps_done = 0;                // of the turn
  Messages messages;
  Json fields = Json::object();  // private ones too
  std::string next;              // the node that follows; empty: none, or (input) the merging
  std::shared_ptr<const StepDone> next_done;    // what that node did; null: not, or not yet
  std::shared_ptr<const TurnEnded> next_ended;  // the turn ended in front of that node, or in it
};

struct HistoryQuery {
  std::string before;  // the id of a checkpoint: only those before it; empty: from the newest on
  std::string at;      // the id of a checkpoint: it alone; empty: a page of them
  std::size_t checkpoints_max = 10;
};

}  // namespace parlance
