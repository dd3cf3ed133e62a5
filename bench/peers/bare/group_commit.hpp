// Rows on disk, and nothing else of a journal: one thread takes all that has queued up during its
// last sync, writes it as one batch, syncs once, and says who waited for it. A write that fails
// ends the process.
//
// Threading: submit() from any thread; `answer` runs on the writer's own.
// Bounds: who waits for an answer submits nothing else, so the queue holds at most one entry a
// connection.
#pragma once

#include <rocksdb/db.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace parlance::bare {

class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void committed() = 0;
};

using Rows = std::vector<std::pair<std::string, std::string>>;

class GroupCommit {
 public:
  using Waiters = std::vector<std::shared_ptr<Waiter>>;
  using Answer = std::function<void(Waiters)>;

  GroupCommit(const std::string& folder, Answer answer);
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  void submit(Rows rows, std::shared_ptr<Waiter> waiter);

 private:
  struct Entry {
    Rows rows;
    std::shared_ptr<Waiter> waiter;
  };

  void run();
  void write(const std::vector<Entry>& entries);

  const Answer answer_;
  std::unique_ptr<rocksdb::DB> db_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> queue_;  // guarded by mutex_
  bool ending_ = false;       // guarded by mutex_

  std::thread thread_;
};

}  // namespace parlance::bare
