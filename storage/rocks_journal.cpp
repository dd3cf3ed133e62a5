#include "storage/rocks_journal.hpp"

#include "runtime/base/log.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <exception>
#include <type_traits>
#include <utility>

namespace parlance::storage {
namespace {

// Runs `ask` and gives its Result to `done`, whatever happens.
template <class Ask, class Done>
void answer(const Ask& ask, const Done& done) {
  using Answer = std::invoke_result_t<Ask>;
  auto result = [&]() -> Answer {
    try {
      return ask();
    } catch (const std::exception& problem) {
      log_error("journal_read_threw", {{"reason", problem.what()}});
      return Error{ErrorCode::storage_failed, problem.what(), {}, {}};
    }
  }();
  done(std::move(result));
}

WrittenCharges encoded(std::vector<Spending> spendings,
                       const std::vector<LedgerRow>& ledger,
                       const std::vector<Delivery>& deliveries) {
  WrittenCharges written;
  for (const auto& row : ledger) {
    written.ledger.emplace_back(ledger_key(row.key), encode(row));
    written.bytes += written.ledger.back().second.size();
  }
  for (const auto& delivery : deliveries) {
    written.deliveries.emplace_back(delivery_key(delivery.key), encode(delivery));
    written.bytes += written.deliveries.back().second.size();
  }
  written.spendings = std::move(spendings);
  return written;
}

Error reads_full() {
  return {ErrorCode::storage_failed, "too many reads wait", {}, std::chrono::seconds(1)};
}

}  // namespace

RocksJournal::RocksJournal(JournalOptions options, JournalMetrics& metrics, const Clock& clock)
    : options_(std::move(options)),
      metrics_(metrics),
      clock_(clock) {}

Result<std::unique_ptr<RocksJournal>> RocksJournal::open_store(JournalOptions options,
                                                               JournalMetrics& metrics,
                                                               const Clock& clock) {
  auto journal =
      std::unique_ptr<RocksJournal>(new RocksJournal(std::move(options), metrics, clock));
  auto& self = *journal;
  auto judge = std::make_shared<ExpiryJudge>(self.open_threads_, clock, self.options_);
  auto store = JournalStore::open_store(self.options_, std::move(judge));
  if (!store) return store.error();
  self.store_ = std::move(*store);
  if (auto usable = self.check_answers(); !usable) return usable.error();
  self.make_parts(ReaderThreads::Threads::own);
  self.sweeper_ =
      std::make_unique<Sweeper>(*self.store_, *self.writer_, self.options_, metrics, clock);
  return journal;
}

// A block that is damaged would stop all writes, of turns too, once a compaction came to it.
Result<void> RocksJournal::check_answers() {
  std::uint64_t answers = 0;
  const auto damaged = read_answers(*store_, [&](const KeptAnswer&) { ++answers; });
  if (!damaged) log_warn("kept_answers_dropped", {{"reason", damaged.error().detail}});
  const bool stay = damaged && (options_.keeps_answers || answers + *damaged == 0);
  return stay ? Result<void>{} : store_->drop_answers();
}

std::unique_ptr<RocksJournal> RocksJournal::without_threads(std::unique_ptr<JournalStore> store,
                                                            JournalOptions options,
                                                            JournalMetrics& metrics,
                                                            const Clock& clock) {
  auto journal =
      std::unique_ptr<RocksJournal>(new RocksJournal(std::move(options), metrics, clock));
  journal->store_ = std::move(store);
  journal->make_parts(ReaderThreads::Threads::none);
  return journal;
}

void RocksJournal::make_parts(ReaderThreads::Threads threads) {
  reader_ = std::make_unique<JournalReader>(*store_, open_threads_, metrics_, clock_);
  reader_threads_ =
      std::make_unique<ReaderThreads>(options_.reader_threads, options_.reads_waiting_max, threads);
  writer_ = std::make_unique<JournalWriter>(
      *store_, open_threads_, options_, metrics_, clock_, [this](OpenCall call) {
        load(std::move(call));
      });
}

RocksJournal::~RocksJournal() {
  if (sweeper_) sweeper_->stop();
  if (writer_) writer_->stop();
  if (reader_threads_) reader_threads_->stop();
}

void RocksJournal::start(Died died) {
  writer_->start(std::move(died));
}

void RocksJournal::open(const ThreadKey& thread, Opened opened) {
  OpenCall call{thread_key(thread), std::move(opened)};
  if (!writer_->writable() || !open_threads_.begin_first_opening(call.thread))
    return writer_->submit(std::move(call));
  if (auto absent = reader_->open_absent(call.thread)) return call.done(std::move(*absent));
  load(std::move(call));
}

void RocksJournal::load(OpenCall call) {
  auto shared = std::make_shared<OpenCall>(std::move(call));
  reader_threads_->submit(shared->thread, [this, shared] {
    answer([&] { return reader_->open(shared->thread); }, shared->done);
  });
}

void RocksJournal::release(const ThreadKey& thread, std::uint64_t epoch) {
  writer_->submit(ReleaseCall{thread_key(thread), epoch});
}

void RocksJournal::append(Append append, Appended appended) {
  AppendCall call;
  call.thread = thread_key(append.thread);
  call.epoch = append.epoch;
  call.seq = append.seq;
  call.deleted_seqs = std::move(append.deleted_seqs);
  call.events.reserve(append.records.size());
  for (const auto& record : append.records) {
    call.events.push_back({record->seq, encode(record->event)});
    call.bytes += call.thread.size() + call.events.back().value.size();
  }
  if (append.head) {
    Head& head = *append.head;
    head.epoch = append.epoch;
    head.seq = append.records.empty() ? append.seq : append.records.back()->seq;
    call.head =
        WrittenHead{encode(head), head.incarnation, head.expires_ms, !head.unfinished_seqs.empty()};
    call.bytes += call.head->value.size();
  }
  call.charges = encoded(std::move(append.spendings), append.ledger, append.deliveries);
  call.bytes += call.charges.bytes;
  call.done = std::move(appended);
  writer_->submit(std::move(call));
}

void RocksJournal::charge(Charges charges, Appended charged) {
  writer_->submit(
      ChargeCall{encoded(std::move(charges.spendings), charges.ledger, charges.deliveries),
                 std::move(charged)});
}

void RocksJournal::erase(const ThreadKey& thread,
                         std::uint64_t epoch,
                         Undelivered undelivered,
                         Erased erased) {
  writer_->submit(EraseCall{thread_key(thread), epoch, undelivered, std::move(erased)});
}

void RocksJournal::read(const ThreadKey& thread,
                        std::uint64_t first,
                        std::uint64_t last,
                        std::size_t records_max,
                        Journal::Read read) {
  auto key = thread_key(thread);
  const bool taken = reader_threads_->try_submit(key, [this, key, first, last, records_max, read] {
    metrics_.read_answered();
    answer([&] { return reader_->read(key, first, last, records_max); }, read);
  });
  if (taken) return;
  metrics_.read_refused();
  read(reads_full());
}

void RocksJournal::unfinished(std::optional<ThreadKey> after,
                              std::size_t threads_max,
                              Journal::Listed listed) {
  const bool taken =
      reader_threads_->try_submit({}, [this, after = std::move(after), threads_max, listed] {
        metrics_.read_answered();
        answer([&] { return reader_->unfinished(after, threads_max); }, listed);
      });
  if (taken) return;
  metrics_.read_refused();
  listed(reads_full());
}

void RocksJournal::deliveries(std::optional<DeliveryKey> after,
                              std::size_t deliveries_max,
                              Outbox::Listed listed) {
  const bool taken =
      reader_threads_->try_submit({}, [this, after = std::move(after), deliveries_max, listed] {
        metrics_.read_answered();
        answer([&] { return list_deliveries(*store_, after, deliveries_max, metrics_); }, listed);
      });
  if (taken) return;
  metrics_.read_refused();
  listed(reads_full());
}

void RocksJournal::delivery(const DeliveryKey& key, Found found) {
  const bool taken = reader_threads_->try_submit(thread_key(key.thread), [this, key, found] {
    metrics_.read_answered();
    answer([&] { return read_delivery(*store_, key, metrics_); }, found);
  });
  if (taken) return;
  metrics_.read_refused();
  found(reads_full());
}

void RocksJournal::read(LedgerQuery query, Visit visit, Done done) {
  const bool taken = reader_threads_->try_submit(
      {}, [this, query = std::move(query), visit = std::move(visit), done] {
        metrics_.read_answered();
        const std::int64_t oldest_ms = clock_.unix_ms() - options_.ledger_ttl.count();
        answer([&] { return read_ledger(*store_, query, oldest_ms, visit, metrics_); }, done);
      });
  if (taken) return;
  metrics_.read_refused();
  done(reads_full());
}

void RocksJournal::put_off(Delivery delivery) {
  writer_->submit(DeliveryCall{delivery_key(delivery.key), encode(delivery)});
}

void RocksJournal::remove(const DeliveryKey& key) {
  writer_->submit(DeliveryCall{delivery_key(key), std::nullopt});
}

void RocksJournal::keep(const KeptAnswer& answer) {
  if (options_.keeps_answers) writer_->submit(AnswerCall{answer_key(answer.key), encode(answer)});
}

void RocksJournal::remove(const AnswerKey& key) {
  if (options_.keeps_answers) writer_->submit(AnswerCall{answer_key(key), std::nullopt});
}

void RocksJournal::forget(const std::string& tenant, Forgotten done) {
  writer_->submit(ForgetCall{tenant, std::move(done)});
}

Result<void> RocksJournal::answers(const VisitAnswer& visit) {
  if (!options_.keeps_answers) return {};
  const auto damaged = read_answers(*store_, visit);
  if (!damaged) return damaged.error();
  for (std::uint64_t i = 0; i < *damaged; ++i)
    metrics_.record_damaged();
  if (*damaged > 0) log_warn("kept_answers_damaged", {{"answers", *damaged}});
  return {};
}

}  // namespace parlance::storage
