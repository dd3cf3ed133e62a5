// ThreadActor's answers to what clients ask of a thread, beside turns.
#include "actors/thread_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace parlance::actors {

Error ThreadActor::not_found() {
  return {ErrorCode::thread_not_found, "there is no such thread", {}, {}};
}

Error ThreadActor::was_rolled_back() {
  return {ErrorCode::cancelled, "the turn was rolled back", {}, {}};
}

Error ThreadActor::fell_behind() {
  return {ErrorCode::reader_too_slow, "the reader fell behind", {}, {}};
}

Error ThreadActor::key_reused() {
  return {ErrorCode::idempotency_key_reused,
          "the Idempotency-Key was used for another request on this thread",
          {},
          {}};
}

void ThreadActor::take(ControlJob& job) {
  if (damaged_) {
    job.refuse(*damaged_);
    job.ticket.leave();
    return leave_if_empty();
  }
  forget_if_expired();
  job.taken = true;
  std::visit([this](auto& request) { handle(request); }, job.request);
  job.ticket.leave();
  leave_if_empty();
}

ThreadActor::Place* ThreadActor::find(const RunId& run) {
  for (auto* places : {&places_, &delayed_}) {
    for (auto& place : *places) {
      if (place->turn.accepted().run == run) return place.get();
    }
  }
  return nullptr;
}

const RunView* ThreadActor::find_ended(const RunId& run) const {
  const auto found = std::find_if(
      state_.runs.begin(), state_.runs.end(), [&](const RunView& each) { return each.run == run; });
  return found == state_.runs.end() ? nullptr : &*found;
}

// Of a turn that waits, runs or has ended.
const TurnAccepted* ThreadActor::find_accepted(const RunId& run) {
  if (const Place* const place = find(run)) return &place->turn.accepted();
  const RunView* const ended = find_ended(run);
  return ended == nullptr ? nullptr : ended->accepted.get();
}

void ThreadActor::handle(JoinRun& join_run) {
  join(join_run.run, {.sink = std::move(join_run.sink)});
}

void ThreadActor::join(const RunId& run, Reader reader) {
  if (Place* place = find(run)) {
    place->readers.push_back(std::move(reader));
    show(*place);
    stream_pieces();
    if (quarantined_ && is_front(*place)) close_readers(*place, in_quarantine());
    return;
  }
  if (const RunView* const ended = find_ended(run)) return replay(*ended, std::move(reader));
  reader.sink->closed(head_ ? Error{ErrorCode::run_not_found, "the thread has no such run", {}, {}}
                            : not_found());
}

void ThreadActor::handle(CancelRun& cancel) {
  const bool rolls_back = cancel.reason == CancelReason::rollback;
  Place* const place = find(cancel.run);
  const bool ended = find_ended(cancel.run) != nullptr || (place && place->turn.ended());
  if (rolls_back && ended && !(place && place->turn.rolled_back())) {
    return cancel.done(Error{
        ErrorCode::invalid_value, "the run has ended: it cannot be rolled back", "action", {}});
  }
  if (place != nullptr) {
    place->when_ended.push_back(std::move(cancel.done));
    if (rolls_back && !ended) return roll_back(*place);
    const char* why =
        cancel.reason == CancelReason::client_left ? "the client left" : "the turn was cancelled";
    return stop(*place, TurnOutcome::cancelled, {ErrorCode::cancelled, why, {}, {}});
  }
  if (ended) return cancel.done({});
  cancel.done(head_ ? Error{ErrorCode::run_not_found, "the thread has no such run", {}, {}}
                    : not_found());
}

void ThreadActor::handle(MakeThread& make) {
  const bool repeated = head_ && !make.create.request_digest.empty() &&
                        head_->request_digest == make.create.request_digest;
  // Who makes it and who repeats the request are told the same, to the byte.
  const bool as_made = repeated || !head_;
  auto answer = [this, repeated, as_made, done = std::move(make.done)](std::optional<Error> error) {
    if (error) return done(*error);
    done(as_made ? view_when_made(repeated) : view());
  };
  if (head_) {
    if (!repeated && !make.create.existing_ok)
      return answer(Error{ErrorCode::thread_exists, "the thread exists", {}, {}});
    return when_durable(std::move(answer));
  }
  make_head(make.create.ttl_ms.value_or(options_.thread_ttl.count()));
  head_->metadata = dump(make.create.metadata);
  head_->request_digest = std::move(make.create.request_digest);
  write_head(std::move(answer));
}

void ThreadActor::handle(ShowThread& show) {
  if (!head_) return show.done(not_found());
  when_durable([this, answer = std::move(show.done)](std::optional<Error> error) {
    if (error) return answer(*error);
    answer(view());
  });
}

// Runs `then` once everything that has been appended so far is on disk.
void ThreadActor::when_durable(WhenDurable then) {
  if (writes_.empty()) return then(std::nullopt);
  writes_.back().then.push_back(std::move(then));
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
  if (!delayed_.empty()) start_due();
  if (wake.done) wake.done({});
}

void ThreadActor::erase(std::function<void(std::optional<Error>)> then) {
  when_erased_ = std::move(then);
  tools_.journal.erase(
      key_,
      epoch_,
      Undelivered::erased,
      [self = caf::actor_cast<caf::actor>(this)](Result<void> erased) {
        caf::anon_send(self, ThreadErased{erased ? std::nullopt : std::optional(erased.error())});
      });
  become(erasing());
}

// Nobody waits for the end of a temporary thread: no sync, and no phase of its own. One that a
// power cut brings back expires like any other.
void ThreadActor::forget() {
  tools_.journal.erase(key_, epoch_, Undelivered::kept, nullptr);
  clear();
  leave_if_empty();
}

// There is no thread any more. What is read back of it would be read of the next one of its name.
void ThreadActor::clear() {
  drop_delayed();
  close_replays(not_found());
  head_.reset();
  state_ = {};
  seq_ = committed_seq_ = turns_ = 0;
}

// An ended turn is read back whole: it is bounded, and its readers have it at once.
void ThreadActor::replay(const RunView& run, Reader reader) {
  const auto going_on = std::find_if(replays_.begin(), replays_.end(), [&](const Replay& each) {
    return each.start.run == run.run;
  });
  if (going_on != replays_.end()) return going_on->readers.push_back(std::move(reader));
  if (reads_.size() >= reads_max) return reader.sink->closed(too_many_reads());
  static std::atomic<std::uint64_t> last{0};
  replays_.push_back({++last, run.ended_seq, start_of(run), {}, {}});
  replays_.back().readers.push_back(std::move(reader));
  read_on(replays_.back(), run.accepted_seq);
}

TurnStart ThreadActor::start_of(const RunView& ended) const {
  auto messages = std::make_shared<const Messages>(state_.messages_before(ended));
  // Null when it never began.
  auto fields = ended.begun ? state_.fields_before(ended) : std::make_shared<const Json>(nullptr);
  return {key_,
          ended.run,
          ended.turn,
          ended.accepted_seq,
          0,
          std::move(messages),
          std::move(fields),
          ended.accepted};
}

void ThreadActor::read_on(const Replay& replay, std::uint64_t from) {
  constexpr std::size_t records_max = 100'000;
  read_records(
      key_,
      from,
      replay.ended_seq,
      records_max,
      [this, number = replay.number](const Records& records) { replayed(number, records); });
}

// Between the turn's records lie those of others: a read may end before the turn does.
void ThreadActor::replayed(std::uint64_t number, const Records& records) {
  const auto found = std::find_if(
      replays_.begin(), replays_.end(), [&](const Replay& each) { return each.number == number; });
  if (found == replays_.end()) return;
  if (records) {
    for (const auto& record : *records) {
      if (turn_of(record->event) == found->start.turn) found->records.push_back(record);
    }
    if (!records->empty() && records->back()->seq < found->ended_seq)
      return read_on(*found, records->back()->seq + 1);
  }
  Replay replay = std::move(*found);
  replays_.erase(found);
  if (records) {
    show(replay);
  } else {
    for (const auto& reader : replay.readers)
      reader.sink->closed(records.error());
  }
  leave_if_empty();
}

void ThreadActor::show(Replay& replay) {
  const auto& records = replay.records;
  if (records.empty() || records.back()->seq != replay.ended_seq) {
    for (const auto& reader : replay.readers)
      reader.sink->closed(not_found());
    return;
  }
  for (const auto& reader : replay.readers) {
    replay.start.repeated = reader.repeated;
    reader.sink->started(replay.start);
    if (reader.sink->records(records)) {
      reader.sink->closed(std::nullopt);
    } else {
      reader.sink->closed(fell_behind());
    }
  }
}

// The thread as whoever made it was shown it.
std::shared_ptr<const ThreadView> ThreadActor::view_when_made(bool repeated) const {
  auto view = std::make_shared<ThreadView>();
  view->repeated = repeated;
  view->thread = key_;
  view->incarnation = head_->incarnation;
  view->created_ms = view->updated_ms = head_->created_ms;
  view->metadata = Json::parse(head_->metadata, nullptr, /*allow_exceptions=*/false);
  view->fields = Json::object();
  std::uint64_t ended_seq = 0;
  for (const auto& run : state_.runs) {
    if (run.ended_seq > head_->made_seq) continue;
    view->runs.push_back(run);
    view->agent = run.agent;
    if (!run.begun) continue;
    view->fields = run.ended->fields;
    ended_seq = run.ended_seq;
  }
  if (ended_seq != 0) view->messages = state_.messages_at({ended_seq, CheckpointPlace::Kind::step});
  return view;
}

std::shared_ptr<const ThreadView> ThreadActor::view(bool repeated) const {
  auto view = std::make_shared<ThreadView>();
  view->repeated = repeated;
  view->thread = key_;
  view->incarnation = head_->incarnation;
  view->created_ms = head_->created_ms;
  view->updated_ms = head_->updated_ms;
  view->agent = head_->agent;
  view->metadata = Json::parse(head_->metadata, nullptr, /*allow_exceptions=*/false);
  view->messages = *state_.at.messages;
  view->fields = *state_.at.fields;
  view->runs = state_.runs;
  const auto add = [&](const Place& place, bool in_line) {
    const Turn& turn = place.turn;
    if (turn.accepted_seq() == 0 || turn.accepted_seq() > committed_seq_) return;
    const bool stands = quarantined_ && is_front(place);
    view->busy = view->busy || (in_line && !stands);
    RunView run;
    run.run = turn.accepted().run;
    run.turn = turn.number();
    run.agent = turn.accepted().agent;
    run.begun = turn.begun();
    run.status = run.begun ? RunStatus::running : RunStatus::pending;
    if (stands) run.status = RunStatus::error;
    run.accepted_seq = turn.accepted_seq();
    run.accepted = turn.shared_accepted();
    run.created_ms = run.updated_ms = turn.accepted().accepted_ms;
    if (turn.begun()) {
      std::vector<RecordPtr> durable;
      for (const auto& record : turn.records()) {
        if (record->seq <= committed_seq_) durable.push_back(record);
      }
      if (turn.accepted().fork) view->messages = *turn.messages_before();
      view->messages = messages_after(view->messages, durable);
    }
    add_run(view->runs, std::move(run));
  };
  for (const auto& place : places_)
    add(*place, true);
  for (const auto& place : delayed_)
    add(*place, false);
  return view;
}

}  // namespace parlance::actors
