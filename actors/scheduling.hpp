// How CAF's workers share their work: one queue, and no worker is woken without work for it.
//
// CAF's own policy, `sharing`, wakes a worker for each job. Most jobs here are messages that one
// actor sends to the next: the worker that sends takes the job itself a moment later, and the one
// that was woken for it finds nothing. So a worker that adds the only job of the queue wakes
// nobody, and neither does anyone while as many workers have been woken as could be. A worker that
// finds no job lets the threads run that are ready, and looks again before it sleeps: on a busy
// machine they are the ones that would have to wake it (a streamed turn: 1.3 futex calls, not 4.4).
//
// What it costs: an actor may wait, with all its messages, until the worker that added it leaves
// the actor at hand, even if another worker is idle. Handlers are short, what blocks has threads of
// its own, and a worker leaves an actor after messages_at_once_max.
//
// Threading: as caf::policy::work_sharing. Bounds: none of its own; actors are in the queue once.
#pragma once

#include <caf/policy/unprofiled.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

namespace parlance::actors {

// CAF's own is without a limit: an actor that is kept busy from outside would keep its worker.
inline constexpr std::size_t messages_at_once_max = 64;

class JobQueue {
 public:
  // Whoever adds the last job has let go of the queue before that job is taken: nobody waits for
  // him when the queue ends. So he wakes a worker while he has the lock.
  void add(caf::resumable* job) {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(job);
    const std::size_t own = working_for_ == this ? 1 : 0;  // taken by whoever adds it
    if (asleep_ <= woken_ || jobs_.size() <= own + woken_) return;
    ++woken_;
    for_workers_.notify_one();
  }

  // Waits for one. On a worker's thread.
  caf::resumable* take() {
    working_for_ = this;
    if (auto* const job = take_left()) return job;
    std::this_thread::yield();
    std::unique_lock lock(mutex_);
    while (jobs_.empty()) {
      ++asleep_;
      for_workers_.wait(lock);
      --asleep_;
      if (woken_ > 0) --woken_;
    }
    return take_first();
  }

  // None: there is none left.
  caf::resumable* take_left() {
    const std::scoped_lock lock(mutex_);
    return jobs_.empty() ? nullptr : take_first();
  }

 private:
  // The caller holds mutex_.
  caf::resumable* take_first() {
    auto* const job = jobs_.front();
    jobs_.pop_front();
    return job;
  }

  // The queue whose worker this thread is.
  static thread_local inline const JobQueue* working_for_ = nullptr;

  std::mutex mutex_;
  std::condition_variable for_workers_;
  std::deque<caf::resumable*> jobs_;  // guarded by mutex_
  std::size_t asleep_ = 0;            // guarded by mutex_; workers that wait, with those woken
  std::size_t woken_ = 0;             // guarded by mutex_; of them
};

// A policy of caf::scheduler::coordinator.
class SharedWork : public caf::policy::unprofiled {
 public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    JobQueue queue;
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    d(self).queue.add(job);
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).queue.add(job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).queue.add(job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    d(self->parent()).queue.add(job);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    return d(self->parent()).queue.take();
  }
  template <class Worker, class Act>
  void foreach_resumable(Worker*, Act) {}
  template <class Coordinator, class Act>
  void foreach_central_resumable(Coordinator* self, Act act) {
    while (auto* const job = d(self).queue.take_left())
      act(job);
  }
};

}  // namespace parlance::actors
