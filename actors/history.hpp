// One page of a thread's history: which checkpoints stand on it, which records they are made of,
// and, once those have been read, what they show.
//
// It is chosen at one moment and knows nothing of what the thread does after that.
//
// Bounds: the page's checkpoints, and the steps of the turns that they belong to. A range to read
// holds at most range_records_max records; between two steps that are wanted lie at most gap_max
// others.
// Threading: none of its own; the thread's actor owns it.
#pragma once

#include "actors/thread_state.hpp"
#include "actors/turn.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/journal/checkpoint_ids.hpp"
#include "runtime/ports/history.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace parlance::actors {

class History {
 public:
  static constexpr std::uint64_t range_records_max = 256;
  static constexpr std::uint64_t gap_max = 8;

  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  // `running` is the turn in front, null for none; what is not committed of it is on no page.
  // checkpoint_not_found: the query names none of these.
  static Result<History> choose(CheckpointIds ids,
                                const ThreadState& state,
                                const Turn* running,
                                std::uint64_t committed_seq,
                                const HistoryQuery& query);

  // The records to read next; none when the page is complete.
  std::optional<Range> missing() const;
  void add(const RecordPtr& record);

  // Of a complete page, newest first.
  std::vector<CheckpointView> checkpoints(const Agents& agents) const;

 private:
  // A turn that has begun, and its checkpoints: `lead` of them before its steps.
  struct TurnPart {
    std::size_t size() const { return lead + step_seqs->size(); }
    CheckpointPlace place(std::size_t index) const;
    std::int64_t step(std::size_t index) const {
      return parent_step + 1 + static_cast<std::int64_t>(index);
    }

    std::shared_ptr<const TurnAccepted> accepted;
    std::shared_ptr<const TurnEnded> ended;  // null: not yet
    // Of the last turn that went on from where it ended, and came no step further; else its own.
    std::shared_ptr<const TurnEnded> stood;
    std::uint64_t ended_seq = 0;
    std::shared_ptr<const std::vector<std::uint64_t>> step_seqs;
    std::size_t lead = 2;         // what it found and its input, or less
    std::size_t first = 0;        // the place of its first one in the row
    std::uint64_t found_seq = 0;  // what its first two are named after
    std::int64_t begun_ms = 0;
    // Where it began: the checkpoint, with its step, its fields and its next node.
    std::optional<CheckpointPlace> parent;
    std::int64_t parent_step = -2;
    std::shared_ptr<const Json> fields;
    std::string next;
    std::optional<Messages> messages;  // of the first one on the page, and of forks
  };

  explicit History(CheckpointIds ids) : ids_(ids) {}

  void add_turn(TurnPart turn, std::uint64_t accepted_seq, std::uint64_t previous_ended_seq);
  void add_running(const Turn& turn, std::uint64_t committed_seq, std::uint64_t previous_ended_seq);
  Result<std::size_t> find(const std::string& id, const std::string& field) const;
  struct Found {
    const TurnPart* turn = nullptr;
    std::size_t index = 0;
  };
  std::optional<Found> find(CheckpointPlace place) const;
  void show(const TurnPart& turn,
            const Agent* agent,
            Messages& messages,
            std::vector<CheckpointView>& shown) const;
  std::string next_of(const TurnPart& turn, std::size_t index, const Agent& agent) const;
  CheckpointView view_of(const TurnPart& turn, std::size_t index, const Agent* agent) const;

  CheckpointIds ids_;
  std::vector<TurnPart> turns_;  // in the row; those on the page, once it is chosen
  std::size_t first_ = 0;        // checkpoints first_ to end_ - 1 of the row are on the page
  std::size_t end_ = 0;
  std::map<std::uint64_t, std::shared_ptr<const StepDone>> steps_;  // null: to be read
};

}  // namespace parlance::actors
