// The door from the network to the conversations behind it.
//
// net/ calls it, actors/ stands behind it (actors/actor_conversations.hpp); neither knows the
// other.
#pragma once

#include "runtime/base/deadline.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/ports/history.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parlance {

enum class IfMissing : std::uint8_t { create, reject };
// What becomes of a turn on a thread that has others: it is refused, waits for them, or takes their
// place: they are cancelled (what they did stays), or rolled back (nothing of them stays).
enum class Multitask : std::uint8_t { reject, enqueue, interrupt, rollback };

struct TurnRequest {
  ThreadKey thread;
  RunId run;  // chosen by the adapter, unique; with an Idempotency-Key, named after it
  std::string agent;
  std::string model_override;
  Messages input;                    // the new ones
  std::optional<Command> command{};  // none: the turn starts anew with its input
  std::string checkpoint_id{};       // that it begins from; empty: where the thread stands then
  IfMissing if_missing = IfMissing::create;
  Multitask multitask = Multitask::enqueue;
  bool temporary = false;  // the thread is deleted when the turn has ended
  Deadline deadline;
  Json options = Json::object();  // see TurnAccepted
  // Not empty: the turn may have been asked for before. Then it is shown instead of made again, if
  // that request had the same digest (else idempotency_key_reused).
  std::string request_digest{};
  std::string request_id;
  // How long after its acceptance it begins. Its deadline is as of a turn that begins at once, and
  // is moved by as much. Until then it is not in its thread's line.
  std::chrono::milliseconds start_delay{0};
  std::string caller_key{};  // see TurnAccepted
  std::string user{};
};

enum class RunStatus : std::uint8_t { pending, running, success, error, timeout, interrupted };
std::string_view to_string(RunStatus status);

// One turn, as clients see it.
struct RunView {
  RunId run;
  std::uint64_t turn = 0;
  std::string agent;
  RunStatus status = RunStatus::pending;
  bool begun = false;  // its input is part of the conversation from then on
  std::uint64_t accepted_seq = 0;
  std::uint64_t ended_seq = 0;  // 0: not yet
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::shared_ptr<const TurnAccepted> accepted;
  std::shared_ptr<const TurnEnded> ended;  // null: not yet
};

// A thread as it is on disk at one moment.
struct ThreadView {
  ThreadKey thread;
  std::uint64_t incarnation = 0;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::string agent;
  Json metadata;
  bool busy = false;
  Messages messages;
  Json fields;
  std::vector<RunView> runs;  // as they were accepted; those that began, as they ran
  bool repeated = false;      // shown to one whose request had been done before
};

// The state that a turn started from: what a stream of its records has to know to show them.
struct TurnStart {
  ThreadKey thread;
  RunId run;
  std::uint64_t turn = 0;
  std::uint64_t accepted_seq = 0;
  std::uint32_t position = 0;  // turns before it when it was accepted
  // The thread before the turn's own input. A waiting turn does not know it yet: both may be read
  // once records() has been called, and never change after that. Of a turn that ended before it
  // began, `fields` is null.
  std::shared_ptr<const Messages> messages;
  std::shared_ptr<const Json> fields;
  std::shared_ptr<const TurnAccepted> accepted;
  bool repeated = false;  // this reader asked for a turn that had been asked for before
};

// Where a turn goes. started() at most once, then records() any number of times, then closed()
// exactly once. Whatever is shown here is on disk.
//
// Threading: called from any thread, by one caller at a time. Must not block.
class TurnSink {
 public:
  virtual ~TurnSink() = default;

  // The turn has been accepted, durably. Never called for a turn that was refused.
  virtual void started(const TurnStart& start) = 0;

  // Records of this turn alone, each once, in order of seq, from turn_accepted on. False once the
  // reader has gone or fell too far behind: it gets no more, and closed() is still called. With
  // none, it only asks whether the reader is there.
  virtual bool records(std::span<const RecordPtr> records) = 0;

  // Whether it shows text while it is being said. A turn that nobody follows so writes its text
  // once, with what the answer leads to. Does not change.
  virtual bool follows_text() const { return true; }

  // Without an error: the record that ended the turn was the last one shown. With one: the turn was
  // refused (nothing was started), or this stream ends before its turn does (draining,
  // component_restarted) and can be resumed.
  virtual void closed(std::optional<Error> error) = 0;
};

// What the first call to a model that a turn makes would be reserved with.
struct CallEstimate {
  std::string node;  // that makes the call
  std::string role;  // of the models that it asks
  std::string model_override;
  std::string provider;  // of the dearest lane that may come to make it
  std::string model;
  Usage usage;  // the tokens of its prompt, and the longest answer
  Amount amount;
  std::string price_version;
  std::optional<BudgetRefusal> refusal;  // none: the budgets have room for it
};

struct CreateThread {
  ThreadKey thread;
  Json metadata = Json::object();
  std::optional<std::int64_t> ttl_ms;  // none: the server's default
  bool existing_ok = false;
  std::string request_digest{};  // as in TurnRequest: the thread is shown as it was made
};

// A new thread with all turns of another one that have ended, each under a run of its own.
struct CopyThread {
  ThreadKey from;
  ThreadKey to;                  // of the same tenant
  std::string request_digest{};  // as in TurnRequest: the thread is shown as it was made
};

// What a client changes of a thread's state itself, between turns.
struct UpdateState {
  ThreadKey thread;
  RunId run;          // names the change, as a turn; with an Idempotency-Key, named after it
  Messages messages;  // merged by id
  Json fields = Json::object();
  // In whose place it is done: the thread stands behind this node then. "__start__": in front of
  // the first one. Empty: the thread stands where it stood.
  std::string as_node;
  std::string checkpoint_id{};   // that is changed; empty: where the thread stands
  std::string request_digest{};  // as in TurnRequest
};

enum class CancelReason : std::uint8_t { asked, rollback, client_left };

// A turn that took its process down as often as it may. It, and its thread, wait for an operator.
struct QuarantinedTurn {
  ThreadKey thread;
  RunId run;
  std::string agent;
  std::int64_t accepted_ms = 0;  // since 1970

  bool operator==(const QuarantinedTurn&) const = default;
};

// run_not_found, of a thread, or of what is not even the name of one.
Error not_in_quarantine();

// Threading: every call may come from any thread and returns at once. Callbacks run once, on any
// thread, and must not block.
//
// Bounds: turns are admitted by a gate per thread and refused with a typed error; other calls are
// bounded by the number of connections, each of which waits for its answer.
class Conversations {
 public:
  template <class T>
  using Answer = std::function<void(Result<T>)>;

  virtual ~Conversations() = default;

  // The outcome, refusals included, reaches `sink` and nobody else. A turn that was asked for
  // before is joined, as by join(). checkpoint_not_found; thread_busy for a checkpoint of a turn
  // that has not ended.
  virtual void start_turn(TurnRequest request, std::shared_ptr<TurnSink> sink) = 0;

  // Answers with the first call to a model that the turn would make if it began now; none: it makes
  // none. Nothing is written, spent or taken a place for, but what the nodes before the call search
  // for is searched. The error: the turn would fail with it before its first call.
  virtual void estimate(TurnRequest request, Answer<std::optional<CallEstimate>> done) = 0;

  // Shows a turn from its start, whether it runs or has ended. Errors by way of closed().
  virtual void join(const ThreadKey& thread, const RunId& run, std::shared_ptr<TurnSink> sink) = 0;

  // Answers when the turn has ended and that is on disk. run_not_found; ok for one that has ended.
  // By a rollback, nothing of the turn stays; invalid_value for one that has ended.
  virtual void cancel(const ThreadKey& thread,
                      const RunId& run,
                      CancelReason reason,
                      Answer<void> done) = 0;

  virtual void create_thread(CreateThread create,
                             Answer<std::shared_ptr<const ThreadView>> done) = 0;
  virtual void view(const ThreadKey& thread, Answer<std::shared_ptr<const ThreadView>> done) = 0;

  // Checkpoints of the thread, newest first. checkpoint_not_found: the query names one that it does
  // not have.
  virtual void history(const ThreadKey& thread,
                       HistoryQuery query,
                       Answer<std::vector<CheckpointView>> done) = 0;

  // Answers when the whole copy is on disk; until then nobody sees any of it. A turn that waits or
  // runs meanwhile is not copied. thread_not_found; thread_exists.
  virtual void copy_thread(CopyThread copy, Answer<std::shared_ptr<const ThreadView>> done) = 0;

  // Answers with the thread as the change left it: its run has `update.run`. thread_busy while a
  // turn runs; invalid_value for fields that the agent does not declare, and for a node that the
  // thread cannot stand behind.
  virtual void update_state(UpdateState update, Answer<std::shared_ptr<const ThreadView>> done) = 0;

  // thread_busy while a turn runs.
  virtual void delete_thread(const ThreadKey& thread, Answer<void> done) = 0;

  // Those of all tenants, in no order.
  virtual void quarantined(Answer<std::vector<QuarantinedTurn>> done) = 0;

  // The thread's quarantined turn is tried again, as often as a new one. Answers when that is on
  // disk. not_in_quarantine(): none is there.
  virtual void release_quarantined(const ThreadKey& thread, Answer<void> done) = 0;
};

}  // namespace parlance
