// The one thread that writes the journal.
//
// Calls wait in one queue. The writer takes what has queued up during the last sync, checks each
// call against the fence, writes all that passed as one batch, synced if anybody waits for it, and
// only then answers, in order. An exception ends the thread but loses nothing: calls that were not
// written go back to the head of the queue, calls that were are answered after the next start().
//
// A batch goes through three steps: planned, written, answered. Who has no thread for the writer
// takes them one by one (step()) instead of calling start().
//
// Threading: submit() and writable() from any thread; start(), or step(), by one caller at a time;
// callbacks run on the writer's thread (in stop() and step(), on the caller's).
//
// Bounds: a batch holds at most batch_appends_max calls and about batch_bytes_max bytes. The queue
// is bounded by who may write: an owner of a thread has at most two appends on their way, a call
// without a thread one charge. What is kept of answers is bounded by the calls to models that are
// under way: none begins until what it depends on is written.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/ports/answer_store.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/service.hpp"
#include "storage/account_rows.hpp"
#include "storage/delivery_rows.hpp"
#include "storage/journal_options.hpp"
#include "storage/journal_store.hpp"
#include "storage/open_threads.hpp"

#include <rocksdb/write_batch.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace parlance::storage {

struct WrittenHead {
  std::string value;  // encoded
  std::uint64_t incarnation = 0;
  std::int64_t expires_ms = 0;
  bool running = false;
};

struct WrittenEvent {
  std::uint64_t seq = 0;
  std::string value;  // encoded
};

struct WrittenCharges {
  std::vector<std::pair<std::string, std::string>> ledger;      // keys and encoded values
  std::vector<std::pair<std::string, std::string>> deliveries;  // the same
  std::vector<Spending> spendings;
  std::size_t bytes = 0;
};

struct AppendCall {
  std::string thread;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::vector<WrittenEvent> events;
  std::vector<std::uint64_t> deleted_seqs;
  std::optional<WrittenHead> head;
  WrittenCharges charges;
  std::size_t bytes = 0;
  Journal::Appended done;
};
// Of no thread.
struct ChargeCall {
  WrittenCharges charges;
  Journal::Appended done;
};
struct EraseCall {
  std::string thread;
  std::uint64_t epoch = 0;
  Undelivered undelivered = Undelivered::kept;
  Journal::Erased done;  // may be null: nobody waits
};
// Goes on to the readers when everything before it is written.
struct OpenCall {
  std::string thread;
  Journal::Opened done;
};
struct ReleaseCall {
  std::string thread;
  std::uint64_t epoch = 0;
};
// Of a delivery: its new value, if it is still there; none: it is over.
struct DeliveryCall {
  std::string key;
  std::optional<std::string> value;
};
// Of an answer that is kept: its value; none: it has left.
struct AnswerCall {
  std::string key;
  std::optional<std::string> value;
};
// All kept answers of a tenant, or with an empty name all.
struct ForgetCall {
  std::string tenant;
  AnswerStore::Forgotten done;
};
// The sweeper has compacted what was erased before it looked.
struct SweptCall {
  std::uint64_t erased = 0;
  std::int64_t started_ms = 0;
};

using WriterCall = std::variant<AppendCall,
                                ChargeCall,
                                EraseCall,
                                OpenCall,
                                ReleaseCall,
                                DeliveryCall,
                                AnswerCall,
                                ForgetCall,
                                SweptCall>;

class JournalWriter {
 public:
  using ForwardOpen = std::function<void(OpenCall)>;

  JournalWriter(JournalStore& store,
                OpenThreads& open_threads,
                const JournalOptions& options,
                JournalMetrics& metrics,
                const Clock& clock,
                ForwardOpen forward_open);
  ~JournalWriter() { stop(); }
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void start(Service::Died died);

  // What is done of the batch, and what step() did; idle: nothing.
  enum class Step : std::uint8_t { idle, planned, written, answered };
  Step step();

  // Answers everything that was submitted, and ends the thread. Nothing may be submitted any more.
  void stop();

  void submit(WriterCall call);
  bool writable() const { return writable_; }

  // Threads erased or replaced since the last SweptCall, and since when there have been some
  // (0: none): their events wait for a compaction.
  std::uint64_t erased() const { return erased_; }
  std::int64_t erased_since_ms() const { return erased_since_ms_; }

  // Whether kept answers were forgotten since it was asked last, by this process or, for all that
  // it knows, by one before it: they wait for a compaction.
  bool take_forgotten() { return has_forgotten_.exchange(false); }

 private:
  enum class Verdict : std::uint8_t { fenced, committed, failed };

  void run(const Service::Died& died);
  void work();
  void drain();
  bool take_batch();
  bool fill_batch();
  void hand_back();

  void plan_batch();
  void write_batch();
  Verdict plan(const AppendCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const ChargeCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const EraseCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const OpenCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const ReleaseCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const DeliveryCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const AnswerCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const ForgetCall& call, rocksdb::WriteBatch& batch);
  Verdict plan(const SweptCall& call, rocksdb::WriteBatch& batch);
  void plan(const WrittenCharges& charges, rocksdb::WriteBatch& batch);
  std::optional<OpenThread>& standing(const std::string& thread);
  void mark_erased(rocksdb::WriteBatch& batch);
  std::optional<std::string> write(bool synced);

  void answer_batch();
  void answer(AppendCall& call, Verdict verdict);
  void answer(ChargeCall& call, Verdict verdict);
  void answer(EraseCall& call, Verdict verdict);
  void answer(OpenCall& call, Verdict verdict);
  void answer(ReleaseCall& call, Verdict verdict);
  void answer(DeliveryCall& call, Verdict verdict);
  void answer(AnswerCall& call, Verdict verdict);
  void answer(ForgetCall& call, Verdict verdict);
  void answer(SweptCall& call, Verdict verdict);

  JournalStore& store_;
  OpenThreads& open_threads_;
  const JournalOptions& options_;
  JournalMetrics& metrics_;
  const Clock& clock_;
  const ForwardOpen forward_open_;

  std::atomic<bool> writable_ = true;
  std::atomic<std::uint64_t> erased_ = 0;
  std::atomic<std::int64_t> erased_since_ms_ = 0;
  std::atomic<bool> has_forgotten_ = true;

  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<WriterCall> queue_;  // guarded by mutex_
  bool stopping_ = false;         // guarded by mutex_

  // The writer's own, and stop()'s when the thread has ended. `standing_` is where each thread of
  // the batch stands after the calls planned so far; nothing: it was released.
  std::vector<WriterCall> batch_;
  std::vector<Verdict> verdicts_;
  std::unordered_map<std::string, std::optional<OpenThread>> standing_;
  std::vector<std::optional<OpenThread>> after_;  // one for each call: where its thread stands then
  rocksdb::WriteBatch planned_;
  DeliveryRows deliveries_;
  AccountRows accounts_;
  std::size_t planned_records_ = 0;
  std::uint64_t planned_erased_ = 0;
  std::int64_t planned_erased_since_ms_ = 0;
  Step done_ = Step::idle;              // of batch_; written: on disk, or known to be lost
  std::size_t answered_ = 0;            // calls of batch_
  std::optional<std::string> failure_;  // of the write, until it has been told

  std::thread thread_;
};

}  // namespace parlance::storage
