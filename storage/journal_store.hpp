// The RocksDB database that a journal is kept in: opened, set up, and closed.
//
// Threading: after open_store() from any thread.
//
// Bounds: memtables, block cache (with index and filter blocks in it) and open files as
// JournalOptions says; the log of unflushed writes at 64 MiB.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/journal.hpp"
#include "storage/expiry_filter.hpp"
#include "storage/journal_options.hpp"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::storage {

class JournalStore {
 public:
  // Makes the database when there is none. Errors: storage_failed, with the path and the reason.
  static Result<std::unique_ptr<JournalStore>> open_store(const JournalOptions& options,
                                                          std::shared_ptr<ExpiryJudge> judge);
  // On a database that is open, with its families in the order of those below; it outlives the
  // store.
  JournalStore(rocksdb::DB& db, std::vector<rocksdb::ColumnFamilyHandle*> families)
      : db_(&db),
        handles_(std::move(families)) {}
  ~JournalStore();
  JournalStore(const JournalStore&) = delete;
  JournalStore& operator=(const JournalStore&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* defaults() const { return handles_[0]; }
  rocksdb::ColumnFamilyHandle* heads() const { return handles_[1]; }
  rocksdb::ColumnFamilyHandle* events() const { return handles_[2]; }
  rocksdb::ColumnFamilyHandle* unfinished() const { return handles_[3]; }
  rocksdb::ColumnFamilyHandle* deliveries() const { return handles_[4]; }
  rocksdb::ColumnFamilyHandle* accounts() const { return handles_[5]; }
  rocksdb::ColumnFamilyHandle* ledger() const { return handles_[6]; }
  rocksdb::ColumnFamilyHandle* answers() const { return handles_[7]; }
  const std::vector<rocksdb::ColumnFamilyHandle*>& families() const { return handles_; }

  // Kept answers begin anew, whatever can be read of them. Before anybody else uses the store.
  // Errors: storage_failed; no answers() then.
  Result<void> drop_answers();

  // As it is stored, expired or not; none when there is none. Errors: record_damaged,
  // storage_failed.
  Result<std::optional<Head>> head(std::string_view thread);

  // True: there is no head, as memory alone can tell (memtables, bloom filters). False: who knows.
  bool surely_no_head(std::string_view thread);

  // The value of `key` in the default family.
  Result<std::optional<std::string>> setting(std::string_view key);

 private:
  explicit JournalStore(std::shared_ptr<ExpiryJudge> judge) : judge_(std::move(judge)) {}

  const std::shared_ptr<ExpiryJudge> judge_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> opened_;  // null when somebody else opened it
  rocksdb::DB* db_ = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

// A failed status as an Error: what was tried, and RocksDB's words.
Error storage_error(std::string_view what, const rocksdb::Status& status);

}  // namespace parlance::storage
