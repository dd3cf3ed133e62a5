// Where threads are kept: one sequence of events each, and one small head.
//
// storage/rocks_journal.hpp is the real one; tests/support/memory_journal.hpp answers when the test
// lets it, and can fail.
//
// A thread is opened before it is written. Opening makes the opener its one owner: the epoch in the
// head goes up by one, and what an earlier owner still sends is fenced.
#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/journal/delivery.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/money/account.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/ledger_row.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parlance {

// What is known of a thread without reading its events.
struct Head {
  std::uint64_t incarnation = 0;     // a thread that is deleted and made again is another one
  std::uint64_t epoch = 0;           // of the owner that wrote this head
  std::uint64_t seq = 0;             // of the last event written together with this head
  std::uint64_t turns = 0;           // accepted so far
  std::uint64_t last_ended_seq = 0;  // of the newest turn_finished/failed/cancelled; 0: none
  std::vector<std::uint64_t> unfinished_seqs;  // turn_accepted records without an end, in order
  std::uint32_t attempts = 0;                  // made at the first of them; written before each
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::int64_t expires_ms = 0;  // since 1970; 0: never
  std::int64_t ttl_ms = 0;      // expires_ms = updated_ms + ttl_ms; 0: never
  std::string agent;            // of the newest turn; empty before the first
  std::string metadata = "{}";  // the client's JSON object, bounded by the front
  std::string request_digest;   // of the request that made it by an Idempotency-Key; else empty
  std::uint64_t made_seq = 0;   // of the last record that it was made with; 0: it is no copy
  // Of the turn that `attempts` counts, as it was last begun or released, since 1970; 0: the one
  // that it was accepted with.
  std::int64_t deadline_ms = 0;
  Account spent;  // by the thread, while threads have a budget

  bool operator==(const Head&) const = default;
};

// A thread that takes several writes to make has a head that expired in 1970, with an unfinished
// turn so that it is not swept, until the last of them: nobody is shown it, and what a crash leaves
// of it goes as all that has expired does.
inline constexpr std::int64_t expires_unmade_ms = 1;

struct OpenedThread {
  std::uint64_t epoch = 0;   // to append with
  std::optional<Head> head;  // none: there is no such thread; the first append makes it
  std::uint64_t seq = 0;     // of the last event; the next append starts at seq + 1
  // turn_accepted, step_done with messages, and the ending of every turn that has ended, in order
  // of seq; and all records of the turns that have not.
  std::vector<RecordPtr> records;
};

// What somebody has spent more, or less than was reserved.
struct Spending {
  AccountKey account;
  Amount change;
  std::int64_t at_ms = 0;           // when it was reserved
  std::optional<ToldShare> told{};  // an alert of it is written with this

  void add_to(Account& sum) const {
    sum.add(change, at_ms);
    if (told) sum.tell(*told);
  }
};

// What calls cost that belong to no thread. Written at once, or not at all.
struct Charges {
  std::vector<Spending> spendings;   // added to the accounts
  std::vector<LedgerRow> ledger;     // each in place of the one with its key
  std::vector<Delivery> deliveries;  // webhooks of the alerts that these spendings bring
};

// What is written at once, or not at all.
struct Append {
  ThreadKey thread;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;                    // of the last event before these
  std::vector<RecordPtr> records;           // seq + 1, seq + 2, …; a copy may leave places out
  std::vector<std::uint64_t> deleted_seqs;  // of records before these that go with the same write
  std::optional<Head> head;  // left out by batches of deltas; its epoch and seq are set by append()
  // Webhooks of the turns that these records end, and of the alerts that these spendings bring.
  std::vector<Delivery> deliveries{};
  std::vector<Spending> spendings{};  // added to the accounts
  std::vector<LedgerRow> ledger{};    // each in place of the one with its key
};

// What becomes of a thread's webhooks that no receiver has yet, when it is erased.
enum class Undelivered : std::uint8_t { kept, erased };

enum class AppendOutcome : std::uint8_t {
  committed,  // on disk, synced
  fenced,     // epoch or seq is not the stored one; nothing was written
  failed,     // nobody knows what is on disk; the process is about to end
};

// Threading: every call may come from any thread and returns at once. Each callback runs exactly
// once, on a thread of the journal's or within the call, in the order of the calls for one thread;
// it does nothing but hand over (post a message).
//
// Bounds: a thread's owner keeps at most two appends on their way, and a call without a thread one
// charge, so the queue is bounded by the number of resident threads and of calls; reads wait in a
// queue of reads_waiting_max and are refused beyond it (storage_failed with advice).
class Journal {
 public:
  using Opened = std::function<void(Result<OpenedThread>)>;
  using Appended = std::function<void(AppendOutcome)>;
  using Erased = std::function<void(Result<void>)>;
  using Read = std::function<void(Result<std::vector<RecordPtr>>)>;
  using Listed = std::function<void(Result<std::vector<ThreadKey>>)>;

  virtual ~Journal() = default;

  // Errors: record_damaged, when the head or a needed record fails its checksum; storage_failed.
  virtual void open(const ThreadKey& thread, Opened opened) = 0;

  // The owner has left memory. The thread's next owner opens it.
  virtual void release(const ThreadKey& thread, std::uint64_t epoch) = 0;

  // Durable before `appended` runs. Also refreshes the index of threads with unfinished turns.
  virtual void append(Append append, Appended appended) = 0;

  // Durable before `charged` runs: committed, or failed.
  virtual void charge(Charges charges, Appended charged) = 0;

  // Deletes the thread: its head at once, its events by compaction. `epoch` as in append. Synced
  // before `erased` runs; a null `erased` says that nobody waits, and that the next synced write
  // may take it along.
  virtual void erase(const ThreadKey& thread,
                     std::uint64_t epoch,
                     Undelivered undelivered,
                     Erased erased) = 0;

  // Records first..last of an open thread, at most records_max of them, for replay. Never returns
  // what has expired. An empty answer: there are none in this range.
  virtual void read(const ThreadKey& thread,
                    std::uint64_t first,
                    std::uint64_t last,
                    std::size_t records_max,
                    Read read) = 0;

  // Threads with unfinished turns, by an index, at most threads_max, after `after` in key order.
  virtual void unfinished(std::optional<ThreadKey> after,
                          std::size_t threads_max,
                          Listed listed) = 0;

  // False once a write has failed: nothing can be written until the process starts again.
  virtual bool writable() const = 0;
};

}  // namespace parlance
