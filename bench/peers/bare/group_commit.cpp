#include "bench/peers/bare/group_commit.hpp"

#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <cstdio>
#include <cstdlib>

namespace parlance::bare {
namespace {

constexpr int write_failed = 70;

void require(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "parlance_bare_server: %s\n", status.ToString().c_str());
  std::_Exit(write_failed);
}

}  // namespace

GroupCommit::GroupCommit(const std::string& folder, Answer answer) : answer_(std::move(answer)) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 16U << 20U;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::DB* db = nullptr;
  require(rocksdb::DB::Open(options, folder, &db));
  db_.reset(db);
  thread_ = std::thread([this] { run(); });
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void GroupCommit::submit(Rows rows, std::shared_ptr<Waiter> waiter) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = queue_.empty();
    queue_.push_back({std::move(rows), std::move(waiter)});
  }
  if (was_empty) changed_.notify_one();
}

void GroupCommit::run() {
  std::vector<Entry> entries;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      entries.swap(queue_);
    }
    write(entries);
    Waiters waiters;
    waiters.reserve(entries.size());
    for (auto& entry : entries)
      waiters.push_back(std::move(entry.waiter));
    entries.clear();
    answer_(std::move(waiters));
  }
}

void GroupCommit::write(const std::vector<Entry>& entries) {
  rocksdb::WriteBatch batch;
  for (const auto& entry : entries) {
    for (const auto& [key, value] : entry.rows)
      require(batch.Put(key, value));
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  require(db_->Write(options, &batch));
}

}  // namespace parlance::bare
