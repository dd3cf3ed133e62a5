// Threads that read for the journal, each with a queue of its own. Work on one thread of
// conversation always meets the same queue, so its answers come in the order of its questions.
//
// Without threads there are queues alone: their work is done by whoever calls step().
//
// Threading: submit() from any thread; stop(), or step(), by one.
//
// Bounds: refusable work is refused when waiting_max pieces of it wait; the rest (openings) is
// bounded by the number of resident threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace parlance::storage {

class ReaderThreads {
 public:
  using Work = std::function<void()>;

  enum class Threads : std::uint8_t { own, none };

  ReaderThreads(std::size_t queues, std::size_t waiting_max, Threads threads = Threads::own);
  ~ReaderThreads() { stop(); }
  ReaderThreads(const ReaderThreads&) = delete;
  ReaderThreads& operator=(const ReaderThreads&) = delete;

  void submit(std::string_view thread, Work work);

  // False: full, and `work` will not run.
  bool try_submit(std::string_view thread, Work work);

  // Does the first piece of work that waits in a queue, without threads.
  void step(std::size_t queue);
  bool has_work(std::size_t queue) const;

  // Does what waits, then ends the threads.
  void stop();

 private:
  struct Lane {
    mutable std::mutex mutex;
    std::condition_variable woken;
    std::deque<Work> queue;  // guarded by mutex
    bool stopping = false;   // guarded by mutex
    std::thread thread;
  };

  static void run(Lane& lane);
  static void work_once(Lane& lane, std::unique_lock<std::mutex>& lock);

  const std::size_t waiting_max_;
  std::atomic<std::size_t> waiting_ = 0;  // refusable work
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace parlance::storage
