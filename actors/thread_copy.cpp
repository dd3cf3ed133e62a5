#include "actors/thread_copy.hpp"

#include "actors/thread_actor.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace parlance::actors {
namespace {

constexpr std::size_t range_records_max = 512;

std::shared_ptr<const TurnAccepted> copied(const ThreadKey& copy, const TurnAccepted& accepted) {
  auto own = std::make_shared<TurnAccepted>(accepted);
  own->run = copied_run(copy, accepted.run);
  own->temporary = false;
  own->request_digest.clear();
  return own;
}

ThreadState copied(const ThreadKey& copy, ThreadState state) {
  std::map<std::uint64_t, std::shared_ptr<const TurnAccepted>> turns;  // by their place
  for (auto& run : state.runs) {
    run.accepted = turns[run.accepted_seq] = copied(copy, *run.accepted);
    run.run = run.accepted->run;
  }
  for (auto& turn : state.added)
    turn.accepted = turns[turn.accepted_seq];
  return state;
}

}  // namespace

RunId copied_run(const ThreadKey& copy, const RunId& run) {
  return {named_uuid("parlance:copied-run\n" + copy.tenant.value + '\n' + copy.thread.value + '\n' +
                     run.value)};
}

void ThreadActor::handle(PlanCopy& plan) {
  if (!head_) return plan.done(not_found());
  when_durable([this, answer = std::move(plan.done)](const std::optional<Error>& error) {
    if (error) return answer(*error);
    auto planned = std::make_shared<CopyPlan>();
    planned->from = key_;
    planned->ttl_ms = head_->ttl_ms;
    planned->metadata = head_->metadata;
    planned->state = state_;
    for (const auto& run : state_.runs) {
      planned->last_ended_seq = std::max(planned->last_ended_seq, run.ended_seq);
      planned->turns = std::max(planned->turns, run.turn);
    }
    answer(std::shared_ptr<const CopyPlan>(std::move(planned)));
  });
}

void ThreadActor::handle(WriteCopy& write) {
  auto& digest = write.copy.request_digest;
  const bool repeated = head_ && !digest.empty() && head_->request_digest == digest;
  if (!repeated && (head_ || !places_.empty()))
    return write.done(Error{ErrorCode::thread_exists, "the thread exists", {}, {}});
  if (repeated) {
    return when_durable([this, answer = std::move(write.done)](const std::optional<Error>& error) {
      if (error) return answer(*error);
      answer(view_when_made(/*repeated=*/true));
    });
  }
  if (!write.plan) return write.done(write.plan.error());

  copying_ = std::make_unique<Copying>();
  copying_->plan = std::move(*write.plan);
  copying_->done = std::move(write.done);
  for (const auto& run : copying_->plan->state.runs)
    copying_->turns.insert(run.turn);
  make_head(copying_->plan->ttl_ms);
  copying_->head = *std::exchange(head_, std::nullopt);
  Head& head = copying_->head;
  head.metadata = copying_->plan->metadata;
  head.agent = copying_->plan->state.runs.empty() ? "" : copying_->plan->state.runs.back().agent;
  head.turns = copying_->plan->turns;
  head.last_ended_seq = head.made_seq = copying_->plan->last_ended_seq;
  head.request_digest = std::move(digest);

  Append unmade;
  unmade.head = head;
  unmade.head->expires_ms = expires_unmade_ms;
  unmade.head->unfinished_seqs = {1};
  append(std::move(unmade), /*with_head=*/false, /*deltas_only=*/false, [this](auto error) {
    if (!error) read_original();
  });
  become(copying());
}

caf::behavior ThreadActor::copying() {
  return {
      [this](const RecordsRead& read) { records_read(read); },
      [this](RecordsAppended report) { appended(report); },
  };
}

void ThreadActor::read_original() {
  const CopyPlan& plan = *copying_->plan;
  if (copying_->next_seq > plan.last_ended_seq) return finish_copy();
  read_records(plan.from,
               copying_->next_seq,
               plan.last_ended_seq,
               range_records_max,
               [this](const Records& records) {
                 if (copying_) write_copied(records);
               });
}

void ThreadActor::write_copied(const Records& records) {
  if (!records) return give_up_copy(records.error());
  if (records->empty()) return give_up_copy(not_found());  // it is gone by now
  const CopyPlan& plan = *copying_->plan;
  Append own;
  for (const auto& record : *records) {
    if (!copying_->turns.contains(turn_of(record->event))) continue;
    const auto* const accepted = get_if<TurnAccepted>(&record->event);
    own.records.push_back(accepted == nullptr ? record
                                              : std::make_shared<const Record>(
                                                    Record{record->seq, *copied(key_, *accepted)}));
  }
  const Record& last = *records->back();
  copying_->next_seq = last.seq + 1;
  if (last.seq == plan.last_ended_seq) {
    // Once the last record is the original's own, so are all that were read before it.
    const auto* const ended = get_if<TurnEnded>(&last.event);
    const bool original =
        std::any_of(plan.state.runs.begin(), plan.state.runs.end(), [&](const RunView& run) {
          return run.ended_seq == last.seq && ended != nullptr && *run.ended == *ended;
        });
    if (!original) return give_up_copy(not_found());
  }
  if (own.records.empty()) return read_original();
  append(std::move(own), /*with_head=*/false, /*deltas_only=*/false, [this](auto error) {
    if (!error) read_original();
  });
}

void ThreadActor::finish_copy() {
  head_ = copying_->head;
  turns_ = head_->turns;
  state_ = copied(key_, copying_->plan->state);
  write_head([this](const std::optional<Error>& error) {
    if (error) return;
    const auto copying = std::exchange(copying_, nullptr);
    become(awake());
    update_busy();
    copying->done(view_when_made(/*repeated=*/false));
  });
}

// What has been written of it is no thread, and goes as what has expired does.
void ThreadActor::give_up_copy(const Error& error) {
  const auto copying = std::exchange(copying_, nullptr);
  become(awake());
  update_busy();
  forget();
  copying->done(error);
}

}  // namespace parlance::actors
