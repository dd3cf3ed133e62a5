// What has been spent, and the calls that it was spent on: what one batch of the journal's writer
// does to these rows, and how they are read.
//
// An account's row is its sum. The writer is the only one that changes it, so it reads the sum,
// adds, and writes it back.
//
// Threading: an AccountRows belongs to the writer's thread; the functions may be called from any.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/money/account.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/ledger.hpp"
#include "storage/journal_store.hpp"

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace parlance::storage {

class AccountRows {
 public:
  explicit AccountRows(JournalStore& store) : store_(store) {}

  // What follows is planned for a new batch; the one before is on disk.
  void begin_batch() { planned_.clear(); }

  // Throws std::runtime_error when the row cannot be read: the writer is started again, and
  // nothing of the batch is lost.
  void add(const Spending& spending, rocksdb::WriteBatch& batch);

 private:
  Account stored(const std::string& key) const;

  JournalStore& store_;
  std::map<std::string, Account> planned_;  // of this batch: as it is after it
};

// A damaged one is an error: who does not know what has been spent must not spend.
using VisitAccount = std::function<void(const AccountKey& owner, const Account& sum)>;
Result<void> read_accounts(JournalStore& store, const VisitAccount& visit);

// See Ledger::read(). A damaged row is counted and passed by. Rows from before `oldest_ms` have
// expired.
Result<LedgerPage> read_ledger(JournalStore& store,
                               const LedgerQuery& query,
                               std::int64_t oldest_ms,
                               const Ledger::Visit& visit,
                               JournalMetrics& metrics);

}  // namespace parlance::storage
