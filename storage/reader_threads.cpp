#include "storage/reader_threads.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/thread_name.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace parlance::storage {

ReaderThreads::ReaderThreads(std::size_t queues, std::size_t waiting_max, Threads threads)
    : waiting_max_(waiting_max) {
  for (std::size_t i = 0; i < std::max<std::size_t>(queues, 1); ++i) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    if (threads == Threads::none) continue;
    lane.thread = std::thread([&lane] { run(lane); });
  }
}

void ReaderThreads::submit(std::string_view thread, Work work) {
  Lane& lane = *lanes_[std::hash<std::string_view>{}(thread) % lanes_.size()];
  {
    const std::scoped_lock lock(lane.mutex);
    lane.queue.push_back(std::move(work));
  }
  lane.woken.notify_one();
}

bool ReaderThreads::try_submit(std::string_view thread, Work work) {
  if (waiting_.fetch_add(1) >= waiting_max_) {
    --waiting_;
    return false;
  }
  submit(thread, [this, work = std::move(work)] {
    --waiting_;
    work();
  });
  return true;
}

void ReaderThreads::step(std::size_t queue) {
  Lane& lane = *lanes_[queue];
  std::unique_lock lock(lane.mutex);
  if (!lane.queue.empty()) work_once(lane, lock);
}

bool ReaderThreads::has_work(std::size_t queue) const {
  const std::scoped_lock lock(lanes_[queue]->mutex);
  return !lanes_[queue]->queue.empty();
}

void ReaderThreads::stop() {
  for (auto& lane : lanes_) {
    {
      const std::scoped_lock lock(lane->mutex);
      lane->stopping = true;
    }
    lane->woken.notify_one();
  }
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
    std::unique_lock lock(lane->mutex);
    while (!lane->queue.empty())
      work_once(*lane, lock);
  }
}

void ReaderThreads::run(Lane& lane) {
  name_this_thread("journal-reader");
  std::unique_lock lock(lane.mutex);
  for (;;) {
    lane.woken.wait(lock, [&] { return lane.stopping || !lane.queue.empty(); });
    if (lane.queue.empty()) return;
    work_once(lane, lock);
  }
}

void ReaderThreads::work_once(Lane& lane, std::unique_lock<std::mutex>& lock) {
  const Work work = std::move(lane.queue.front());
  lane.queue.pop_front();
  lock.unlock();
  try {
    work();
  } catch (const std::exception& problem) {
    log_error("journal_read_threw", {{"reason", problem.what()}});
  }
  lock.lock();
}

}  // namespace parlance::storage
