// Takes what has expired or was erased off the disk, also when nobody writes any more.
//
// RocksDB runs the expiry filter only when it compacts, and a store that nobody writes to is never
// compacted. So every sweep_period the sweeper walks the heads, chunk by chunk, and compacts the
// key ranges where at least one head in garbage_share has expired, or where one has for longer than
// garbage_age_max. Erased threads leave no head behind; the writer counts them, and when there are
// as many, or as old ones, the whole store is compacted. So a byte that lives is not rewritten more
// than a few times for each that goes. Accounts are compacted when one in garbage_share of them has
// nothing any more that a budget counts; kept answers when one in garbage_share has had its time,
// or one for longer than garbage_age_max, when some were forgotten, and in the first sweep.
//
// Threading: one thread of its own; sweep() from any thread, one at a time.
//
// Bounds: holds no snapshot; a chunk is chunk_heads heads; adjacent ranges are one.
#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "storage/journal_options.hpp"
#include "storage/journal_store.hpp"
#include "storage/journal_writer.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace parlance::storage {

class Sweeper {
 public:
  static constexpr std::size_t chunk_heads = 4'096;
  static constexpr std::uint64_t garbage_share = 8;

  Sweeper(JournalStore& store,
          JournalWriter& writer,
          const JournalOptions& options,
          JournalMetrics& metrics,
          const Clock& clock);
  ~Sweeper() { stop(); }
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  // One sweep, on the caller's thread. Errors: storage_failed.
  Result<void> sweep();

  void stop();

 private:
  struct Range {
    std::string first;  // thread keys; both empty: everything
    std::string last;
  };
  struct Chunk {
    Range range;
    std::uint64_t heads = 0;
    std::uint64_t expired = 0;
    std::int64_t oldest_ms = 0;  // expiry of the one that has been expired for longest
  };

  void run();
  Result<std::optional<Chunk>> next_chunk(const std::string& after);
  bool is_worth(std::uint64_t garbage, std::uint64_t heads, std::int64_t oldest_ms) const;
  Result<void> flush();
  Result<void> compact(const std::vector<Range>& ranges);
  Result<void> sweep_accounts();
  Result<void> sweep_answers();
  Result<void> compact_all(rocksdb::ColumnFamilyHandle& family);
  Result<void> compact(rocksdb::ColumnFamilyHandle& family,
                       const rocksdb::Slice* first,
                       const rocksdb::Slice* last);

  JournalStore& store_;
  JournalWriter& writer_;
  const JournalOptions& options_;
  JournalMetrics& metrics_;
  const Clock& clock_;

  std::mutex sweeping_;
  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::thread thread_;
};

}  // namespace parlance::storage
