// One conversation: the only owner of its state and the only writer of its journal.
//
//   loading --> awake --> gone
//                 |  ^
//                 v  |
//          erasing, copying
//
//   loading   the journal opens the thread; everything else waits in the mailbox
//   awake     runs the first of its turns, keeps the others in order, answers requests. Leaves
//             memory when the directory asks and nothing is going on. (Idle and running are one
//             phase: requests and waiting turns are taken in both.)
//   erasing   the journal deletes the thread; everything else waits
//   copying   the thread is written as the copy of another one; everything else waits
//
// A turn on an idle thread is tentative until the first pool it needs has a place for it: a refusal
// leaves nothing behind. From then on, as a turn that has to wait from the start, it is durable.
//
// A call to a model is charged (thread_money.cpp): what it may cost at most is reserved once the
// pool has a place for it, and on disk before the provider is called.
//
// The output gate: records are shown to readers, and providers are called, only when everything
// before has been committed (`committed_seq_`).
//
// A turn that took its process down attempts_max times is quarantined: it stays in front and does
// nothing until an operator releases it, or somebody cancels it or takes over from it. Its readers
// are told, new turns are refused, and the thread may leave memory.
//
// A turn may begin later than it was accepted. Until then it is in no line and keeps the thread
// from nothing, not from leaving memory either, unless somebody reads it; it counts as a turn that
// waits.
//
// A turn with an Idempotency-Key that is there already, waiting, running or ended, is shown to
// whoever asks for it again (take_repeated).
//
// Bounds: turns by the slot's gate, requests by its control gate (both tickets are taken by the
// directory before a message is sent; a turn that may be there already comes with a request's, and
// takes a turn's when it is not; so does one that takes over from others); all other messages are
// answers to something this actor asked for. Readers of a turn are bounded by the connections.
// Streamed text is batched: one batch of deltas is on its way at a time, a second one only when the
// first takes longer than delta_wait_max; while nobody follows the text, it is written with what
// its answer leads to. Threading: CAF runs one message at a time. Callbacks of
// the journal come back as messages. At most reads_max ranges of records are being read back at
// once, for turns and histories that somebody asks for, and at most estimates_max estimates wait
// for passages. Failure: an exception ends the actor; its readers are told (component_restarted),
// its turns are on disk, and the directory starts it again.
#pragma once

#include "actors/history.hpp"
#include "actors/messages.hpp"
#include "actors/money.hpp"
#include "actors/part_slot.hpp"
#include "actors/thread_copy.hpp"
#include "actors/thread_state.hpp"
#include "actors/turn.hpp"
#include "actors/webhooks.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/metrics/turn_metrics.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace parlance::actors {

struct ThreadOptions {
  std::uint32_t turns_waiting_max = 8;
  std::uint32_t attempts_max = 3;  // of a turn, crashes included; then it is quarantined
  std::chrono::milliseconds thread_ttl{std::chrono::hours(24 * 30)};  // 0: kept until deleted
  // Of a temporary thread whose turn has an Idempotency-Key: for those who ask for it again.
  std::chrono::milliseconds idempotency_ttl{std::chrono::hours(1)};
};

Error too_many_turns();
bool takes_over(Multitask multitask);

// The places that turns have among the webhooks, by turn.
using WebhookPlaces = std::map<std::uint64_t, TenantGate::Ticket>;

// What the directory and the thread share.
struct ThreadSlot {
  ThreadSlot(std::uint32_t turns_max, std::uint32_t requests_max)
      : turns(turns_max),
        requests(requests_max) {}

  AdmissionGate turns;
  AdmissionGate requests;
  std::atomic<bool> busy{false};  // written by the thread alone: it has turns
  // Of turns that stay on disk while the thread is not in memory. Touched by the thread as it
  // begins and ends, by the directory in between.
  WebhookPlaces webhook_places{};
};

// What a thread works with. Everything outlives every thread; app.cpp sees to it.
struct ThreadTools {
  const Agents& agents;
  Journal& journal;
  TurnMetrics& metrics;
  const Clock& clock;
  std::shared_ptr<PartSlot> llm_pool;
  std::shared_ptr<PartSlot> retriever_pool;
  Webhooks& webhooks;
  Money& money;
};

class ThreadActor : public caf::event_based_actor {
 public:
  static constexpr std::size_t reads_max = 64;
  static constexpr std::size_t estimates_max = 16;

  ThreadActor(caf::actor_config& config,
              ThreadKey key,
              const ThreadOptions& options,
              const ThreadTools& tools,
              std::shared_ptr<ThreadSlot> slot,
              caf::actor directory);

  const char* name() const override { return "thread"; }

 protected:
  caf::behavior make_behavior() override;  // starts in loading()
  void on_exit() override;                 // tells every reader; lets go of actor handles

 private:
  struct Reader {
    std::shared_ptr<TurnSink> sink;
    bool repeated = false;  // see TurnStart
    bool started = false;
    std::size_t shown = 0;  // records of the turn that it has
  };
  // A turn with those who wait for it.
  struct Place {
    Turn turn;
    AdmissionGate::Ticket ticket;
    std::vector<Reader> readers;
    std::vector<Conversations::Answer<void>> when_ended;
    bool recovered = false;  // found on disk, or begins later: nobody waits to be told a refusal
    std::chrono::steady_clock::time_point since;
    std::int64_t begun_ms = 0;                   // since 1970; 0: not yet, in this process
    std::uint32_t attempts = 0;                  // that processes before this one made
    bool step_is_due = false;                    // it has begun, and may ask its first node
    std::shared_ptr<WaitingDelivery> webhook{};  // null: it ends without one
  };
  // What the turn in front has asked for and not been told yet.
  struct Pending {
    std::uint64_t call = 0;
    std::uint64_t generation = 0;  // of the pool; 0: a timer
    bool is_model_call = false;
    bool admitted = false;
    bool proceeded = false;
    std::uint64_t needs_appends = 0;  // committed before it may proceed
    Effect effect;                    // to ask again
    std::optional<Charge> charge{};   // of a model call that is admitted
  };
  // A turn that somebody thinks of sending, on its way to its first call to a model.
  struct Estimating {
    Turn turn;
    Conversations::Answer<std::optional<CallEstimate>> done;
    std::uint64_t generation = 0;  // of the pool that searches for it
  };
  // Called when a write is on disk; with an error when the thread ends before that.
  using WhenDurable = std::function<void(std::optional<Error>)>;
  struct Write {
    std::uint64_t seq = 0;
    bool deltas_only = false;
    std::vector<WhenDurable> then;
  };
  // Called when a range of records has been read; with an error also when the thread ends.
  using Records = Result<std::vector<RecordPtr>>;
  using WhenRead = std::function<void(const Records&)>;
  // An ended turn that is read back, once for all the late readers that come meanwhile.
  struct Replay {
    std::uint64_t number = 0;
    std::uint64_t ended_seq = 0;
    TurnStart start;  // as the thread was when the replay began: it may be deleted meanwhile
    std::vector<RecordPtr> records;
    std::vector<Reader> readers;
  };

  caf::behavior loading();
  caf::behavior awake();
  caf::behavior erasing();
  caf::behavior copying();

  // --- loading (thread_loading.cpp)
  void opened(Result<OpenedThread>& thread);
  void restore(OpenedThread& thread);
  bool was_interrupted(const Place& place) const;
  void forget_if_expired();

  // --- turns: let in (thread_admission.cpp), then run
  void take(std::shared_ptr<TurnJob> job);
  void take(TurnJob& job, std::optional<ForkPoint> fork);
  bool take_repeated(TurnJob& job);
  const TurnAccepted* find_accepted(const RunId& run);
  bool find_place(TurnJob& job);
  void refuse(TurnJob& job, Error error);
  void take_over(TurnRequest& request, TurnAccepted& accepted) const;
  std::optional<Error> refusal_of(const TurnRequest& request, const TurnAccepted& accepted) const;
  void run_front();
  void begin(Place& place);
  void carry_out(Effect effect);
  bool ask_pool(const Effect& effect);
  void send_search(const caf::actor& pool,
                   std::uint64_t call,
                   const Turn& turn,
                   const FindEffect& find);
  void take_pieces(Said& said);
  void answered(const Answer& answer);
  void refused(Error error);
  void stop(Place& place, TurnOutcome outcome, Error error);
  void stop_late(Place& place);
  void stop_all(Multitask multitask);
  void roll_back(Place& place);
  void drop(Place& place, Error error);
  void abandon_call();
  void tell_pool_to_abandon();

  // --- writing and showing (thread_writing.cpp)
  void make_head(std::int64_t ttl_ms);
  void write(Place& place, std::vector<std::uint64_t> deleted_seqs = {});
  void count_attempts(std::uint32_t attempts);
  void forget_unfinished(const Place& place, std::uint64_t accepted_seq);
  void write_waiting();
  void write_head(WhenDurable then);
  void when_durable(WhenDurable then);
  void append(Append what,
              bool with_head,
              bool deltas_only,
              WhenDurable then,
              std::shared_ptr<WaitingDelivery> webhook = nullptr);
  void appended(const RecordsAppended& report);
  void stream_pieces();
  static bool is_followed(const Place& place);
  std::uint64_t visible_seq() const;
  void show(Place& place);
  void settle();
  bool let_go(Place& over);
  void proceed_if_durable();

  // --- charging calls (thread_money.cpp)
  void admitted(const CallAdmitted& report);
  std::optional<Error> reserve(std::shared_ptr<SharedBill> bill);
  std::optional<Error> reserve_money(Charge& charge);
  Charge worst_charge(const Turn& turn, const ChatRequest& request) const;
  std::optional<BudgetRefusal> thread_refusal(const Charge& charge) const;
  void spend(const Charge& charge, const Amount& change);
  void charge_answered(const Answered& report);
  void charge_unanswered();
  void charge_lost();
  void charge(CallCost cost);
  void write_charges();

  // --- turns that begin later (thread_delays.cpp)
  bool finds_no_place(const TurnRequest& request) const;
  void delay(std::unique_ptr<Place> place);
  void line_up(std::vector<std::unique_ptr<Place>> found);
  void enter_line(std::unique_ptr<Place> place);
  void extend(Place& place, Deadline deadline);
  Deadline deadline_at(std::int64_t unix_ms) const;
  std::int64_t unix_ms_of(Deadline deadline) const;
  void start_due();
  void watch_start();
  std::int64_t last_start_ms() const;
  bool is_awaited();
  void drop_delayed();

  // --- turns that begin from an older checkpoint (thread_forks.cpp)
  using Forked = std::function<void(Result<CheckpointView>)>;
  void find_fork(const std::string& checkpoint_id, Forked then);
  void take_fork(std::shared_ptr<TurnJob> job);
  void go_on_with_input(const Messages& input, TurnRequest& request, ForkPoint& fork) const;
  void change_fork(ChangeState change);
  std::optional<Error> refusal_of_a_full_thread(const Agent& agent) const;

  // --- quarantine (thread_quarantine.cpp)
  static Error in_quarantine();
  void quarantine(Place& place);
  void leave_quarantine(Place& place);
  void handle(ReleaseTurn& release);

  // --- webhooks (thread_webhooks.cpp)
  std::shared_ptr<WaitingDelivery> recovered_webhook(const TurnAccepted& accepted,
                                                     WebhookPlaces& kept);
  void keep_webhook_place(const Place& place);
  std::optional<Error> take_webhook(const TurnRequest& request,
                                    std::shared_ptr<WaitingDelivery>& webhook);
  std::shared_ptr<WaitingDelivery> end_webhook(Place& place, const RecordPtr& end, Append& what);

  // --- requests (thread_requests.cpp)
  static Error not_found();
  static Error was_rolled_back();
  static Error fell_behind();
  static Error key_reused();
  void take(ControlJob& job);
  void handle(JoinRun& join);
  void handle(CancelRun& cancel);
  void handle(MakeThread& make);
  void handle(ShowThread& show);
  void handle(ChangeState& change);
  bool change_repeated(ChangeState& change);
  Conversations::Answer<void> with_view(
      Conversations::Answer<std::shared_ptr<const ThreadView>> answer, bool repeated);
  void change_state(ChangeState& change, std::optional<ForkPoint> fork);
  void handle(DeleteThread& remove);
  void handle(WakeThread& wake);
  std::string agent_of_thread() const;
  void join(const RunId& run, Reader reader);
  void replay(const RunView& run, Reader reader);
  TurnStart start_of(const RunView& ended) const;
  void read_on(const Replay& replay, std::uint64_t from);
  void replayed(std::uint64_t number, const Records& records);
  static void show(Replay& replay);
  void erase(std::function<void(std::optional<Error>)> then);
  void forget();
  void clear();
  std::shared_ptr<const ThreadView> view(bool repeated = false) const;
  std::shared_ptr<const ThreadView> view_when_made(bool repeated) const;

  // --- what has to be read (thread_history.cpp)
  struct HistoryReading;
  static Error too_many_reads();
  void handle(ReadHistory& read);
  void read_on(const std::shared_ptr<HistoryReading>& reading);
  void read_records(const ThreadKey& of,
                    std::uint64_t first,
                    std::uint64_t last,
                    std::size_t records_max,
                    WhenRead then);
  void records_read(const RecordsRead& read);

  // --- estimates (thread_estimates.cpp)
  void handle(EstimateTurn& wanted);
  void estimate_on(Estimating estimating, Effect effect);
  CallEstimate call_estimate(const Turn& turn, const ChatRequest& request) const;
  void searched(Found& report);
  void close_estimates(std::optional<std::uint64_t> generation);

  // --- copies (thread_copy.cpp)
  void handle(PlanCopy& plan);
  void handle(WriteCopy& write);
  void read_original();
  void write_copied(const Records& records);
  void finish_copy();
  void give_up_copy(const Error& error);

  void update_busy();
  void leave_if_empty();
  static void close_readers(Place& place, const Error& error);
  void close_readers(const Error& error);
  void close_replays(const Error& error);
  Place* find(const RunId& run);
  const RunView* find_ended(const RunId& run) const;
  Place& front() { return *places_.front(); }
  bool is_front(const Place& place) const {
    return !places_.empty() && places_.front().get() == &place;
  }
  bool is_next(const Place& place) const;

  // Constant after construction.
  const ThreadKey key_;
  const ThreadOptions options_;
  const ThreadTools tools_;
  const std::shared_ptr<ThreadSlot> slot_;
  caf::actor directory_;

  // Set from the end of loading on.
  std::optional<Error> damaged_;  // the journal cannot give the thread; every request gets this
  bool opened_ = false;
  std::uint64_t epoch_ = 0;
  std::optional<Head> head_;  // as of the last append; none: there is no thread
  std::uint64_t seq_ = 0;     // of the last event appended
  std::uint64_t committed_seq_ = 0;
  std::uint64_t appends_ = 0;            // by this actor
  std::uint64_t committed_appends_ = 0;  // of these
  std::uint64_t calls_ = 0;              // to models, by this actor
  std::vector<Spending> spendings_;      // unwritten
  std::vector<LedgerRow> ledger_;        // unwritten
  // Unwritten webhooks, with their bodies, of alerts that the spendings bring.
  WaitingDeliveries alerts_;
  bool has_spent_ = false;   // head_->spent is unwritten
  std::uint64_t turns_ = 0;  // the highest number given to a turn
  ThreadState state_;
  std::deque<std::unique_ptr<Place>> places_;   // the line: the first one runs
  std::deque<std::unique_ptr<Place>> delayed_;  // begin later, in the order of their times
  bool quarantined_ = false;                    // the first one is
  std::optional<Pending> pending_;
  std::deque<Write> writes_;  // on their way, in order
  bool streaming_ = false;    // a batch of deltas is on its way
  std::chrono::steady_clock::time_point pieces_since_;
  std::vector<Replay> replays_;
  std::map<std::uint64_t, WhenRead> reads_;        // on their way, by number
  std::map<std::uint64_t, Estimating> estimates_;  // that search first, by call
  std::unique_ptr<Copying> copying_;               // while this thread becomes a copy
  std::function<void(std::optional<Error>)> when_erased_;
};

}  // namespace parlance::actors
