#include "tests/simulation/reader.hpp"

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "tests/simulation/journal_check.hpp"

#include <utility>

namespace parlance::simulation {

Reader::Reader(std::string name,
               ReaderKind kind,
               bool follows_text,
               bool two_owners,
               std::shared_ptr<Run> run,
               std::shared_ptr<const bool> server_alive,
               const Disk& disk,
               History& history)
    : name_(std::move(name) + " of " + run->name()),
      kind_(kind),
      follows_text_(follows_text),
      two_owners_(two_owners),
      run_(std::move(run)),
      server_alive_(std::move(server_alive)),
      disk_(disk),
      history_(history) {}

void Reader::started(const TurnStart& start) {
  if (!*server_alive_) return;
  history_.add("  " + name_ + ": started, accepted at " + std::to_string(start.accepted_seq));
  if (std::exchange(started_, true)) violation("started twice");
  if (closed_) violation("started after it was closed");
  if (start.run != run_->request.run) violation("is shown another turn");
  if (kind_ == ReaderKind::posts_another_body)
    violation("another body under the same key is answered");
  const std::string event = storage::encode(Event(*start.accepted));
  if (!disk_.was_synced(storage::thread_key(start.thread), start.accepted_seq, event))
    violation("is told of an acceptance that is not on disk");
  if (run_->acknowledged() &&
      (run_->accepted_seq != start.accepted_seq || run_->accepted_event != event)) {
    // A turn that is gone may be asked for again.
    if (!run_->may_be_gone()) violation("the turn was made twice");
    run_->seen.clear();
    run_->ended = false;
  }
  run_->accepted_seq = start.accepted_seq;
  run_->accepted_event = event;
}

bool Reader::records(std::span<const RecordPtr> records) {
  if (!*server_alive_) return false;
  if (!started_ || closed_ || ended_) violation("is shown records out of its time");
  for (const auto& record : records) {
    std::string event = storage::encode(record->event);
    history_.add("  " + name_ + ": " + std::to_string(record->seq) + " " + describe(event));
    if (!disk_.was_synced(storage::thread_key(run_->request.thread), record->seq, event))
      violation("is shown what is not on disk");
    auto& seen = run_->seen;
    if (shown_ < seen.size()) {
      if (seen[shown_] != std::pair(record->seq, event))
        violation("is shown something else than others were at this place");
    } else {
      if (!seen.empty() && record->seq <= seen.back().first) violation("is shown an event twice");
      if (run_->ended) violation("is shown more after the end");
      seen.emplace_back(record->seq, std::move(event));
    }
    ++shown_;
    ended_ = holds_alternative<TurnEnded>(record->event);
  }
  if (ended_) run_->ended = true;
  return !leaves_;
}

void Reader::closed(std::optional<Error> error) {
  if (!*server_alive_) return;
  history_.add("  " + name_ + ": closed" +
               (error ? ", " + std::string(to_string(error->code)) : ""));
  if (std::exchange(closed_, true)) violation("closed twice");
  if (error) return check_refusal(*error);
  has_all_ = true;
  if (!ended_) violation("closed well without having been shown the end");
}

// What a turn, or a look at one, may be refused with.
void Reader::check_refusal(const Error& error) {
  switch (error.code) {
    case ErrorCode::internal:
    case ErrorCode::record_damaged:
      return violation("closed with what must not happen: " + error.detail);
    case ErrorCode::not_owner:
      if (!two_owners_) violation("its thread has two owners");
      return;
    case ErrorCode::storage_failed:
      if (!writes_failed_) violation("storage_failed, and no write has failed");
      return;
    case ErrorCode::idempotency_key_reused:
      if (kind_ != ReaderKind::posts_another_body) violation("its key is taken for another's");
      return;
    case ErrorCode::thread_not_found:
    case ErrorCode::run_not_found:
      if (run_->acknowledged() && !run_->may_be_gone())
        violation("what was acknowledged is not there");
      return;
    case ErrorCode::reader_too_slow:
      if (!leaves_) violation("cut, and it took everything");
      return;
    case ErrorCode::cancelled:
      if (started_ && !run_->may_be_gone()) violation("rolled back, and nobody asked for it");
      return;
    default:
      return;
  }
}

}  // namespace parlance::simulation
