// Every message that actors send one another, on one page.
//
// A message is a struct named for what it says. Requests are verbs, reports are past participles.
// Messages stay inside this process, so none has a wire format. What cannot be copied travels in a
// shared_ptr.
#pragma once

#include "runtime/base/deadline.hpp"
#include "runtime/limits/admission_gate.hpp"
#include "runtime/limits/tenant_gate.hpp"
#include "runtime/llm/chat.hpp"
#include "runtime/money/shared_bill.hpp"
#include "runtime/ports/conversations.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/passage_index.hpp"
#include "runtime/ports/webhooks.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace parlance::actors {

struct CopyPlan;  // actors/thread_copy.hpp

// --- conversations -> directory -> thread

// A turn on its way to its thread. If it is lost on the way, its sink is told.
struct TurnJob {
  TurnJob(TurnRequest request_in, std::shared_ptr<TurnSink> sink_in)
      : request(std::move(request_in)),
        sink(std::move(sink_in)) {}
  ~TurnJob() {
    if (sink)
      sink->closed(Error{ErrorCode::component_restarted, "the turn was lost on its way", {}, {}});
  }
  TurnJob(const TurnJob&) = delete;
  TurnJob& operator=(const TurnJob&) = delete;

  // Ends the job without a turn.
  void refuse(Error error) {
    if (auto to = std::exchange(sink, nullptr)) to->closed(std::move(error));
  }

  TurnRequest request;
  std::shared_ptr<TurnSink> sink;  // null once handed over
  AdmissionGate::Ticket ticket;    // the turn's place in the thread's mailbox
};

struct RunTurn {
  std::shared_ptr<TurnJob> job;
};

// Asked of a thread by a client, answered once. Each holds a place in the thread's control lane.
struct JoinRun {
  RunId run;
  std::shared_ptr<TurnSink> sink;
};
struct CancelRun {
  RunId run;
  CancelReason reason = CancelReason::asked;
  Conversations::Answer<void> done;
};
struct MakeThread {
  CreateThread create;
  Conversations::Answer<std::shared_ptr<const ThreadView>> done;
};
struct EstimateTurn {
  TurnRequest request;
  Conversations::Answer<std::optional<CallEstimate>> done;
};
struct ShowThread {
  Conversations::Answer<std::shared_ptr<const ThreadView>> done;
};
struct ReadHistory {
  HistoryQuery query;
  Conversations::Answer<std::vector<CheckpointView>> done;
};
struct PlanCopy {  // asked of the thread that is copied…
  Conversations::Answer<std::shared_ptr<const CopyPlan>> done;
};
struct WriteCopy {  // … and then of the one that the copy becomes
  CopyThread copy;
  Result<std::shared_ptr<const CopyPlan>> plan;
  Conversations::Answer<std::shared_ptr<const ThreadView>> done;
};
struct ChangeState {
  UpdateState update;
  Conversations::Answer<std::shared_ptr<const ThreadView>> done;
};
struct DeleteThread {
  Conversations::Answer<void> done;
};
struct WakeThread {                  // has unfinished turns on disk: load, and go on with them
  Conversations::Answer<void> done;  // may be null
};

struct ReleaseTurn {  // out of quarantine
  Conversations::Answer<void> done;
};

using ThreadRequest = std::variant<JoinRun,
                                   CancelRun,
                                   MakeThread,
                                   EstimateTurn,
                                   ShowThread,
                                   ReadHistory,
                                   PlanCopy,
                                   WriteCopy,
                                   ChangeState,
                                   DeleteThread,
                                   WakeThread,
                                   ReleaseTurn>;

// One of the above on its way. A lost one answers component_restarted.
struct ControlJob {
  ControlJob(ThreadKey thread_in, ThreadRequest request_in)
      : thread(std::move(thread_in)),
        request(std::move(request_in)) {}
  ~ControlJob() {
    if (!taken)
      refuse(Error{ErrorCode::component_restarted, "the request was lost on its way", {}, {}});
  }
  ControlJob(const ControlJob&) = delete;
  ControlJob& operator=(const ControlJob&) = delete;

  void refuse(const Error& error);

  const ThreadKey thread;
  ThreadRequest request;
  bool taken = false;  // whoever sets it answers
  AdmissionGate::Ticket ticket;
};

struct AskThread {
  std::shared_ptr<ControlJob> job;
};

// What the directories know, gathered. Whoever lets go of it last answers, so that a directory that
// is lost delays nobody.
struct QuarantineList {
  explicit QuarantineList(Conversations::Answer<std::vector<QuarantinedTurn>> done_in)
      : done(std::move(done_in)) {}
  ~QuarantineList() { done(std::move(turns)); }
  QuarantineList(const QuarantineList&) = delete;
  QuarantineList& operator=(const QuarantineList&) = delete;

  std::mutex mutex;
  std::vector<QuarantinedTurn> turns;  // guarded by mutex
  const Conversations::Answer<std::vector<QuarantinedTurn>> done;
};

struct ListQuarantined {
  std::shared_ptr<QuarantineList> list;
};

// --- thread <-> directory

struct AskToLeave {  // the thread has nothing to keep it in memory
  ThreadKey thread;
};
struct Leave {};  // the directory asks an idle thread to leave; it quits, or answers
struct Stays {
  ThreadKey thread;
};
struct TurnQuarantined {
  QuarantinedTurn turn;
  std::int64_t expires_ms = 0;  // when it goes with its thread, since 1970; 0: never
};
struct QuarantineLeft {
  ThreadKey thread;
};
struct WatchDeadline {
  ThreadKey thread;
  std::uint64_t turn = 0;
  Deadline deadline;
};
struct UnwatchDeadline {
  ThreadKey thread;
  std::uint64_t turn = 0;
};
struct DeadlinePassed {
  std::uint64_t turn = 0;
};
// The thread has turns that begin later, the first of them at starts_ms (since 1970; 0: none any
// more). The directory wakes it then, also when it has left memory.
struct WatchStart {
  ThreadKey thread;
  std::int64_t starts_ms = 0;
};

// --- journal -> thread

struct ThreadOpened {
  std::shared_ptr<Result<OpenedThread>> opened;
};
struct RecordsAppended {
  AppendOutcome outcome = AppendOutcome::failed;
  std::uint64_t seq = 0;  // of the last of them
};
struct ThreadErased {
  std::optional<Error> error;
};
struct RecordsRead {
  std::uint64_t number = 0;  // of the reading, chosen by the thread
  std::shared_ptr<Result<std::vector<RecordPtr>>> records;
};

// --- thread <-> pools. `call` is unique in the process, chosen by the asker

std::uint64_t next_call();

struct Ask {
  std::uint64_t call = 0;
  std::shared_ptr<const ChatRequest> request;
  Deadline deadline;
  std::string tenant;
  std::string request_id;
  caf::actor asker;
  std::string caller_key{};  // the id of the key that asks; empty: not known
  RunId run{};               // that asks; empty: none
};
struct Find {
  std::uint64_t call = 0;
  PassageQuery query;
  Deadline deadline;
  caf::actor asker;
};
struct CallAdmitted {  // a place is taken for the call
  std::uint64_t call = 0;
  std::shared_ptr<SharedBill> bill{};  // of a call to a model that is made
};
struct Proceed {  // all that the call depends on is on disk
  std::uint64_t call = 0;
};
struct Abandon {  // nobody wants the answer any more
  std::uint64_t call = 0;
};
struct Said {
  std::uint64_t call = 0;
  std::vector<std::string> pieces;
  bool are_last = false;  // Answered follows at once
};
struct Answered {
  std::uint64_t call = 0;
  std::shared_ptr<Result<ChatAnswer>> answer;
  // Of the lane that was tried last; empty when none was.
  std::string provider{};
  std::string model{};
  bool is_paid_for = false;  // by another asker of the same call, or when it was made before
};
struct Found {
  std::uint64_t call = 0;
  std::shared_ptr<Result<Passages>> passages;
};

// --- provider -> pool, index -> pool

struct CallEnded {
  std::uint64_t call = 0;
  bool said_something = false;
  std::shared_ptr<Result<ChatAnswer>> answer;
  Usage told{};  // of a call that failed
};
struct SearchEnded {
  std::uint64_t call = 0;
  std::shared_ptr<Result<Passages>> passages;
};

// --- thread -> itself

struct WaitOver {
  std::uint64_t call = 0;
};

// --- webhooks

struct WaitingDelivery {
  Delivery delivery;          // without its body
  TenantGate::Ticket ticket;  // its place among those that wait
};
struct DeliveryWaits {  // it is on disk
  std::shared_ptr<WaitingDelivery> waiting;
};
struct DeliveriesListed {
  std::shared_ptr<Result<std::vector<Delivery>>> deliveries;
};
struct DeliveryRead {
  std::uint64_t attempt = 0;
  std::shared_ptr<Result<std::optional<Delivery>>> delivery;
};
struct DeliveryAnswered {
  std::uint64_t attempt = 0;
  WebhookAnswer answer;
};

// --- recovery

struct UnfinishedListed {
  std::shared_ptr<Result<std::vector<ThreadKey>>> threads;
};
struct ThreadWoken {
  ThreadKey thread;
  std::optional<Error> error;
};
struct WakeAgain {
  ThreadKey thread;
};

// --- supervision and lifecycle

struct PartDown {  // told to directories and threads when a pool has died
  std::uint64_t generation = 0;
};
struct ServiceDied {
  std::string reason;
};
struct Restart {
  std::size_t child = 0;
};
struct Tick {};
struct Drain {
  Deadline deadline;
};
struct Drained {};
struct CloseStreams {};
struct FrontDrained {};

}  // namespace parlance::actors

#define PARLANCE_MESSAGE(name) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parlance::actors::name)
PARLANCE_MESSAGE(RunTurn)
PARLANCE_MESSAGE(AskThread)
PARLANCE_MESSAGE(ListQuarantined)
PARLANCE_MESSAGE(AskToLeave)
PARLANCE_MESSAGE(Leave)
PARLANCE_MESSAGE(Stays)
PARLANCE_MESSAGE(TurnQuarantined)
PARLANCE_MESSAGE(QuarantineLeft)
PARLANCE_MESSAGE(WatchDeadline)
PARLANCE_MESSAGE(UnwatchDeadline)
PARLANCE_MESSAGE(DeadlinePassed)
PARLANCE_MESSAGE(WatchStart)
PARLANCE_MESSAGE(ThreadOpened)
PARLANCE_MESSAGE(RecordsAppended)
PARLANCE_MESSAGE(ThreadErased)
PARLANCE_MESSAGE(RecordsRead)
PARLANCE_MESSAGE(Ask)
PARLANCE_MESSAGE(Find)
PARLANCE_MESSAGE(CallAdmitted)
PARLANCE_MESSAGE(Proceed)
PARLANCE_MESSAGE(Abandon)
PARLANCE_MESSAGE(Said)
PARLANCE_MESSAGE(Answered)
PARLANCE_MESSAGE(Found)
PARLANCE_MESSAGE(CallEnded)
PARLANCE_MESSAGE(SearchEnded)
PARLANCE_MESSAGE(WaitOver)
PARLANCE_MESSAGE(DeliveryWaits)
PARLANCE_MESSAGE(DeliveriesListed)
PARLANCE_MESSAGE(DeliveryRead)
PARLANCE_MESSAGE(DeliveryAnswered)
PARLANCE_MESSAGE(UnfinishedListed)
PARLANCE_MESSAGE(ThreadWoken)
PARLANCE_MESSAGE(WakeAgain)
PARLANCE_MESSAGE(PartDown)
PARLANCE_MESSAGE(ServiceDied)
PARLANCE_MESSAGE(Restart)
PARLANCE_MESSAGE(Tick)
PARLANCE_MESSAGE(Drain)
PARLANCE_MESSAGE(Drained)
PARLANCE_MESSAGE(CloseStreams)
PARLANCE_MESSAGE(FrontDrained)
#undef PARLANCE_MESSAGE
