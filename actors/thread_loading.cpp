// ThreadActor's loading: what the journal has of a thread becomes its state and its turns. Those
// that have not ended stand in line again, the first of them with the attempts that were made at
// it.
#include "actors/loaded_turns.hpp"
#include "actors/thread_actor.hpp"
#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"

#include <utility>

namespace parlance::actors {

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
  WebhookPlaces kept_places = std::exchange(slot_->webhook_places, {});
  epoch_ = thread.epoch;
  head_ = std::move(thread.head);
  seq_ = committed_seq_ = thread.seq;
  if (!head_) return;
  turns_ = head_->turns;
  if (turns_ > 0 && failpoint_fires("mutant.reuse_id")) --turns_;
  LoadedTurns turns = sort_by_turn(thread.records);
  for (const auto& [seq, records] : turns.ended)
    state_.add_ended_turn(records);
  std::vector<std::unique_ptr<Place>> places;
  for (auto& [number, records] : turns.unfinished) {
    const auto& accepted = get<TurnAccepted>(records.front()->event);
    const auto deadline = deadline_at(accepted.deadline_ms);
    auto webhook = recovered_webhook(accepted, kept_places);
    places.push_back(std::make_unique<Place>(
        Place{Turn(std::move(records), deadline), {}, {}, {}, true, tools_.clock.now()}));
    places.back()->webhook = std::move(webhook);
    tools_.metrics.turn_inside();
  }
  line_up(std::move(places));
  if (!places_.empty()) {
    front().attempts = head_->attempts;
    if (head_->deadline_ms != 0) extend(front(), deadline_at(head_->deadline_ms));
  }
  for (const auto& place : places_) {
    if (!was_interrupted(*place)) continue;
    tools_.metrics.turn_recovered();
    log_info("turn_recovered",
             {{"tenant", key_.tenant.value},
              {"thread", key_.thread.value},
              {"turn", place->turn.number()},
              {"attempts", place->attempts}});
  }
}

// By the end of a process or of its thread's actor: a thread leaves memory by itself with turns
// that have still to begin, or with one in quarantine.
bool ThreadActor::was_interrupted(const Place& place) const {
  if (place.attempts >= options_.attempts_max) return false;
  const Turn& turn = place.turn;
  return turn.accepted().starts_ms == 0 || place.attempts > 0 || turn.records().size() > 1;
}

// What has expired is gone, also for a thread that is still in memory.
void ThreadActor::forget_if_expired() {
  if (!head_ || head_->expires_ms == 0 || !places_.empty() || !delayed_.empty() ||
      tools_.clock.unix_ms() < head_->expires_ms)
    return;
  clear();
}

}  // namespace parlance::actors
