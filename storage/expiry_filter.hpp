// What compactions leave out: expired heads, events of threads that are gone, old rows of the
// ledger, accounts of which no budget counts anything any more, and kept answers whose time is
// over, that cannot be read, or that nobody wants on disk.
//
// The events' filter asks for a thread's head once and keeps the answer for the events that follow,
// which are sorted by thread. When in doubt (the store is being opened, a head cannot be read) it
// keeps what it sees. A thread whose owner works on a turn does not expire under it.
//
// Threading: RocksDB calls the filters on its compaction threads; each compaction has its own.
#pragma once

#include "runtime/base/clock.hpp"
#include "storage/journal_options.hpp"
#include "storage/open_threads.hpp"

#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

namespace parlance::storage {

// Threading: attach() and detach() by the store; the rest from any thread.
class ExpiryJudge {
 public:
  ExpiryJudge(const OpenThreads& open_threads, const Clock& clock, const JournalOptions& options)
      : open_threads_(open_threads),
        clock_(clock),
        options_(options) {}

  void attach(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& heads);
  void detach() { db_ = nullptr; }

  bool drops_head(std::string_view thread, std::string_view value) const;
  bool drops_unfinished(std::string_view thread, std::string_view value) const;
  bool drops_events(std::string_view thread, std::uint64_t incarnation) const;
  bool drops_call(std::string_view ledger_key) const;
  bool drops_account(std::string_view key, std::string_view value) const;
  bool drops_answer(std::string_view key, std::string_view value) const;

 private:
  bool gone(std::int64_t expires_ms) const;

  const OpenThreads& open_threads_;
  const Clock& clock_;
  const JournalOptions& options_;
  rocksdb::ColumnFamilyHandle* heads_ = nullptr;  // set before db_
  std::atomic<rocksdb::DB*> db_ = nullptr;
};

enum class FilteredFamily : std::uint8_t { heads, events, unfinished, ledger, accounts, answers };

std::shared_ptr<rocksdb::CompactionFilterFactory> make_expiry_filter(
    std::shared_ptr<const ExpiryJudge> judge, FilteredFamily family);

}  // namespace parlance::storage
