#include "actors/thread_actor.hpp"

#include "runtime/llm/tokens.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace parlance::actors {

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
  const Error restarted{ErrorCode::component_restarted, "the thread was restarted", {}, {}};
  if (const auto copying = std::exchange(copying_, nullptr)) copying->done(restarted);
  close_estimates(std::nullopt);
  close_readers(restarted);
  for (auto* places : {&places_, &delayed_}) {
    for (auto& place : *places) {
      keep_webhook_place(*place);
      for (auto& answer : place->when_ended)
        answer(restarted);
      tools_.metrics.turn_left();
    }
    places->clear();
  }
  for (auto& write : std::exchange(writes_, {})) {
    for (auto& then : write.then)
      then(restarted);
  }
  if (when_erased_) when_erased_(restarted);
  when_erased_ = nullptr;
  for (auto& [number, then] : std::exchange(reads_, {}))
    then(restarted);
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
        take(std::move(run.job));
        update_busy();
      },
      [this](RecordsAppended report) {
        appended(report);
        update_busy();
      },
      [this](Said& said) {
        if (pending_ && pending_->call == said.call) take_pieces(said);
      },
      [this](Answered& report) {
        if (!pending_ || pending_->call != report.call) return;
        charge_answered(report);
        if (!*report.answer) return refused(report.answer->error());
        answered(Generated{std::move(**report.answer), {}});
      },
      [this](Found& report) {
        if (!pending_ || pending_->call != report.call) return searched(report);
        if (!*report.passages) return refused(report.passages->error());
        answered(std::move(**report.passages));
      },
      [this](const CallAdmitted& report) {
        if (!pending_ || pending_->call != report.call) return;
        admitted(report);
        update_busy();
      },
      [this](WaitOver over) {
        if (!pending_ || pending_->call != over.call) return;
        if (std::holds_alternative<WaitEffect>(pending_->effect)) return answered(Waited{});
        carry_out(std::exchange(pending_, std::nullopt)->effect);  // asks a pool again
      },
      [this](PartDown down) {
        close_estimates(down.generation);
        if (!pending_ || pending_->generation != down.generation) return;
        charge_lost();
        refused({ErrorCode::component_restarted, "a pool was restarted", {}, {}});
      },
      [this](DeadlinePassed passed) {
        const auto place = std::find_if(places_.begin(), places_.end(), [&](const auto& each) {
          return each->turn.number() == passed.turn;
        });
        if (place == places_.end() || (quarantined_ && place == places_.begin())) return;
        stop_late(**place);
        update_busy();
      },
      [this](AskThread& asked) {
        take(*asked.job);
        update_busy();
      },
      [this](const RecordsRead& read) { records_read(read); },
      [this](CloseStreams) {
        close_readers({ErrorCode::draining,
                       "the server is shutting down; the turn goes on after its restart",
                       {},
                       {}});
        // A restart that was asked for is not the turn's fault.
        if (!places_.empty() && !quarantined_ && front().turn.accepted_seq() != 0 &&
            head_->attempts > 0) {
          --head_->attempts;
          write_head(nullptr);
        }
      },
      [this](Leave) {
        const bool waits = places_.empty() || (quarantined_ && places_.size() == 1);
        const bool is_asked = !reads_.empty() || !estimates_.empty() || is_awaited();
        if (waits && writes_.empty() && !is_asked) return quit();
        send(directory_, Stays{key_});
      },
  };
}

caf::behavior ThreadActor::erasing() {
  return {
      [this](const ThreadErased& erased) {
        if (!erased.error) clear();
        become(awake());
        if (auto then = std::exchange(when_erased_, nullptr)) then(erased.error);
        update_busy();
        leave_if_empty();
      },
  };
}

// --- turns
// ----------------------------------------------------------------------------------------

void ThreadActor::run_front() {
  if (places_.empty() || front().turn.ended()) return;
  if (!front().turn.begun()) begin(front());
  if (!front().step_is_due) return;
  front().step_is_due = false;
  show(front());
  carry_out(front().turn.step(tools_.clock));
}

void ThreadActor::begin(Place& place) {
  const auto agent = tools_.agents.find(place.turn.accepted().agent);
  if (place.recovered) {
    head_->attempts = place.attempts + 1;
    head_->deadline_ms = unix_ms_of(place.turn.deadline());
  }
  place.begun_ms = tools_.clock.unix_ms();
  place.turn.begin(agent == tools_.agents.end() ? nullptr : agent->second,
                   state_.start_of(place.turn.accepted()),
                   tools_.clock.now());
  place.step_is_due = !place.recovered;
  if (!place.recovered) return;
  if (head_->attempts > options_.attempts_max) return quarantine(place);
  if (place.turn.deadline().passed(tools_.clock.now())) return stop_late(place);
  // An attempt is on disk before it is made: what it asks for may take the process down.
  write(place);
  write_head([this, turn = place.turn.number()](const std::optional<Error>& error) {
    if (!error && !places_.empty() && front().turn.number() == turn) front().step_is_due = true;
  });
}

void ThreadActor::carry_out(Effect effect) {
  Place& place = front();
  if (place.turn.ended()) {
    write(place);
    return write_waiting();
  }
  const bool tentative = place.turn.accepted_seq() == 0;
  pending_ = Pending{next_call(), 0, false, false, false, 0, effect};
  if (const auto* wait = std::get_if<WaitEffect>(&effect)) {
    write(place);
    write_waiting();
    delayed_send(this, wait->time, WaitOver{pending_->call});
  } else {
    if (!ask_pool(effect))
      return refused({ErrorCode::component_restarted, "a pool is being restarted", {}, {}});
    if (!tentative) write(place);
  }
  if (tentative) send(directory_, WatchDeadline{key_, place.turn.number(), place.turn.deadline()});
}

// False when the pool that `pending_` is about is away.
bool ThreadActor::ask_pool(const Effect& effect) {
  const Turn& turn = front().turn;
  pending_->is_model_call = std::holds_alternative<AskEffect>(effect);
  const auto pool = (pending_->is_model_call ? tools_.llm_pool : tools_.retriever_pool)->part();
  pending_->generation = pool.generation;
  if (!pool.actor) return false;
  if (const auto* ask = std::get_if<AskEffect>(&effect)) {
    anon_send(pool.actor,
              Ask{pending_->call,
                  ask->request,
                  turn.deadline(),
                  key_.tenant.value,
                  turn.request_id(),
                  caf::actor_cast<caf::actor>(this),
                  turn.accepted().caller_key,
                  turn.accepted().run});
  } else if (const auto* find = std::get_if<FindEffect>(&effect)) {
    send_search(pool.actor, pending_->call, turn, *find);
  }
  return true;
}

void ThreadActor::send_search(const caf::actor& pool,
                              std::uint64_t call,
                              const Turn& turn,
                              const FindEffect& find) {
  anon_send(pool,
            Find{call,
                 {turn.accepted().agent, find.query, find.passages_max},
                 turn.deadline(),
                 caf::actor_cast<caf::actor>(this)});
}

void ThreadActor::take_pieces(Said& said) {
  for (auto& piece : said.pieces) {
    if (pending_->charge) pending_->charge->tokens_said += tokens_of(piece);
    if (front().turn.said(std::move(piece))) continue;
    return stop(front(),
                TurnOutcome::failed,
                {ErrorCode::answer_too_long, "the answer is too long", {}, {}});
  }
  if (!said.are_last) stream_pieces();  // else they are written with the answer
}

void ThreadActor::answered(const Answer& answer) {
  pending_.reset();
  carry_out(front().turn.answer(answer, tools_.clock));
  write_charges();
  update_busy();
}

// A pool refused or failed the call of the turn in front.
void ThreadActor::refused(Error error) {
  Place& place = front();
  if (place.turn.accepted_seq() == 0) return drop(place, std::move(error));
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
  if (is_front(place)) abandon_call();
  leave_quarantine(place);
  if (place.turn.accepted_seq() == 0) return drop(place, std::move(error));
  place.turn.end(outcome, std::move(error), tools_.clock);
  write(place);
}

void ThreadActor::stop_late(Place& place) {
  stop(
      place, TurnOutcome::failed, {ErrorCode::deadline_passed, "the turn ran out of time", {}, {}});
}

// For a turn that takes their place. The last one first, so that none begins.
void ThreadActor::stop_all(Multitask multitask) {
  std::vector<Place*> going_on;
  for (auto place = places_.rbegin(); place != places_.rend(); ++place) {
    if (!(*place)->turn.ended()) going_on.push_back(place->get());
  }
  for (Place* const place : going_on) {
    if (multitask == Multitask::rollback) {
      roll_back(*place);
    } else {
      const Error why{ErrorCode::cancelled, "another turn took its place", {}, {}};
      stop(*place, TurnOutcome::cancelled, why);
    }
  }
}

// Takes back a turn that has not ended.
void ThreadActor::roll_back(Place& place) {
  if (is_front(place)) abandon_call();
  leave_quarantine(place);
  if (place.turn.accepted_seq() == 0) return drop(place, was_rolled_back());
  write(place, place.turn.roll_back());
}

void ThreadActor::abandon_call() {
  if (!pending_) return;
  charge_unanswered();
  tell_pool_to_abandon();
  pending_.reset();
}

void ThreadActor::tell_pool_to_abandon() {
  const auto& slot = pending_->is_model_call ? tools_.llm_pool : tools_.retriever_pool;
  const auto pool = slot->part();
  if (pool.actor && pool.generation == pending_->generation)
    anon_send(pool.actor, Abandon{pending_->call});
}

// A turn of which nothing is on disk.
void ThreadActor::drop(Place& dropped, Error error) {
  const bool was_front = is_front(dropped);
  if (was_front) pending_.reset();
  const auto found = std::find_if(
      places_.begin(), places_.end(), [&](const auto& each) { return each.get() == &dropped; });
  const auto place = std::move(*found);
  places_.erase(found);
  tools_.metrics.turn_refused(error.code);
  tools_.metrics.turn_left();
  send(directory_, UnwatchDeadline{key_, place->turn.number()});
  for (auto& answer : place->when_ended)
    answer({});
  for (auto& reader : place->readers)
    reader.sink->closed(error);
  place->ticket.leave();
  update_busy();
  if (!was_front) return;
  if (!places_.empty()) return run_front();
  leave_if_empty();
}

// --- leaving
// --------------------------------------------------------------------------------------

void ThreadActor::update_busy() {
  slot_->busy = copying_ != nullptr || (!places_.empty() && !quarantined_);
}

void ThreadActor::leave_if_empty() {
  if (!head_ && places_.empty() && writes_.empty() && !copying_) send(directory_, AskToLeave{key_});
}

void ThreadActor::close_readers(Place& place, const Error& error) {
  for (auto& reader : std::exchange(place.readers, {}))
    reader.sink->closed(error);
}

void ThreadActor::close_readers(const Error& error) {
  for (auto* places : {&places_, &delayed_}) {
    for (auto& place : *places)
      close_readers(*place, error);
  }
  close_replays(error);
}

void ThreadActor::close_replays(const Error& error) {
  for (auto& replay : std::exchange(replays_, {})) {
    for (auto& reader : replay.readers)
      reader.sink->closed(error);
  }
}

}  // namespace parlance::actors
