// The journal on RocksDB.
//
//   append, erase, release ─► JournalWriter ──────────────► one synced batch ─► callbacks
//   open ──────── of a thread that does not exist ──────────► callback, when memory can tell
//                 of one that is not open ──────────────────► ReaderThreads
//                 else ─────► JournalWriter ─► ReaderThreads (behind what was appended before it)
//   put_off, remove, keep ──► JournalWriter ──────────────► the same batch, or one without a sync
//   forget ─────────────────► JournalWriter ──────────────► one synced batch
//   deliveries, delivery, the ledger ───────────────────────► ReaderThreads
//   read, unfinished ───────────────────────────────────────► ReaderThreads
//   Sweeper, expiry filter: what has expired or was erased leaves the disk
//
// Keys and values: storage/keys.hpp.
//
// Threading: as runtime/ports/journal.hpp and service.hpp say; what is written before
// start() waits for it. Callbacks run on the writer's or a reader's thread; a refused read
// and the opening of a thread that does not exist are answered on the caller's. An append by an
// owner that another one has superseded may be answered before that one's opening.
//
// Bounds: see the parts. An append by the owner of a thread that expired (more than half of
// expiry_grace ago, no turn running) is fenced: its records are about to leave the disk.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/result.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/ports/answer_store.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/ledger.hpp"
#include "runtime/ports/outbox.hpp"
#include "runtime/ports/service.hpp"
#include "storage/answer_rows.hpp"
#include "storage/journal_options.hpp"
#include "storage/journal_reader.hpp"
#include "storage/journal_store.hpp"
#include "storage/journal_writer.hpp"
#include "storage/open_threads.hpp"
#include "storage/reader_threads.hpp"
#include "storage/sweeper.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parlance::storage {

class RocksJournal : public Journal,
                     public Outbox,
                     public Ledger,
                     public AnswerStore,
                     public Service {
 public:
  // Opens the store, makes it when there is none. `metrics` and `clock` outlive the journal.
  // Errors: storage_failed, with path and reason.
  static Result<std::unique_ptr<RocksJournal>> open_store(JournalOptions options,
                                                          JournalMetrics& metrics,
                                                          const Clock& clock);

  // On a store that is open, with neither threads nor sweeps: what they would do is done by who
  // steps the writer() and each of the readers()' `options.reader_threads` queues.
  static std::unique_ptr<RocksJournal> without_threads(std::unique_ptr<JournalStore> store,
                                                       JournalOptions options,
                                                       JournalMetrics& metrics,
                                                       const Clock& clock);

  // Answers every call that was made, then closes the store.
  ~RocksJournal() override;
  RocksJournal(const RocksJournal&) = delete;
  RocksJournal& operator=(const RocksJournal&) = delete;

  void start(Died died) override;

  void open(const ThreadKey& thread, Opened opened) override;
  void release(const ThreadKey& thread, std::uint64_t epoch) override;
  void append(Append append, Appended appended) override;
  void charge(Charges charges, Appended charged) override;
  void erase(const ThreadKey& thread,
             std::uint64_t epoch,
             Undelivered undelivered,
             Erased erased) override;
  void read(const ThreadKey& thread,
            std::uint64_t first,
            std::uint64_t last,
            std::size_t records_max,
            Journal::Read read) override;
  void unfinished(std::optional<ThreadKey> after,
                  std::size_t threads_max,
                  Journal::Listed listed) override;
  bool writable() const override { return writer_->writable(); }

  void deliveries(std::optional<DeliveryKey> after,
                  std::size_t deliveries_max,
                  Outbox::Listed listed) override;
  void delivery(const DeliveryKey& key, Found found) override;
  void put_off(Delivery delivery) override;
  void remove(const DeliveryKey& key) override;

  void read(LedgerQuery query, Visit visit, Done done) override;
  // What has been spent, on the caller's thread. Errors: record_damaged, storage_failed.
  Result<void> accounts(const VisitAccount& visit) { return read_accounts(*store_, visit); }

  void keep(const KeptAnswer& answer) override;
  void remove(const AnswerKey& key) override;
  void forget(const std::string& tenant, Forgotten done) override;
  // Those that are kept, on the caller's thread; none unless options.keeps_answers. One that cannot
  // be read is counted, and left out. Errors: storage_failed.
  Result<void> answers(const VisitAnswer& visit);

  // One sweep now, on the caller's thread.
  Result<void> sweep() { return sweeper_->sweep(); }

  JournalWriter& writer() { return *writer_; }
  ReaderThreads& readers() { return *reader_threads_; }

 private:
  void load(OpenCall call);

  RocksJournal(JournalOptions options, JournalMetrics& metrics, const Clock& clock);
  Result<void> check_answers();
  void make_parts(ReaderThreads::Threads threads);

  const JournalOptions options_;
  JournalMetrics& metrics_;
  const Clock& clock_;
  OpenThreads open_threads_;
  std::unique_ptr<JournalStore> store_;
  std::unique_ptr<JournalReader> reader_;
  std::unique_ptr<ReaderThreads> reader_threads_;
  std::unique_ptr<JournalWriter> writer_;
  std::unique_ptr<Sweeper> sweeper_;
};

}  // namespace parlance::storage
