// One turn on its way through an agent's graph, from its acceptance to its end: it begins from a
// checkpoint of its thread and ends at one.
//
// A Turn decides what is written and what is asked, and does neither: step() runs nodes until one
// of them has to wait, and leaves the events to write in `unwritten` and the effect to carry out in
// the returned Effect. Its thread (thread_actor.cpp) carries both out and comes back with the
// answer. So a turn is a plain object with plain tests, and what it does after a crash, from its
// records, is what it would have done without it.
//
//   waiting --> begun --> ended
//                 |  ^
//           effect|  |answer
//                 v  |
//              pools, timers
//
// Bounds: steps by the agent's steps_max, or by the turn's option of that name where it is less;
// streamed text by answer_bytes_max.
// Threading: none of its own; the thread's actor owns it.
#pragma once

#include "actors/checkpoint.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/ports/conversations.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parlance::actors {

// What a node asked for, as the pools understand it.
struct NoEffect {};
struct AskEffect {
  std::shared_ptr<const ChatRequest> request;
};
struct FindEffect {
  std::string query;
  std::size_t passages_max = 0;
};
struct WaitEffect {
  std::chrono::milliseconds time{0};
};
using Effect = std::variant<NoEffect, AskEffect, FindEffect, WaitEffect>;

class Turn {
 public:
  // A new turn. `accepted.turn` is its number.
  Turn(TurnAccepted accepted, Deadline deadline, std::string request_id);

  // An unfinished turn that was found on disk, from its records. `deadline` is what is left of it.
  Turn(std::vector<RecordPtr> records, Deadline deadline);

  // The turn's own numbers.
  const TurnAccepted& accepted() const { return *accepted_; }
  const std::shared_ptr<const TurnAccepted>& shared_accepted() const { return accepted_; }
  std::uint64_t number() const { return accepted_->turn; }
  Deadline deadline() const { return deadline_; }
  void extend(Deadline deadline) { deadline_ = deadline; }
  const std::string& request_id() const { return request_id_; }

  const std::string& node() const { return node_; }  // the one that runs or waits
  bool begun() const { return begun_; }
  bool ended() const { return ended_; }

  // Starts from where the thread is now. Null `agent`: it is no longer configured.
  void begin(std::shared_ptr<const Agent> agent,
             const Checkpoint& from,
             std::chrono::steady_clock::time_point now);

  // Begins and ends it as a client's change of the state: no node runs. The thread stands in front
  // of `next` then; empty: of none.
  void change_state(std::shared_ptr<const Agent> agent,
                    const Checkpoint& from,
                    std::string next,
                    const Json& fields,
                    const Clock& clock);

  // Runs nodes until one waits (an Effect) or the turn has ended (NoEffect and ended()).
  Effect step(const Clock& clock);
  Effect answer(const Answer& answer, const Clock& clock);

  // A piece of the answer that is being streamed. False when the answer has become too long.
  bool said(std::string piece);

  // Moves the pieces streamed so far into delta events in `unwritten`.
  void flush_pieces();
  bool has_pieces() const { return !pieces_.empty(); }

  // Ends it from outside: cancelled, failed, out of time.
  void end(TurnOutcome outcome, std::optional<Error> error, const Clock& clock);

  // Takes the whole turn back: what is to be written then is that alone. Answers the places of its
  // records, which go with that write.
  std::vector<std::uint64_t> roll_back();
  bool rolled_back() const { return rolled_back_; }

  // Events to append, in order; the thread takes them.
  std::vector<Event> take_unwritten() { return std::exchange(unwritten_, {}); }
  bool has_unwritten() const { return !unwritten_.empty(); }

  // Tells the turn where its events went. They are shown once they are on disk.
  void written(const std::vector<RecordPtr>& records);

  // All records of the turn so far, in order of seq.
  const std::vector<RecordPtr>& records() const { return records_; }
  std::uint64_t accepted_seq() const { return accepted_seq_; }  // 0: not written yet
  std::uint64_t ended_seq() const { return ended_seq_; }        // 0: not written yet

  // The thread as the turn found it. Filled by begin(), null fields until then; see TurnStart.
  std::shared_ptr<const Messages> messages_before() const { return messages_before_; }
  std::shared_ptr<const Json> fields_before() const { return fields_before_; }

  // Fills in what only the thread knows before the end is written.
  void link_end(std::vector<Event>& events,
                std::uint64_t first_seq,
                std::uint64_t previous_ended_seq) const;

 private:
  Result<Action> first_action() const;
  Effect carry(Result<Action> action, const Clock& clock);
  bool interrupts(const char* option, const std::string& node) const;
  void pause(std::optional<Interrupt> interrupt, const Clock& clock);
  void add_deltas(const SharedText& message, std::vector<std::string> pieces);
  void step_done(std::string edge, Update update, const Clock& clock);
  void finish(const Clock& clock);
  void fail(Error error, const Clock& clock);
  void fold(const Record& record);
  // Says so when text that was shown will not become a message.
  void give_up_shown();

  std::shared_ptr<const TurnAccepted> accepted_;
  Deadline deadline_;
  std::string request_id_;

  // Set by begin().
  bool begun_ = false;
  bool ended_ = false;
  bool rolled_back_ = false;
  std::shared_ptr<const Agent> agent_;
  std::shared_ptr<Messages> messages_before_ = std::make_shared<Messages>();
  std::shared_ptr<Json> fields_before_ = std::make_shared<Json>(nullptr);
  TurnState state_;
  std::string node_;                    // the one that runs or waits
  std::optional<Interrupt> interrupt_;  // that the thread stood at, or that this turn ends with
  bool answers_ahead_ = false;          // its answer is for what its first node has still to ask
  std::optional<Error> cannot_go_on_;   // then it ends as if it had never begun
  std::chrono::steady_clock::time_point node_since_;

  // What has been streamed by the node that waits.
  bool shown_ = false;
  bool repairs_ = false;      // the call repairs an answer
  SharedText message_;        // the id of the message that is being streamed
  SharedText shown_message_;  // the last one of which text was shown, until the thread has it
  std::vector<std::string> pieces_;
  std::size_t answer_bytes_ = 0;

  Usage usage_;
  std::string model_;
  StopReason stop_reason_ = StopReason::stop;

  std::vector<Event> unwritten_;
  std::vector<RecordPtr> records_;
  std::uint64_t accepted_seq_ = 0;
  std::uint64_t ended_seq_ = 0;
};

}  // namespace parlance::actors
