// ThreadActor's admission: whether a turn gets in, with which place, and as what it is accepted.
//
//   repeated     a turn of the same Idempotency-Key is there: it is shown
//   a fork       its checkpoint is looked for first (thread_forks.cpp), then it comes back here
//   refused      nothing is left of it, and its ticket goes back
//   taken        it runs at once, stands in line, or begins later (thread_delays.cpp)
#include "actors/thread_actor.hpp"
#include "runtime/base/failpoint.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <utility>

namespace parlance::actors {

Error too_many_turns() {
  return {ErrorCode::mailbox_full, "the thread already has all the turns that may wait", {}, {}};
}

bool takes_over(Multitask multitask) {
  return multitask == Multitask::interrupt || multitask == Multitask::rollback;
}

void ThreadActor::take(std::shared_ptr<TurnJob> job) {
  forget_if_expired();
  if (take_repeated(*job)) return;
  if (!job->request.checkpoint_id.empty()) return take_fork(std::move(job));
  take(*job, std::nullopt);
}

void ThreadActor::take(TurnJob& job, std::optional<ForkPoint> fork) {
  TurnRequest& request = job.request;
  TurnAccepted accepted;
  accepted.fork = std::move(fork);
  if (auto error = refusal_of(request, accepted)) return refuse(job, std::move(*error));
  std::shared_ptr<WaitingDelivery> webhook;
  if (auto error = take_webhook(request, webhook)) return refuse(job, std::move(*error));
  if (!find_place(job)) return refuse(job, too_many_turns());
  const auto now = tools_.clock.now();
  accepted.turn = ++turns_;
  take_over(request, accepted);
  auto place = std::make_unique<Place>(
      Place{Turn(std::move(accepted), request.deadline, std::move(request.request_id)),
            std::move(job.ticket),
            {},
            {},
            false,
            now});
  place->webhook = std::move(webhook);
  place->readers.push_back({.sink = std::exchange(job.sink, nullptr)});
  tools_.metrics.turn_inside();
  if (place->turn.accepted().starts_ms != 0) return delay(std::move(place));
  places_.push_back(std::move(place));
  if (places_.size() == 1) return run_front();
  send(directory_, WatchDeadline{key_, turns_, places_.back()->turn.deadline()});
  write_waiting();
}

// What the request says of the turn.
void ThreadActor::take_over(TurnRequest& request, TurnAccepted& accepted) const {
  const auto left = request.deadline.left(tools_.clock.now());
  accepted.run = std::move(request.run);
  accepted.agent = std::move(request.agent);
  accepted.model_override = std::move(request.model_override);
  accepted.input = std::move(request.input);
  accepted.accepted_ms = tools_.clock.unix_ms();
  accepted.deadline_ms =
      accepted.accepted_ms + std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
  if (request.start_delay.count() > 0) {
    accepted.starts_ms = accepted.accepted_ms + request.start_delay.count();
    accepted.deadline_ms += request.start_delay.count();
  }
  accepted.temporary = request.temporary;
  accepted.options = std::move(request.options);
  accepted.request_digest = std::move(request.request_digest);
  accepted.command = std::move(request.command);
  accepted.caller_key = std::move(request.caller_key);
  accepted.user = std::move(request.user);
}

// Shows the turn that was asked for by the same Idempotency-Key before. False: there is none.
bool ThreadActor::take_repeated(TurnJob& job) {
  const TurnRequest& request = job.request;
  if (request.request_digest.empty() || failpoint_fires("mutant.forget_key")) return false;
  const TurnAccepted* const first = find_accepted(request.run);
  if (first == nullptr) return false;
  if (first->request_digest != request.request_digest) {
    refuse(job, key_reused());
    return true;
  }
  tools_.metrics.turn_repeated();
  join(request.run, {.sink = std::exchange(job.sink, nullptr), .repeated = true});
  job.ticket.leave();
  return true;
}

// A turn that came with a request's ticket takes a turn's: its own, or that of one that it ends.
bool ThreadActor::find_place(TurnJob& job) {
  const TurnRequest& request = job.request;
  const bool ends_others = takes_over(request.multitask);
  if (request.request_digest.empty() && !ends_others) return true;
  auto ticket = slot_->turns.try_enter();
  for (auto place = places_.rbegin(); !ticket && ends_others && place != places_.rend(); ++place)
    ticket = std::move((*place)->ticket);
  // Turns that were found on disk have no ticket to give; who ends one takes its place all the
  // same.
  if (!ticket && !(ends_others && !places_.empty())) return false;
  job.ticket = std::move(ticket);
  if (ends_others) stop_all(request.multitask);
  return true;
}

void ThreadActor::refuse(TurnJob& job, Error error) {
  tools_.metrics.turn_refused(error.code);
  job.refuse(std::move(error));
  job.ticket.leave();
  leave_if_empty();
}

std::optional<Error> ThreadActor::refusal_of(const TurnRequest& request,
                                             const TurnAccepted& accepted) const {
  if (damaged_) return damaged_;
  // The thread has the key's name, and was made by its own request.
  if (request.temporary && head_ && !head_->request_digest.empty()) return key_reused();
  if (!head_ && request.if_missing == IfMissing::reject) return not_found();
  if (quarantined_ && !takes_over(request.multitask)) return in_quarantine();
  if (request.multitask == Multitask::reject && !places_.empty()) {
    return Error{ErrorCode::thread_busy, "the thread is already running a turn", {}, {}};
  }
  const auto agent = tools_.agents.find(request.agent);
  if (agent == tools_.agents.end())
    return Error{ErrorCode::agent_not_found, "there is no such agent", {}, {}};
  const Checkpoint from = state_.start_of(accepted);
  // Behind others, it is decided when it begins.
  if (request.command && (accepted.fork || places_.empty() || takes_over(request.multitask))) {
    if (auto refusal = actors::refusal_of(*request.command, from, *agent->second)) return refusal;
  }
  if (from.messages->size() + request.input.size() >= agent->second->limits().messages_max) {
    return Error{ErrorCode::thread_full,
                 "the thread holds " + std::to_string(from.messages->size()) + " messages",
                 {},
                 {}};
  }
  if (auto full = refusal_of_a_full_thread(*agent->second)) return full;
  if (finds_no_place(request)) return too_many_turns();
  return std::nullopt;
}

}  // namespace parlance::actors
