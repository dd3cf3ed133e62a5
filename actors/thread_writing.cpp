// ThreadActor's writing and showing: what goes to the journal, and what readers see of it.
#include "actors/thread_actor.hpp"
#include "runtime/base/failpoint.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

namespace parlance::actors {
namespace {

constexpr std::chrono::milliseconds delta_wait_max{10};

// Milliseconds since 1970 in the upper 44 bits: incarnations sort by time and never repeat.
std::uint64_t new_incarnation(std::int64_t unix_ms) {
  thread_local std::minstd_rand random(std::random_device{}());
  return (static_cast<std::uint64_t>(unix_ms) << 20U) | (random() & 0xFFFFFU);
}

}  // namespace

void ThreadActor::make_head(std::int64_t ttl_ms) {
  head_ = Head{};
  head_->created_ms = tools_.clock.unix_ms();
  head_->incarnation = new_incarnation(head_->created_ms);
  head_->ttl_ms = ttl_ms;
}

void ThreadActor::write(Place& place, std::vector<std::uint64_t> deleted_seqs) {
  if (!place.turn.has_unwritten()) return;
  auto events = place.turn.take_unwritten();
  if (!head_) make_head(options_.thread_ttl.count());
  place.turn.link_end(events, seq_ + 1, head_->last_ended_seq);
  std::vector<RecordPtr> records;
  records.reserve(events.size());
  bool with_head = false;
  bool deltas_only = true;
  for (auto& event : events) {
    const std::uint64_t seq = seq_ + 1 + records.size();
    if (const auto* accepted = get_if<TurnAccepted>(&event)) {
      with_head = true;
      head_->turns = std::max(head_->turns, accepted->turn);
      head_->agent = accepted->agent;
      if (is_next(place)) count_attempts(1);
      head_->unfinished_seqs.push_back(seq);
      tools_.metrics.turn_accepted();
    } else if (holds_alternative<StepDone>(event)) {
      tools_.metrics.step_done();
    } else if (const auto* ended = get_if<TurnEnded>(&event)) {
      with_head = true;
      head_->last_ended_seq = seq;
      // Nobody knows the thread by its name: it is kept for those who repeat the request.
      const TurnAccepted& accepted_turn = place.turn.accepted();
      if (accepted_turn.temporary && !accepted_turn.request_digest.empty())
        head_->ttl_ms = options_.idempotency_ttl.count();
      forget_unfinished(place, ended->accepted_seq);
      const std::int64_t from_ms = std::max(accepted_turn.accepted_ms, accepted_turn.starts_ms);
      tools_.metrics.turn_ended(
          ended->outcome,
          std::chrono::milliseconds(std::max<std::int64_t>(0, ended->ended_ms - from_ms)));
    } else if (holds_alternative<RolledBack>(event)) {
      with_head = true;
      forget_unfinished(place, place.turn.accepted_seq());
      tools_.metrics.turn_rolled_back();
    } else if (const auto* delta = get_if<Delta>(&event)) {
      tools_.metrics.pieces_shown(delta->pieces.size());
    }
    deltas_only = deltas_only && holds_alternative<Delta>(event);
    records.push_back(std::make_shared<const Record>(Record{seq, std::move(event)}));
  }
  place.turn.written(records);
  Append what;
  auto webhook = place.webhook ? end_webhook(place, records.back(), what) : nullptr;
  what.records = std::move(records);
  what.deleted_seqs = std::move(deleted_seqs);
  append(std::move(what), with_head, deltas_only, nullptr, std::move(webhook));
}

// True of the turn in front, and of one before which all have ended.
bool ThreadActor::is_next(const Place& place) const {
  for (const auto& each : places_) {
    if (each.get() == &place) return true;
    if (!each->turn.ended()) return false;
  }
  return false;
}

// From here on of another turn.
void ThreadActor::count_attempts(std::uint32_t attempts) {
  head_->attempts = attempts;
  head_->deadline_ms = 0;
}

// The next turn of the line has attempts of its own: the first is counted here, and written with
// the end of the one before it.
void ThreadActor::forget_unfinished(const Place& place, std::uint64_t accepted_seq) {
  if (is_next(place)) {
    const bool another = std::any_of(places_.begin(), places_.end(), [](const auto& each) {
      return !each->turn.ended() && each->turn.accepted_seq() != 0;
    });
    count_attempts(another ? 1 : 0);
  }
  std::erase(head_->unfinished_seqs, accepted_seq);
}

// Turns that wait become durable once the one in front has.
void ThreadActor::write_waiting() {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i]->turn.accepted_seq() != 0) continue;
    if (i == 0) return;
    write(*places_[i]);
  }
}

void ThreadActor::write_head(WhenDurable then) {
  append({}, /*with_head=*/true, /*deltas_only=*/false, std::move(then));
}

void ThreadActor::append(Append what,
                         bool with_head,
                         bool deltas_only,
                         WhenDurable then,
                         std::shared_ptr<WaitingDelivery> webhook) {
  what.thread = key_;
  what.epoch = epoch_;
  what.seq = seq_;
  what.spendings = std::exchange(spendings_, {});
  what.ledger = std::exchange(ledger_, {});
  auto webhooks = std::exchange(alerts_, {});
  auto deliveries = take_deliveries(webhooks);
  std::move(deliveries.begin(), deliveries.end(), std::back_inserter(what.deliveries));
  if (webhook) webhooks.push_back(std::move(webhook));
  with_head = std::exchange(has_spent_, false) || with_head;
  ++appends_;
  if (!what.records.empty()) seq_ = what.records.back()->seq;
  if (with_head) {
    head_->updated_ms = tools_.clock.unix_ms();
    const std::int64_t used_ms = std::max(head_->updated_ms, last_start_ms());
    head_->expires_ms = head_->ttl_ms == 0 ? 0 : used_ms + head_->ttl_ms;
    head_->epoch = epoch_;
    head_->seq = seq_;
    what.head = head_;
  }
  writes_.push_back({seq_, deltas_only, {}});
  if (then) writes_.back().then.push_back(std::move(then));
  streaming_ = streaming_ || deltas_only;
  tools_.journal.append(std::move(what),
                        [self = caf::actor_cast<caf::actor>(this),
                         seq = seq_,
                         webhooks = std::move(webhooks),
                         sender = tools_.webhooks.sender](AppendOutcome outcome) {
                          if (outcome == AppendOutcome::committed) tell_sender(*sender, webhooks);
                          caf::anon_send(self, RecordsAppended{outcome, seq});
                        });
  if (failpoint_fires("mutant.publish_before_commit")) {
    proceed_if_durable();
    for (auto& place : places_)
      show(*place);
  }
}

// What may leave the node.
std::uint64_t ThreadActor::visible_seq() const {
  return failpoint_fires("mutant.publish_before_commit") ? seq_ : committed_seq_;
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
  ++committed_appends_;
  proceed_if_durable();  // a provider takes longer than all the rest
  if (written.deltas_only) {
    streaming_ = std::any_of(
        writes_.begin(), writes_.end(), [](const Write& write) { return write.deltas_only; });
  }
  for (auto& then : written.then)
    then(std::nullopt);
  for (auto* places : {&places_, &delayed_}) {
    for (auto& place : *places)
      show(*place);
  }
  settle();
  stream_pieces();
}

// A batch is what arrived while the last one was being written.
void ThreadActor::stream_pieces() {
  if (places_.empty() || !front().turn.has_pieces() || !is_followed(front())) return;
  const auto now = tools_.clock.now();
  if (pieces_since_ == std::chrono::steady_clock::time_point{}) pieces_since_ = now;
  if (streaming_ && now - pieces_since_ < delta_wait_max) return;
  pieces_since_ = {};
  front().turn.flush_pieces();
  write(front());
}

bool ThreadActor::is_followed(const Place& place) {
  return std::any_of(place.readers.begin(), place.readers.end(), [](const Reader& reader) {
    return reader.sink->follows_text();
  });
}

// Shows a turn's readers what is on disk and they do not have yet.
void ThreadActor::show(Place& place) {
  const Turn& turn = place.turn;
  const std::uint64_t visible = visible_seq();
  if (turn.accepted_seq() == 0 || turn.accepted_seq() > visible || place.readers.empty()) return;
  const auto& records = turn.records();
  std::size_t durable = records.size();
  while (durable > 0 && records[durable - 1]->seq > visible)
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
                            turn.fields_before(),
                            turn.shared_accepted(),
                            reader.repeated});
    }
    if (!turn.begun() && !turn.ended()) return false;  // what it starts from is not known yet
    if (reader.shown == durable) return false;
    const bool goes_on =
        reader.sink->records(std::span(records).subspan(reader.shown, durable - reader.shown));
    reader.shown = durable;
    if (!goes_on) reader.sink->closed(fell_behind());
    return !goes_on;
  });
}

// Lets go of the turns whose end is on disk, and starts the next one.
void ThreadActor::settle() {
  bool temporary = false;
  for (auto* places : {&places_, &delayed_}) {
    for (auto place = places->begin(); place != places->end();) {
      const Turn& turn = (*place)->turn;
      if (turn.ended_seq() == 0 || turn.ended_seq() > committed_seq_) {
        ++place;
        continue;
      }
      const auto over = std::move(*place);
      place = places->erase(place);
      temporary = let_go(*over) || temporary;
      if (places == &delayed_) watch_start();
    }
  }
  if (temporary && places_.empty() && delayed_.empty() && writes_.empty()) return forget();
  if (!places_.empty() && !front().turn.begun() &&
      front().turn.deadline().passed(tools_.clock.now())) {
    return stop_late(front());  // it waited too long and does not begin
  }
  run_front();
}

// True when the thread was there for this turn alone.
bool ThreadActor::let_go(Place& over) {
  const bool gone = over.turn.rolled_back();
  if (!gone) state_.add_ended_turn(over.turn.records());
  tools_.metrics.turn_left();
  send(directory_, UnwatchDeadline{key_, over.turn.number()});
  over.ticket.leave();
  for (auto& reader : over.readers)
    reader.sink->closed(gone ? std::optional(was_rolled_back()) : std::nullopt);
  for (auto& answer : over.when_ended)
    answer({});
  const TurnAccepted& accepted = over.turn.accepted();
  return accepted.temporary && accepted.request_digest.empty();
}

void ThreadActor::proceed_if_durable() {
  if (!pending_ || !pending_->admitted || pending_->proceeded || !pending_->is_model_call) return;
  const bool is_durable = committed_appends_ >= pending_->needs_appends;
  if (!is_durable && !failpoint_fires("mutant.publish_before_commit")) return;
  pending_->proceeded = true;
  const auto pool = tools_.llm_pool->part();
  if (pool.actor && pool.generation == pending_->generation)
    anon_send(pool.actor, Proceed{pending_->call});
}

}  // namespace parlance::actors
