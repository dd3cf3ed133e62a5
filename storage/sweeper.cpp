#include "storage/sweeper.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/thread_name.hpp"
#include "storage/account_rows.hpp"
#include "storage/answer_rows.hpp"
#include "storage/expiry.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <rocksdb/iterator.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace parlance::storage {
namespace {

// In RocksDB 7.8 a filter may see everything only in the second pass.
constexpr int passes = 2;

}  // namespace

Sweeper::Sweeper(JournalStore& store,
                 JournalWriter& writer,
                 const JournalOptions& options,
                 JournalMetrics& metrics,
                 const Clock& clock)
    : store_(store),
      writer_(writer),
      options_(options),
      metrics_(metrics),
      clock_(clock) {
  thread_ = std::thread([this] { run(); });
}

void Sweeper::stop() {
  {
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
  }
  woken_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Sweeper::run() {
  name_this_thread("journal-sweeper");
  std::unique_lock lock(mutex_);
  while (!woken_.wait_for(lock, options_.sweep_period, [this] { return cancelled_.load(); })) {
    lock.unlock();
    try {
      if (auto swept = sweep(); !swept)
        log_warn("journal_sweep_failed", {{"reason", swept.error().detail}});
    } catch (const std::exception& problem) {
      log_error("journal_sweep_threw", {{"reason", problem.what()}});
    }
    lock.lock();
  }
}

Result<void> Sweeper::sweep() {
  const std::scoped_lock one_at_a_time(sweeping_);
  const auto started = std::chrono::steady_clock::now();
  const std::int64_t started_ms = clock_.unix_ms();
  const std::uint64_t erased = writer_.erased();
  const std::int64_t erased_since_ms = writer_.erased_since_ms();

  std::vector<Range> ranges;
  std::uint64_t heads = 0;
  std::uint64_t expired_heads = 0;
  bool adjacent = false;
  std::string after;
  while (!cancelled_) {
    auto chunk = next_chunk(after);
    if (!chunk) return chunk.error();
    if (!*chunk) break;
    heads += (*chunk)->heads;
    expired_heads += (*chunk)->expired;
    after = (*chunk)->range.last;
    const bool worth = is_worth((*chunk)->expired, (*chunk)->heads, (*chunk)->oldest_ms);
    if (worth && adjacent) {
      ranges.back().last = after;
    } else if (worth) {
      ranges.push_back(std::move((*chunk)->range));
    }
    adjacent = worth;
  }
  const bool all = erased_since_ms != 0 && is_worth(erased, heads + erased, erased_since_ms);
  if (all) ranges.assign(1, Range{});

  if (!ranges.empty() && !cancelled_) {
    if (auto done = compact(ranges); !done) return done;
    if (all && !cancelled_) writer_.submit(SweptCall{erased, started_ms});
  }
  if (!cancelled_) {
    if (auto done = sweep_accounts(); !done) return done;
  }
  if (!cancelled_) {
    if (auto done = sweep_answers(); !done) return done;
  }
  metrics_.swept(expired_heads, ranges.size(), std::chrono::steady_clock::now() - started);
  return {};
}

bool Sweeper::is_worth(std::uint64_t garbage, std::uint64_t heads, std::int64_t oldest_ms) const {
  if (garbage > 0 && garbage * garbage_share >= heads) return true;
  return oldest_ms != 0 && expired(oldest_ms, clock_.unix_ms(), options_.garbage_age_max);
}

// The heads that follow the thread `after`, none when there are no more.
Result<std::optional<Sweeper::Chunk>> Sweeper::next_chunk(const std::string& after) {
  rocksdb::ReadOptions read_options;
  read_options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(
      store_.db().NewIterator(read_options, store_.heads()));
  Chunk chunk;
  for (at->Seek(after.empty() ? after : after + '\0'); at->Valid() && chunk.heads < chunk_heads;
       at->Next()) {
    chunk.range.last = at->key().ToString();
    if (chunk.heads++ == 0) chunk.range.first = chunk.range.last;
    const auto head = decode_head(at->value().ToString());
    if (!head || !expired(head->expires_ms, clock_.unix_ms(), options_.expiry_grace)) continue;
    chunk.oldest_ms =
        chunk.expired++ == 0 ? head->expires_ms : std::min(chunk.oldest_ms, head->expires_ms);
  }
  if (!at->status().ok()) return storage_error("walking the heads", at->status());
  if (chunk.heads == 0) return std::optional<Chunk>{};
  return std::optional<Chunk>{std::move(chunk)};
}

// Every family: that also frees the log, in which what was written stands once more.
Result<void> Sweeper::flush() {
  const auto status = store_.db().Flush(rocksdb::FlushOptions(), store_.families());
  if (!status.ok()) return storage_error("flushing", status);
  return {};
}

// Events go before heads: they are judged by them.
Result<void> Sweeper::compact(const std::vector<Range>& ranges) {
  if (auto flushed = flush(); !flushed) return flushed;
  for (const auto& range : ranges) {
    const std::string end = range.last + '\x01';  // behind all events of the last thread
    const rocksdb::Slice first(range.first);
    const rocksdb::Slice last(end);
    const bool all = range.last.empty();
    for (int pass = 0; pass < passes; ++pass) {
      for (auto* family : {store_.events(), store_.unfinished(), store_.heads()}) {
        auto done = compact(*family, all ? nullptr : &first, all ? nullptr : &last);
        if (cancelled_ || !done) return done;
      }
    }
  }
  return {};
}

// From the first key, or the beginning, to the last one, or the end.
Result<void> Sweeper::compact(rocksdb::ColumnFamilyHandle& family,
                              const rocksdb::Slice* first,
                              const rocksdb::Slice* last) {
  rocksdb::CompactRangeOptions compact_options;
  compact_options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  compact_options.canceled = &cancelled_;
  const auto status = store_.db().CompactRange(compact_options, &family, first, last);
  if (!cancelled_ && !status.ok()) return storage_error("compacting", status);
  return {};
}

Result<void> Sweeper::sweep_accounts() {
  const std::int64_t now_ms = clock_.unix_ms();
  std::uint64_t all = 0;
  std::uint64_t idle = 0;
  const auto walked = read_accounts(store_, [&](const AccountKey& owner, const Account& sum) {
    ++all;
    if (options_.is_idle(owner, sum, now_ms)) ++idle;
  });
  if (!walked) return walked.error();
  return is_worth(idle, all, 0) ? compact_all(*store_.accounts()) : Result<void>{};
}

Result<void> Sweeper::sweep_answers() {
  const std::int64_t now_ms = clock_.unix_ms();
  std::uint64_t all = 0;
  std::uint64_t over = 0;
  std::int64_t oldest_ms = now_ms;
  const auto walked = read_answers(store_, [&](const KeptAnswer& answer) {
    ++all;
    if (!expired(answer.until_ms, now_ms)) return;
    ++over;
    oldest_ms = std::min(oldest_ms, answer.until_ms);
  });
  if (!walked) return walked.error();
  const bool forgotten = writer_.take_forgotten();
  return forgotten || is_worth(over, all, oldest_ms) ? compact_all(*store_.answers())
                                                     : Result<void>{};
}

Result<void> Sweeper::compact_all(rocksdb::ColumnFamilyHandle& family) {
  if (auto flushed = flush(); !flushed) return flushed;
  for (int pass = 0; pass < passes && !cancelled_; ++pass) {
    if (auto done = compact(family, nullptr, nullptr); !done) return done;
  }
  return {};
}

}  // namespace parlance::storage
