#include "actors/thread_actor.hpp"

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

namespace parlance::actors {
namespace {

constexpr std::chrono::milliseconds delta_wait_max{10};

std::uint64_t next_call() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

Error not_found() {
  return {ErrorCode::thread_not_found, "there is no such thread", {}, {}};
}

// Milliseconds since 1970 in the upper 44 bits: incarnations sort by time and never repeat.
std::uint64_t new_incarnation(std::int64_t unix_ms) {
  thread_local std::minstd_rand random(std::random_device{}());
  return (static_cast<std::uint64_t>(unix_ms) << 20U) | (random() & 0xFFFFFU);
}

}  // namespace

ThreadActor::ThreadActor(caf::actor_config& config,
                         ThreadKey key,
                         const ThreadOptions& options,
                         const ThreadTools& tools,
                         std::shared_ptr<ThreadSlot> slot,
                         caf::actor directory)
    : caf::event_based_actor(config),
      key_(std::move(key)),
      options_(options),
      tools_(tools),
      slot_(std::move(slot)),
      directory_(std::move(directory)) {
  set_default_handler(caf::skip);  // what a phase does not list waits for a later one
}

caf::behavior ThreadActor::make_behavior() {
  tools_.journal.open(
      key_, [self = caf::actor_cast<caf::actor>(this)](Result<OpenedThread> thread) {
        caf::anon_send(self,
                       ThreadOpened{std::make_shared<Result<OpenedThread>>(std::move(thread))});
      });
  return loading();
}

void ThreadActor::on_exit() {
  if (pending_ && pending_->generation != 0) {
    const auto& slot = pending_->is_model_call ? tools_.llm_pool : tools_.retriever_pool;
    if (const auto pool = slot->part().actor) caf::anon_send(pool, Abandon{pending_->call});
  }
  close_readers({ErrorCode::component_restarted, "the thread was restarted", {}, {}});
  for (auto& place : places_) {
    for (auto& answer : place->when_ended)
      answer(Error{ErrorCode::component_restarted, "the thread was restarted", {}, {}});
    tools_.metrics.turn_left();
  }
  places_.clear();
  if (when_erased_)
    when_erased_(Error{ErrorCode::component_restarted, "the thread was restarted", {}, {}});
  when_erased_ = nullptr;
  if (opened_) tools_.journal.release(key_, epoch_);
  directory_ = nullptr;
}

// --- phases
// ---------------------------------------------------------------------------------------

caf::behavior ThreadActor::loading() {
  return {
      [this](ThreadOpened& thread) {
        opened(*thread.opened);
        become(awake());
        run_front();
        update_busy();
      },
  };
}

caf::behavior ThreadActor::awake() {
  return {
      [this](RunTurn& run) {
        take(*run.job);
        update_busy();
      },
      [this](RecordsAppended report) {
        appended(report);
        update_busy();
      },
      [this](Said& said) {
        if (!pending_ || pending_->call != said.call) return;
        if (front().turn.said(std::move(said.piece))) return stream_pieces();
        stop(front(),
             TurnOutcome::failed,
             {ErrorCode::answer_too_long, "the answer is too long", {}, {}});
      },
      [this](Answered& report) {
        if (!pending_ || pending_->call != report.call) return;
        if (!*report.answer) return refused(report.answer->error());
        answered(Generated{std::move(**report.answer), {}});
      },
      [this](Found& report) {
        if (!pending_ || pending_->call != report.call) return;
        if (!*report.passages) return refused(report.passages->error());
        answered(Passages{std::move(**report.passages)});
      },
      [this](CallAdmitted report) {
        if (!pending_ || pending_->call != report.call) return;
        pending_->admitted = true;
        write(front());
        write_waiting();
        pending_->needs_seq = seq_;
        proceed_if_durable();
      },
      [this](WaitOver over) {
        if (!pending_ || pending_->call != over.call) return;
        if (std::holds_alternative<WaitEffect>(pending_->effect)) return answered(Waited{});
        carry_out(std::exchange(pending_, std::nullopt)->effect);  // asks a pool again
      },
      [this](PartDown down) {
        if (!pending_ || pending_->generation != down.generation) return;
        refused({ErrorCode::component_restarted, "a pool was restarted", {}, {}});
      },
      [this](DeadlinePassed passed) {
        const auto place = std::find_if(places_.begin(), places_.end(), [&](const auto& each) {
          return each->turn.number() == passed.turn;
        });
        if (place == places_.end()) return;
        stop(**place,
             TurnOutcome::failed,
             {ErrorCode::deadline_passed, "the turn ran out of time", {}, {}});
        update_busy();
      },
      [this](AskThread& asked) {
        take(*asked.job);
        update_busy();
      },
      [this](ReplayRead& read) { replayed(read); },
      [this](CloseStreams) {
        close_readers({ErrorCode::draining,
                       "the server is shutting down; the turn goes on after its restart",
                       {},
                       {}});
      },
      [this](Leave) {
        if (places_.empty() && replays_.empty() && writes_.empty()) return quit();
        send(directory_, Stays{key_});
      },
  };
}

caf::behavior ThreadActor::erasing() {
  return {
      [this](const ThreadErased& erased) {
        if (!erased.error) {
          head_.reset();
          state_ = {};
          seq_ = committed_seq_ = turns_ = 0;
        }
        become(awake());
        if (auto then = std::exchange(when_erased_, nullptr)) then(erased.error);
        update_busy();
        leave_if_empty();
      },
  };
}

// --- loading
// --------------------------------------------------------------------------------------

void ThreadActor::opened(Result<OpenedThread>& thread) {
  if (thread) return restore(*thread);
  damaged_ = thread.error();
  log_error("thread_not_opened",
            {{"tenant", key_.tenant.value},
             {"thread", key_.thread.value},
             {"code", to_string(damaged_->code)},
             {"detail", damaged_->detail}});
}

void ThreadActor::restore(OpenedThread& thread) {
  opened_ = true;
  epoch_ = thread.epoch;
  head_ = std::move(thread.head);
  seq_ = committed_seq_ = thread.seq;
  if (!head_) return;
  turns_ = head_->turns;
  std::map<std::uint64_t, std::vector<RecordPtr>> unfinished;  // by turn
  std::map<std::uint64_t, std::vector<RecordPtr>> ended;       // by the place of its end
  for (auto& record : thread.records)
    unfinished[turn_of(record->event)].push_back(record);
  for (auto turn = unfinished.begin(); turn != unfinished.end();) {
    if (std::holds_alternative<TurnEnded>(turn->second.back()->event)) {
      const std::uint64_t seq = turn->second.back()->seq;
      ended[seq] = std::move(turn->second);
      turn = unfinished.erase(turn);
    } else {
      ++turn;
    }
  }
  for (const auto& [seq, records] : ended)
    state_.add_ended_turn(records);
  for (auto& [number, records] : unfinished) {
    if (!std::holds_alternative<TurnAccepted>(records.front()->event)) continue;
    const auto& accepted = std::get<TurnAccepted>(records.front()->event);
    const auto left = std::max<std::int64_t>(0, accepted.deadline_ms - tools_.clock.unix_ms());
    const auto deadline = Deadline::at(tools_.clock.now() + std::chrono::milliseconds(left));
    auto place = std::make_unique<Place>(
        Place{Turn(std::move(records), deadline), {}, {}, {}, true, tools_.clock.now()});
    send(directory_, WatchDeadline{key_, place->turn.number(), deadline});
    places_.push_back(std::move(place));
    tools_.metrics.turn_inside();
    tools_.metrics.turn_recovered();
    log_info("turn_recovered",
             {{"tenant", key_.tenant.value},
              {"thread", key_.thread.value},
              {"turn", number},
              {"attempts", head_->attempts}});
  }
}

// What has expired is gone, also for a thread that is still in memory.
void ThreadActor::forget_if_expired() {
  if (!head_ || head_->expires_ms == 0 || !places_.empty() ||
      tools_.clock.unix_ms() < head_->expires_ms)
    return;
  head_.reset();
  state_ = {};
  seq_ = committed_seq_ = turns_ = 0;
}

// --- turns
// ----------------------------------------------------------------------------------------

void ThreadActor::take(TurnJob& job) {
  forget_if_expired();
  if (auto error = refusal_of(job.request)) {
    tools_.metrics.turn_refused(error->code);
    job.refuse(std::move(*error));
    return leave_if_empty();
  }
  TurnRequest& request = job.request;
  const auto now = tools_.clock.now();
  TurnAccepted accepted;
  accepted.turn = ++turns_;
  accepted.run = std::move(request.run);
  accepted.agent = std::move(request.agent);
  accepted.model_override = std::move(request.model_override);
  accepted.input = std::move(request.input);
  accepted.accepted_ms = tools_.clock.unix_ms();
  accepted.deadline_ms =
      accepted.accepted_ms +
      std::chrono::duration_cast<std::chrono::milliseconds>(request.deadline.left(now)).count();
  accepted.temporary = request.temporary;
  accepted.options = std::move(request.options);
  auto place = std::make_unique<Place>(
      Place{Turn(std::move(accepted), request.deadline, std::move(request.request_id)),
            std::move(job.ticket),
            {},
            {},
            false,
            now});
  place->readers.push_back({std::exchange(job.sink, nullptr)});
  tools_.metrics.turn_inside();
  places_.push_back(std::move(place));
  if (places_.size() == 1) return run_front();
  send(directory_, WatchDeadline{key_, turns_, places_.back()->turn.deadline()});
  write_waiting();
}

std::optional<Error> ThreadActor::refusal_of(const TurnRequest& request) const {
  if (damaged_) return damaged_;
  if (!head_ && request.if_missing == IfMissing::reject) return not_found();
  if (request.multitask == Multitask::reject && !places_.empty()) {
    return Error{ErrorCode::thread_busy, "the thread is already running a turn", {}, {}};
  }
  const auto agent = tools_.agents.find(request.agent);
  if (agent == tools_.agents.end())
    return Error{ErrorCode::agent_not_found, "there is no such agent", {}, {}};
  const std::size_t messages = state_.messages->size() + request.input.size();
  if (messages >= agent->second->limits().messages_max) {
    return Error{ErrorCode::thread_full,
                 "the thread holds " + std::to_string(state_.messages->size()) + " messages",
                 {},
                 {}};
  }
  return std::nullopt;
}

void ThreadActor::run_front() {
  if (places_.empty() || front().turn.begun()) return;
  Place& place = front();
  const auto agent = tools_.agents.find(place.turn.accepted().agent);
  std::uint32_t attempt = 1;
  if (place.recovered) attempt = ++head_->attempts;
  place.turn.begin(agent == tools_.agents.end() ? nullptr : agent->second,
                   *state_.messages,
                   *state_.fields,
                   attempt,
                   tools_.clock.now());
  if (place.recovered) {
    if (attempt > options_.attempts_max) {
      return stop(place,
                  TurnOutcome::failed,
                  {ErrorCode::quarantined, "the turn ended its process several times", {}, {}});
    }
    if (place.turn.deadline().passed(tools_.clock.now())) {
      return stop(place,
                  TurnOutcome::failed,
                  {ErrorCode::deadline_passed, "the turn ran out of time", {}, {}});
    }
    // Attempts are written before they are made.
    write(place);
    write_head(nullptr);
  }
  show(place);
  carry_out(place.turn.step(tools_.clock));
}

void ThreadActor::carry_out(Effect effect) {
  Place& place = front();
  if (place.turn.ended()) {
    write(place);
    return write_waiting();
  }
  const bool tentative = place.turn.accepted_seq() == 0;
  if (tentative) send(directory_, WatchDeadline{key_, place.turn.number(), place.turn.deadline()});
  pending_ = Pending{next_call(), 0, false, false, false, 0, effect};
  const auto self = caf::actor_cast<caf::actor>(this);
  if (const auto* wait = std::get_if<WaitEffect>(&effect)) {
    write(place);
    write_waiting();
    delayed_send(this, wait->time, WaitOver{pending_->call});
    return;
  }
  pending_->is_model_call = std::holds_alternative<AskEffect>(effect);
  const auto pool = (pending_->is_model_call ? tools_.llm_pool : tools_.retriever_pool)->part();
  pending_->generation = pool.generation;
  if (!pool.actor)
    return refused({ErrorCode::component_restarted, "a pool is being restarted", {}, {}});
  if (const auto* ask = std::get_if<AskEffect>(&effect)) {
    anon_send(pool.actor,
              Ask{pending_->call,
                  ask->request,
                  place.turn.deadline(),
                  key_.tenant.value,
                  place.turn.request_id(),
                  self});
  } else if (const auto* find = std::get_if<FindEffect>(&effect)) {
    anon_send(pool.actor,
              Find{pending_->call,
                   {place.turn.accepted().agent, find->query, find->passages_max},
                   place.turn.deadline(),
                   self});
  }
  if (!tentative) write(place);
}

void ThreadActor::answered(const Answer& answer) {
  pending_.reset();
  carry_out(front().turn.answer(answer, tools_.clock));
  update_busy();
}

// A pool refused or failed the call of the turn in front.
void ThreadActor::refused(Error error) {
  Place& place = front();
  if (place.turn.accepted_seq() == 0) return drop_front(std::move(error));
  const bool never_began = !pending_->admitted && kind_of(error.code).retry_helps;
  if (place.recovered && never_began) {  // nobody is told to come again, so the turn does
    constexpr std::chrono::milliseconds wait_max{1'000};
    pending_->generation = 0;
    delayed_send(this, wait_max, WaitOver{pending_->call});
    return;
  }
  answered(error);
}

// Ends a turn from outside.
void ThreadActor::stop(Place& place, TurnOutcome outcome, Error error) {
  if (place.turn.ended()) return;
  const bool is_front = &place == &front();
  if (is_front && pending_) {
    const auto& slot = pending_->is_model_call ? tools_.llm_pool : tools_.retriever_pool;
    const auto pool = slot->part();
    if (pool.actor && pool.generation == pending_->generation)
      anon_send(pool.actor, Abandon{pending_->call});
    pending_.reset();
  }
  if (place.turn.accepted_seq() == 0) {
    if (is_front) return drop_front(std::move(error));
    write_waiting();
  }
  place.turn.end(outcome, std::move(error), tools_.clock);
  write(place);
}

// The turn in front never began: nothing of it is on disk.
void ThreadActor::drop_front(Error error) {
  pending_.reset();
  const auto place = std::move(places_.front());
  places_.pop_front();
  tools_.metrics.turn_refused(error.code);
  tools_.metrics.turn_left();
  send(directory_, UnwatchDeadline{key_, place->turn.number()});
  for (auto& answer : place->when_ended)
    answer({});
  for (auto& reader : place->readers)
    reader.sink->closed(error);
  update_busy();
  if (!places_.empty()) return run_front();
  leave_if_empty();
}

// --- writing and showing
// --------------------------------------------------------------------------

void ThreadActor::write(Place& place) {
  if (!place.turn.has_unwritten()) return;
  auto events = place.turn.take_unwritten();
  if (!head_) {
    head_ = Head{};
    head_->created_ms = tools_.clock.unix_ms();
    head_->incarnation = new_incarnation(head_->created_ms);
    head_->ttl_ms = options_.thread_ttl.count();
  }
  place.turn.link_end(events, seq_ + 1, head_->last_ended_seq);
  std::vector<RecordPtr> records;
  records.reserve(events.size());
  bool with_head = false;
  bool deltas_only = true;
  for (auto& event : events) {
    const std::uint64_t seq = seq_ + 1 + records.size();
    if (const auto* accepted = std::get_if<TurnAccepted>(&event)) {
      with_head = true;
      head_->turns = std::max(head_->turns, accepted->turn);
      head_->agent = accepted->agent;
      if (head_->unfinished_seqs.empty()) head_->attempts = 1;
      head_->unfinished_seqs.push_back(seq);
      tools_.metrics.turn_accepted();
    } else if (std::holds_alternative<StepDone>(event)) {
      tools_.metrics.step_done();
    } else if (const auto* ended = std::get_if<TurnEnded>(&event)) {
      with_head = true;
      head_->last_ended_seq = seq;
      if (!head_->unfinished_seqs.empty() && head_->unfinished_seqs.front() == ended->accepted_seq)
        head_->attempts = 1;
      std::erase(head_->unfinished_seqs, ended->accepted_seq);
      if (head_->unfinished_seqs.empty()) head_->attempts = 0;
      tools_.metrics.turn_ended(
          ended->outcome,
          std::chrono::milliseconds(ended->ended_ms - place.turn.accepted().accepted_ms));
    } else if (const auto* delta = std::get_if<Delta>(&event)) {
      tools_.metrics.pieces_shown(delta->pieces.size());
    }
    deltas_only = deltas_only && std::holds_alternative<Delta>(event);
    records.push_back(std::make_shared<const Record>(Record{seq, std::move(event)}));
  }
  place.turn.written(records);
  append(std::move(records), with_head, deltas_only, nullptr);
}

// Turns that wait become durable once the one in front has.
void ThreadActor::write_waiting() {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i]->turn.accepted_seq() != 0) continue;
    if (i == 0) return;
    write(*places_[i]);
  }
}

void ThreadActor::write_head(std::function<void()> then) {
  append({}, /*with_head=*/true, /*deltas_only=*/false, std::move(then));
}

void ThreadActor::append(std::vector<RecordPtr> records,
                         bool with_head,
                         bool deltas_only,
                         std::function<void()> then) {
  Append what{key_, epoch_, seq_, std::move(records), std::nullopt};
  seq_ += what.records.size();
  if (with_head) {
    head_->updated_ms = tools_.clock.unix_ms();
    head_->expires_ms = head_->ttl_ms == 0 ? 0 : head_->updated_ms + head_->ttl_ms;
    head_->epoch = epoch_;
    head_->seq = seq_;
    what.head = head_;
  }
  writes_.push_back({seq_, deltas_only, std::move(then)});
  streaming_ = streaming_ || deltas_only;
  tools_.journal.append(
      std::move(what),
      [self = caf::actor_cast<caf::actor>(this), seq = seq_](AppendOutcome outcome) {
        caf::anon_send(self, RecordsAppended{outcome, seq});
      });
}

void ThreadActor::appended(const RecordsAppended& report) {
  if (report.outcome != AppendOutcome::committed) {
    const bool fenced = report.outcome == AppendOutcome::fenced;
    close_readers({fenced ? ErrorCode::not_owner : ErrorCode::storage_failed,
                   fenced ? "another owner has the thread" : "the journal cannot be written",
                   {},
                   {}});
    return quit(caf::exit_reason::user_shutdown);
  }
  Write written = std::move(writes_.front());
  writes_.pop_front();
  committed_seq_ = written.seq;
  if (written.deltas_only) {
    streaming_ = std::any_of(
        writes_.begin(), writes_.end(), [](const Write& write) { return write.deltas_only; });
  }
  if (written.then) written.then();
  for (auto& place : places_)
    show(*place);
  settle();
  proceed_if_durable();
  stream_pieces();
}

// A batch is what arrived while the last one was being written.
void ThreadActor::stream_pieces() {
  if (places_.empty() || !front().turn.has_pieces()) return;
  const auto now = tools_.clock.now();
  if (pieces_since_ == std::chrono::steady_clock::time_point{}) pieces_since_ = now;
  if (streaming_ && now - pieces_since_ < delta_wait_max) return;
  pieces_since_ = {};
  front().turn.flush_pieces();
  write(front());
}

// Shows a turn's readers what is on disk and they do not have yet.
void ThreadActor::show(Place& place) {
  const Turn& turn = place.turn;
  if (turn.accepted_seq() == 0 || turn.accepted_seq() > committed_seq_ || place.readers.empty())
    return;
  const auto& records = turn.records();
  std::size_t durable = records.size();
  while (durable > 0 && records[durable - 1]->seq > committed_seq_)
    --durable;
  const auto position = static_cast<std::uint32_t>(
      std::find_if(
          places_.begin(), places_.end(), [&](const auto& each) { return each.get() == &place; }) -
      places_.begin());
  std::erase_if(place.readers, [&](Reader& reader) {
    if (!std::exchange(reader.started, true)) {
      reader.sink->started({key_,
                            turn.accepted().run,
                            turn.number(),
                            turn.accepted_seq(),
                            position,
                            turn.messages_before(),
                            turn.fields_before()});
    }
    if (!turn.begun() && !turn.ended()) return false;  // what it starts from is not known yet
    if (reader.shown == durable) return false;
    const bool goes_on =
        reader.sink->records(std::span(records).subspan(reader.shown, durable - reader.shown));
    reader.shown = durable;
    if (!goes_on)
      reader.sink->closed(Error{ErrorCode::reader_too_slow, "the reader fell behind", {}, {}});
    return !goes_on;
  });
}

// Lets go of the turns whose end is on disk, and starts the next one.
void ThreadActor::settle() {
  bool temporary = false;
  for (auto place = places_.begin(); place != places_.end();) {
    const Turn& turn = (*place)->turn;
    if (turn.ended_seq() == 0 || turn.ended_seq() > committed_seq_) {
      ++place;
      continue;
    }
    const auto over = std::move(*place);
    place = places_.erase(place);
    state_.add_ended_turn(over->turn.records());
    temporary = temporary || over->turn.accepted().temporary;
    tools_.metrics.turn_left();
    send(directory_, UnwatchDeadline{key_, over->turn.number()});
    over->ticket.leave();
    for (auto& reader : over->readers)
      reader.sink->closed(std::nullopt);
    for (auto& answer : over->when_ended)
      answer({});
  }
  if (temporary && places_.empty() && writes_.empty()) return erase(nullptr);
  run_front();
}

void ThreadActor::proceed_if_durable() {
  if (!pending_ || !pending_->admitted || pending_->proceeded || !pending_->is_model_call) return;
  if (committed_seq_ < pending_->needs_seq) return;
  pending_->proceeded = true;
  const auto pool = tools_.llm_pool->part();
  if (pool.actor && pool.generation == pending_->generation)
    anon_send(pool.actor, Proceed{pending_->call});
}

// --- requests
// -------------------------------------------------------------------------------------

void ThreadActor::take(ControlJob& job) {
  if (damaged_) {
    job.refuse(*damaged_);
    return leave_if_empty();
  }
  forget_if_expired();
  job.taken = true;
  std::visit([this](auto& request) { handle(request); }, job.request);
  job.ticket.leave();
  leave_if_empty();
}

ThreadActor::Place* ThreadActor::find(const RunId& run) {
  const auto place = std::find_if(places_.begin(), places_.end(), [&](const auto& each) {
    return each->turn.accepted().run == run;
  });
  return place == places_.end() ? nullptr : place->get();
}

void ThreadActor::handle(JoinRun& join) {
  if (Place* place = find(join.run); place != nullptr && place->turn.accepted_seq() != 0) {
    place->readers.push_back({std::move(join.sink)});
    return show(*place);
  }
  const auto ended = std::find_if(state_.runs.begin(), state_.runs.end(), [&](const RunView& run) {
    return run.run == join.run;
  });
  if (ended == state_.runs.end()) {
    return join.sink->closed(
        head_ ? Error{ErrorCode::run_not_found, "the thread has no such run", {}, {}}
              : not_found());
  }
  replay(*ended, std::move(join.sink));
}

void ThreadActor::handle(CancelRun& cancel) {
  if (Place* place = find(cancel.run)) {
    place->when_ended.push_back(std::move(cancel.done));
    const char* why =
        cancel.reason == CancelReason::client_left ? "the client left" : "the turn was cancelled";
    return stop(*place, TurnOutcome::cancelled, {ErrorCode::cancelled, why, {}, {}});
  }
  const bool ended = std::any_of(state_.runs.begin(), state_.runs.end(), [&](const RunView& run) {
    return run.run == cancel.run;
  });
  if (ended) return cancel.done({});
  cancel.done(head_ ? Error{ErrorCode::run_not_found, "the thread has no such run", {}, {}}
                    : not_found());
}

void ThreadActor::handle(MakeThread& make) {
  if (head_) {
    if (make.create.existing_ok) return make.done(view());
    return make.done(Error{ErrorCode::thread_exists, "the thread exists", {}, {}});
  }
  head_ = Head{};
  head_->created_ms = tools_.clock.unix_ms();
  head_->incarnation = new_incarnation(head_->created_ms);
  head_->ttl_ms = make.create.ttl_ms.value_or(options_.thread_ttl.count());
  head_->metadata = dump(make.create.metadata);
  write_head([this, answer = std::move(make.done)] { answer(view()); });
}

void ThreadActor::handle(ShowThread& show) {
  if (!head_) return show.done(not_found());
  show.done(view());
}

void ThreadActor::handle(DeleteThread& remove) {
  if (!head_) return remove.done(not_found());
  if (!places_.empty() || !writes_.empty()) {
    return remove.done(Error{ErrorCode::thread_busy, "the thread is running a turn", {}, {}});
  }
  erase([answer = std::move(remove.done)](std::optional<Error> error) {
    if (error) return answer(*error);
    answer({});
  });
}

void ThreadActor::handle(WakeThread& wake) {
  if (wake.done) wake.done({});
}

void ThreadActor::erase(std::function<void(std::optional<Error>)> then) {
  when_erased_ = then ? std::move(then) : [](const std::optional<Error>&) {};
  tools_.journal.erase(
      key_, epoch_, [self = caf::actor_cast<caf::actor>(this)](Result<void> erased) {
        caf::anon_send(self, ThreadErased{erased ? std::nullopt : std::optional(erased.error())});
      });
  become(erasing());
}

// An ended turn is read back whole: it is bounded, and its reader has it at once.
void ThreadActor::replay(RunView run, std::shared_ptr<TurnSink> sink) {
  static std::atomic<std::uint64_t> last{0};
  replays_.push_back({++last, std::move(sink), std::move(run), {}});
  Replay& replay = replays_.back();
  constexpr std::size_t records_max = 100'000;
  tools_.journal.read(
      key_,
      replay.run.accepted_seq,
      replay.run.ended_seq,
      records_max,
      [self = caf::actor_cast<caf::actor>(this),
       number = replay.number](Result<std::vector<RecordPtr>> records) {
        caf::anon_send(
            self,
            ReplayRead{number,
                       std::make_shared<Result<std::vector<RecordPtr>>>(std::move(records))});
      });
}

void ThreadActor::replayed(ReplayRead& read) {
  const auto found = std::find_if(replays_.begin(), replays_.end(), [&](const Replay& each) {
    return each.number == read.replay;
  });
  if (found == replays_.end()) return;
  const Replay replay = std::move(*found);
  replays_.erase(found);
  if (!*read.records) return replay.sink->closed(read.records->error());
  auto& records = **read.records;
  std::erase_if(records,
                [&](const RecordPtr& record) { return turn_of(record->event) != replay.run.turn; });
  if (records.empty() || records.back()->seq != replay.run.ended_seq)
    return replay.sink->closed(not_found());
  const auto before = std::min(replay.run.messages_before, state_.messages->size());
  auto messages = std::make_shared<const Messages>(
      state_.messages->begin(), state_.messages->begin() + static_cast<std::ptrdiff_t>(before));
  replay.sink->started({key_,
                        replay.run.run,
                        replay.run.turn,
                        replay.run.accepted_seq,
                        0,
                        std::move(messages),
                        std::make_shared<const Json>(Json::object())});
  const bool shown = replay.sink->records(records);
  replay.sink->closed(
      shown ? std::nullopt
            : std::optional(Error{ErrorCode::reader_too_slow, "the reader fell behind", {}, {}}));
  leave_if_empty();
}

std::shared_ptr<const ThreadView> ThreadActor::view() const {
  auto view = std::make_shared<ThreadView>();
  view->thread = key_;
  view->incarnation = head_->incarnation;
  view->created_ms = head_->created_ms;
  view->updated_ms = head_->updated_ms;
  view->agent = head_->agent;
  view->metadata = Json::parse(head_->metadata, nullptr, /*allow_exceptions=*/false);
  view->messages = *state_.messages;
  view->fields = *state_.fields;
  view->runs = state_.runs;
  for (const auto& place : places_) {
    const Turn& turn = place->turn;
    if (turn.accepted_seq() == 0 || turn.accepted_seq() > committed_seq_) continue;
    view->busy = true;
    RunView run;
    run.run = turn.accepted().run;
    run.turn = turn.number();
    run.agent = turn.accepted().agent;
    run.status = turn.begun() ? RunStatus::running : RunStatus::pending;
    run.accepted_seq = turn.accepted_seq();
    run.accepted = {turn.records().front(), &turn.accepted()};
    run.created_ms = run.updated_ms = turn.accepted().accepted_ms;
    run.messages_before = view->messages.size();
    if (turn.begun()) {
      std::vector<RecordPtr> durable;
      for (const auto& record : turn.records()) {
        if (record->seq <= committed_seq_) durable.push_back(record);
      }
      view->messages = messages_after(view->messages, durable);
    }
    run.messages_after = view->messages.size();
    view->runs.push_back(std::move(run));
  }
  return view;
}

// --- leaving
// --------------------------------------------------------------------------------------

void ThreadActor::update_busy() {
  slot_->busy = !places_.empty();
}

void ThreadActor::leave_if_empty() {
  if (!head_ && places_.empty() && writes_.empty()) send(directory_, AskToLeave{key_});
}

void ThreadActor::close_readers(const Error& error) {
  for (auto& place : places_) {
    for (auto& reader : place->readers)
      reader.sink->closed(error);
    place->readers.clear();
  }
  for (auto& replay : replays_)
    replay.sink->closed(error);
  replays_.clear();
}

}  // namespace parlance::actors
