#include "storage/journal_writer.hpp"

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/thread_name.hpp"
#include "storage/expiry.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <utility>

namespace parlance::storage {
namespace {

// Whoever opens a thread waits for what was written to be read, not for the disk.
bool is_waited_for(const WriterCall& call) {
  if (const auto* erase = std::get_if<EraseCall>(&call)) return erase->done != nullptr;
  return std::holds_alternative<AppendCall>(call) || std::holds_alternative<ChargeCall>(call) ||
         std::holds_alternative<ForgetCall>(call);
}

std::size_t bytes_of(const WriterCall& call) {
  if (const auto* charge = std::get_if<ChargeCall>(&call)) return charge->charges.bytes;
  if (const auto* answer = std::get_if<AnswerCall>(&call))
    return answer->value ? answer->value->size() : 0;
  const auto* append = std::get_if<AppendCall>(&call);
  return append == nullptr ? 0 : append->bytes;
}

Error write_failed() {
  return {ErrorCode::storage_failed, "a write has failed", {}, {}};
}

}  // namespace

JournalWriter::JournalWriter(JournalStore& store,
                             OpenThreads& open_threads,
                             const JournalOptions& options,
                             JournalMetrics& metrics,
                             const Clock& clock,
                             ForwardOpen forward_open)
    : store_(store),
      open_threads_(open_threads),
      options_(options),
      metrics_(metrics),
      clock_(clock),
      forward_open_(std::move(forward_open)),
      deliveries_(store),
      accounts_(store) {
  const auto since = store_.setting(erased_key);
  if (!since || !*since) return;
  const auto time = decode_time(**since);
  erased_since_ms_ = time ? *time : clock_.unix_ms();
}

// ---- the thread

void JournalWriter::start(Service::Died died) {
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, died = std::move(died)] { run(died); });
}

void JournalWriter::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
  drain();
}

void JournalWriter::submit(WriterCall call) {
  {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(call));
  }
  woken_.notify_one();
}

void JournalWriter::run(const Service::Died& died) {
  name_this_thread("journal-writer");
  try {
    work();
    return;
  } catch (const std::exception& problem) {
    hand_back();
    log_error("journal_writer_died", {{"reason", problem.what()}});
    died(problem.what());
  }
}

void JournalWriter::work() {
  while (take_batch()) {
    if (done_ != Step::written) {
      plan_batch();
      write_batch();
    }
    answer_batch();
  }
}

JournalWriter::Step JournalWriter::step() {
  if (done_ == Step::written) {
    answer_batch();
    return Step::answered;
  }
  if (done_ == Step::planned) {
    write_batch();
    return done_;
  }
  {
    const std::scoped_lock lock(mutex_);
    if (!fill_batch()) return Step::idle;
  }
  plan_batch();
  return done_;
}

// After the thread has ended, perhaps by an exception: what is left is written and answered here.
void JournalWriter::drain() {
  try {
    work();
  } catch (const std::exception& problem) {
    log_error("journal_writer_died", {{"reason", problem.what()}});
    hand_back();
    writable_ = false;
    work();
  }
}

bool JournalWriter::take_batch() {
  if (!batch_.empty()) return true;
  std::unique_lock lock(mutex_);
  woken_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  return fill_batch();
}

// The caller holds mutex_.
bool JournalWriter::fill_batch() {
  std::size_t bytes = 0;
  while (!queue_.empty() && batch_.size() < options_.batch_appends_max &&
         bytes < options_.batch_bytes_max) {
    bytes += bytes_of(queue_.front());
    batch_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !batch_.empty();
}

void JournalWriter::hand_back() {
  if (done_ == Step::written) return;
  done_ = Step::idle;
  const std::scoped_lock lock(mutex_);
  queue_.insert(queue_.begin(),
                std::make_move_iterator(batch_.begin()),
                std::make_move_iterator(batch_.end()));
  batch_.clear();
}

// ---- planning and writing

void JournalWriter::plan_batch() {
  planned_.Clear();
  verdicts_.clear();
  standing_.clear();
  after_.clear();
  deliveries_.begin_batch();
  accounts_.begin_batch();
  planned_records_ = 0;
  planned_erased_ = erased_;
  planned_erased_since_ms_ = erased_since_ms_;
  for (const auto& call : batch_) {
    verdicts_.push_back(writable_
                            ? std::visit([&](const auto& c) { return plan(c, planned_); }, call)
                            : Verdict::failed);
    const auto* append = std::get_if<AppendCall>(&call);
    const auto* erase = std::get_if<EraseCall>(&call);
    const std::string* thread = append != nullptr  ? &append->thread
                                : erase != nullptr ? &erase->thread
                                                   : nullptr;
    after_.push_back(thread != nullptr && writable_ ? standing(*thread) : std::nullopt);
  }
  done_ = Step::planned;
}

void JournalWriter::write_batch() {
  if (planned_.Count() > 0)
    failure_ = write(std::any_of(batch_.begin(), batch_.end(), is_waited_for));
  if (failure_) {
    writable_ = failpoint_fires("mutant.retry_after_failed_commit");
    std::replace(verdicts_.begin(), verdicts_.end(), Verdict::committed, Verdict::failed);
  } else {
    erased_ = planned_erased_;
    erased_since_ms_ = planned_erased_since_ms_;
  }
  done_ = Step::written;
  answered_ = 0;
  PARLANCE_FAILPOINT("journal.after_write");
}

std::optional<std::string> JournalWriter::write(bool synced) {
  PARLANCE_FAILPOINT("journal.before_write");
  if (failpoint_fires("journal.write_fails")) return "failpoint journal.write_fails";
  rocksdb::WriteOptions write_options;
  write_options.sync = synced && !failpoint_fires("mutant.skip_sync");
  const auto started = std::chrono::steady_clock::now();
  const auto status = store_.db().Write(write_options, &planned_);
  if (!status.ok()) return status.ToString();
  if (synced) {
    metrics_.batch_written(
        planned_records_, planned_.GetDataSize(), std::chrono::steady_clock::now() - started);
  }
  return std::nullopt;
}

std::optional<OpenThread>& JournalWriter::standing(const std::string& thread) {
  const auto found = standing_.find(thread);
  if (found != standing_.end()) return found->second;
  return standing_.emplace(thread, open_threads_.find(thread)).first->second;
}

JournalWriter::Verdict JournalWriter::plan(const AppendCall& call, rocksdb::WriteBatch& batch) {
  auto& owned = standing(call.thread);
  const bool fence = !failpoint_fires("mutant.forget_epoch_check");
  if (!owned || (fence && (owned->opening > 0 || owned->epoch != call.epoch)))
    return Verdict::fenced;
  OpenThread next = *owned;
  const bool begins = call.head && call.head->incarnation != owned->incarnation;
  if (begins) {
    next.seq = 0;
    next.incarnation = call.head->incarnation;
    next.replaces = false;
  } else if (!owned->running &&
             expired(owned->expires_ms, clock_.unix_ms(), options_.expiry_grace / 2)) {
    return Verdict::fenced;  // its records are about to be dropped from disk
  }
  if (next.incarnation == 0 || (fence && call.seq != next.seq)) return Verdict::fenced;

  const std::string prefix = events_prefix(call.thread, next.incarnation);
  for (const auto& event : call.events) {
    batch.Put(store_.events(), event_key(prefix, event.seq), event.value);
    next.seq = event.seq;
  }
  for (const std::uint64_t seq : call.deleted_seqs)
    batch.Delete(store_.events(), event_key(prefix, seq));
  planned_records_ += call.events.size();
  plan(call.charges, batch);
  if (call.head) {
    next.expires_ms = call.head->expires_ms;
    next.running = call.head->running;
    batch.Put(store_.heads(), call.thread, call.head->value);
    const bool listed = owned->running && !begins && owned->expires_ms == next.expires_ms;
    if (next.running && !listed && !failpoint_fires("mutant.drop_index_entry")) {
      batch.Put(store_.unfinished(), call.thread, encode_time(next.expires_ms));
    } else if (!next.running && (owned->running || begins)) {
      batch.Delete(store_.unfinished(), call.thread);
    }
  }
  if (begins && (owned->replaces || owned->incarnation != 0)) mark_erased(batch);
  owned = next;
  return Verdict::committed;
}

void JournalWriter::plan(const WrittenCharges& charges, rocksdb::WriteBatch& batch) {
  for (const auto& [key, value] : charges.deliveries)
    deliveries_.put(key, value, batch);
  for (const auto& [key, value] : charges.ledger)
    batch.Put(store_.ledger(), key, value);
  for (const auto& spending : charges.spendings)
    accounts_.add(spending, batch);
}

JournalWriter::Verdict JournalWriter::plan(const ChargeCall& call, rocksdb::WriteBatch& batch) {
  plan(call.charges, batch);
  return Verdict::committed;
}

JournalWriter::Verdict JournalWriter::plan(const EraseCall& call, rocksdb::WriteBatch& batch) {
  auto& owned = standing(call.thread);
  if (!owned || owned->opening > 0 || owned->epoch != call.epoch) return Verdict::fenced;
  batch.Delete(store_.heads(), call.thread);
  batch.Delete(store_.unfinished(), call.thread);
  if (call.undelivered == Undelivered::erased) deliveries_.erase_of(call.thread, batch);
  if (owned->incarnation != 0 || owned->replaces) mark_erased(batch);
  owned = OpenThread{.epoch = owned->epoch};
  return Verdict::committed;
}

JournalWriter::Verdict JournalWriter::plan(const OpenCall& call, rocksdb::WriteBatch&) {
  auto& owned = standing(call.thread);
  if (!owned) owned.emplace();
  ++owned->opening;
  return Verdict::committed;
}

JournalWriter::Verdict JournalWriter::plan(const ReleaseCall& call, rocksdb::WriteBatch&) {
  auto& owned = standing(call.thread);
  if (owned && owned->opening == 0 && owned->epoch == call.epoch) owned.reset();
  return Verdict::committed;
}

JournalWriter::Verdict JournalWriter::plan(const DeliveryCall& call, rocksdb::WriteBatch& batch) {
  if (call.value) {
    deliveries_.replace(call.key, *call.value, batch);
  } else {
    deliveries_.remove(call.key, batch);
  }
  return Verdict::committed;
}

JournalWriter::Verdict JournalWriter::plan(const AnswerCall& call, rocksdb::WriteBatch& batch) {
  if (call.value) {
    batch.Put(store_.answers(), call.key, *call.value);
  } else {
    batch.Delete(store_.answers(), call.key);
  }
  return Verdict::committed;
}

JournalWriter::Verdict JournalWriter::plan(const ForgetCall& call, rocksdb::WriteBatch& batch) {
  const KeyRange range = answers_of(call.tenant);
  batch.DeleteRange(store_.answers(), range.first, range.behind);
  return Verdict::committed;
}

JournalWriter::Verdict JournalWriter::plan(const SweptCall& call, rocksdb::WriteBatch& batch) {
  planned_erased_ -= std::min(planned_erased_, call.erased);
  planned_erased_since_ms_ = planned_erased_ == 0 ? 0 : call.started_ms;
  if (planned_erased_ == 0) {
    batch.Delete(store_.defaults(), rocksdb::Slice(erased_key.data(), erased_key.size()));
  } else {
    batch.Put(store_.defaults(),
              rocksdb::Slice(erased_key.data(), erased_key.size()),
              encode_time(planned_erased_since_ms_));
  }
  return Verdict::committed;
}

void JournalWriter::mark_erased(rocksdb::WriteBatch& batch) {
  ++planned_erased_;
  if (planned_erased_since_ms_ != 0) return;
  planned_erased_since_ms_ = clock_.unix_ms();
  batch.Put(store_.defaults(),
            rocksdb::Slice(erased_key.data(), erased_key.size()),
            encode_time(planned_erased_since_ms_));
}

// ---- answering

void JournalWriter::answer_batch() {
  while (answered_ < batch_.size()) {
    const std::size_t next = answered_++;
    auto& call = batch_[next];
    const bool committed = verdicts_[next] == Verdict::committed;
    if (committed && after_[next]) {
      const auto* append = std::get_if<AppendCall>(&call);
      open_threads_.advance(append != nullptr ? append->thread : std::get<EraseCall>(call).thread,
                            *after_[next]);
    }
    std::visit([&](auto& c) { answer(c, verdicts_[next]); }, call);
  }
  batch_.clear();
  done_ = Step::idle;
  metrics_.threads_open(open_threads_.size());
  if (failure_) {
    log_error("journal_write_failed", {{"reason", *failure_}});
    const std::string reason = *std::exchange(failure_, std::nullopt);
    if (!writable_) options_.on_write_failure(reason);
  }
}

void JournalWriter::answer(AppendCall& call, Verdict verdict) {
  constexpr AppendOutcome outcomes[] = {
      AppendOutcome::fenced, AppendOutcome::committed, AppendOutcome::failed};
  const AppendOutcome outcome = outcomes[static_cast<std::size_t>(verdict)];
  metrics_.append_answered(outcome);
  call.done(outcome);
}

void JournalWriter::answer(ChargeCall& call, Verdict verdict) {
  call.done(verdict == Verdict::committed ? AppendOutcome::committed : AppendOutcome::failed);
}

void JournalWriter::answer(EraseCall& call, Verdict verdict) {
  if (verdict == Verdict::committed) metrics_.thread_erased();
  if (!call.done) return;
  switch (verdict) {
    case Verdict::committed:
      call.done({});
      return;
    case Verdict::fenced:
      call.done(Error{ErrorCode::not_owner, "the thread has another owner", {}, {}});
      return;
    case Verdict::failed:
      call.done(write_failed());
      return;
  }
}

void JournalWriter::answer(OpenCall& call, Verdict verdict) {
  if (verdict == Verdict::failed) {
    call.done(write_failed());
    return;
  }
  open_threads_.begin_opening(call.thread);
  forward_open_(std::move(call));
}

void JournalWriter::answer(ReleaseCall& call, Verdict) {
  open_threads_.release(call.thread, call.epoch);
}

void JournalWriter::answer(DeliveryCall&, Verdict) {}

void JournalWriter::answer(AnswerCall&, Verdict) {}

void JournalWriter::answer(ForgetCall& call, Verdict verdict) {
  if (verdict != Verdict::committed) return call.done(write_failed());
  has_forgotten_ = true;
  call.done({});
}

void JournalWriter::answer(SweptCall&, Verdict) {}

}  // namespace parlance::storage
