#include "actors/thread_directory.hpp"

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace parlance::actors {
namespace {

constexpr std::chrono::milliseconds tick_time{25};
constexpr std::size_t idle_checks_per_tick = 256;
constexpr std::size_t wakes_per_tick = 64;
constexpr std::int64_t wake_again_after_ms = 250;

Error draining_error() {
  return {ErrorCode::draining, "the server is shutting down", {}, {}};
}

Error no_room() {
  return {ErrorCode::threads_full, "every thread in memory is busy", {}, {}};
}

Error too_many_requests() {
  return {ErrorCode::mailbox_full, "too many requests for one thread", {}, {}};
}

}  // namespace

ThreadDirectory::ThreadDirectory(caf::actor_config& config,
                                 DirectoryOptions options,
                                 ThreadTools tools)
    : caf::event_based_actor(config),
      options_(options),
      tools_(std::move(tools)),
      failures_(options.restarts),
      random_(std::random_device{}()) {}

caf::behavior ThreadDirectory::make_behavior() {
  set_down_handler([this](caf::down_msg& message) { down(message); });
  delayed_send(this, tick_time, Tick{});
  return {
      [this](RunTurn& run) { take(run); },
      [this](AskThread& asked) { take(asked); },
      [this](const AskToLeave& wish) {
        const auto found = residents_.find(wish.thread);
        if (found == residents_.end() || !idle(found->second) || !found->second.kept.empty())
          return;
        ask_to_leave(found->second);
      },
      [this](const Stays& stays) {
        const auto found = residents_.find(stays.thread);
        if (found == residents_.end()) return;
        if (std::exchange(found->second.leaving, false)) --leaving_;
        for (auto& job : std::exchange(found->second.kept, {}))
          pass(found->second.actor, job);
        touch(found->second);  // it is asked again when it has been idle for as long
        fill_room();
      },
      [this](const WatchStart& watch) { starts_.set(watch.thread, watch.starts_ms); },
      [this](const WatchDeadline& watch) {
        const auto found = residents_.find(watch.thread);
        if (found == residents_.end()) return;
        unwatch(watch.thread, watch.turn);  // a turn that moves to the front is watched again
        found->second.watches[watch.turn] =
            deadlines_.insert({watch.deadline.when(), {watch.thread, watch.turn}});
      },
      [this](const UnwatchDeadline& watch) { unwatch(watch.thread, watch.turn); },
      [this](TurnQuarantined& report) {
        const ThreadKey thread = report.turn.thread;
        if (quarantined_.insert_or_assign(thread, std::move(report.turn)).second)
          tools_.metrics.turn_quarantined();
      },
      [this](const QuarantineLeft& left) {
        if (quarantined_.erase(left.thread) > 0) tools_.metrics.quarantine_left();
      },
      [this](const ListQuarantined& asked) {
        const std::lock_guard lock(asked.list->mutex);
        for (const auto& [thread, turn] : quarantined_)
          asked.list->turns.push_back(turn);
      },
      [this](PartDown part) {
        for (auto& [key, resident] : residents_) {
          if (resident.actor) anon_send(resident.actor, part);
        }
      },
      [this](const Drain&) {
        draining_ = true;
        drain_asker_ = caf::actor_cast<caf::actor>(current_sender());
      },
      [this](CloseStreams close) {
        for (auto& [key, resident] : residents_) {
          if (resident.actor) anon_send(resident.actor, close);
        }
      },
      [this](Tick) {
        tick();
        delayed_send(this, tick_time, Tick{});
      },
  };
}

void ThreadDirectory::on_exit() {
  for (auto& [key, resident] : residents_) {
    if (resident.actor) caf::anon_send_exit(resident.actor, caf::exit_reason::user_shutdown);
    tools_.metrics.thread_gone();
  }
  residents_.clear();
  for (std::size_t i = 0; i < quarantined_.size(); ++i)
    tools_.metrics.quarantine_left();
  quarantined_.clear();
  drain_asker_ = nullptr;
}

void ThreadDirectory::take(RunTurn& run) {
  TurnJob& job = *run.job;
  if (draining_) {
    tools_.metrics.turn_refused(ErrorCode::draining);
    return job.refuse(draining_error());
  }
  Resident* resident = enter(job.request.thread);
  if (resident == nullptr) {
    tools_.metrics.turn_refused(ErrorCode::threads_full);
    return job.refuse(no_room());
  }
  // A turn with an Idempotency-Key may be one that is there already, and one that takes the place
  // of others needs none of its own: only the thread can tell, and finds it a place among the
  // turns.
  const bool thread_tells =
      !job.request.request_digest.empty() || takes_over(job.request.multitask);
  job.ticket = (thread_tells ? resident->slot->requests : resident->slot->turns).try_enter();
  if (!job.ticket) {
    tools_.metrics.turn_refused(ErrorCode::mailbox_full);
    return job.refuse(thread_tells ? too_many_requests() : too_many_turns());
  }
  deliver(*resident, std::move(run));
}

void ThreadDirectory::take(AskThread& asked) {
  ControlJob& job = *asked.job;
  Resident* resident = enter(job.thread);
  if (resident == nullptr) return job.refuse(no_room());
  job.ticket = resident->slot->requests.try_enter();
  if (!job.ticket) return job.refuse(too_many_requests());
  deliver(*resident, std::move(asked));
}

ThreadDirectory::Resident* ThreadDirectory::enter(const ThreadKey& key) {
  if (const auto found = residents_.find(key); found != residents_.end()) {
    const bool lives = found->second.actor && !found->second.leaving;
    if (!lives || !failpoint_fires("directory.loses_thread")) {
      touch(found->second);
      return &found->second;
    }
    lose(found);
  }
  const bool room = residents_.size() < options_.resident_max;
  // Somebody has to leave for each one that waits.
  if (!room && !make_room()) return nullptr;
  Resident& resident = residents_[key];
  resident.slot =
      std::make_shared<ThreadSlot>(options_.thread.turns_waiting_max + 1, options_.requests_max);
  resident.recent = recent_.insert(recent_.end(), key);
  resident.last_used = tools_.clock.now();
  if (room) {
    spawn(key, resident);
  } else {
    waiting_for_room_.push_back(key);
  }
  return &resident;
}

void ThreadDirectory::deliver(Resident& resident, Job job) {
  if (resident.actor && !resident.leaving) return pass(resident.actor, job);
  resident.kept.push_back(std::move(job));
}

void ThreadDirectory::pass(const caf::actor& thread, Job& job) {
  std::visit([&](auto& message) { caf::anon_send(thread, std::move(message)); }, job);
}

void ThreadDirectory::spawn(const ThreadKey& key, Resident& resident) {
  resident.actor = home_system().spawn<ThreadActor>(
      key, options_.thread, tools_, resident.slot, caf::actor_cast<caf::actor>(this));
  monitor(resident.actor);
  keys_[resident.actor.address()] = key;
  tools_.metrics.thread_resident();
  for (auto& job : std::exchange(resident.kept, {}))
    pass(resident.actor, job);
}

// Asks the least recently used idle thread to leave. Busy ones are passed by, and tried last the
// next time.
bool ThreadDirectory::make_room() {
  for (std::size_t tried = 0; tried < std::min(recent_.size(), idle_checks_per_tick); ++tried) {
    Resident& oldest = residents_.at(recent_.front());
    recent_.splice(recent_.end(), recent_, recent_.begin());
    if (!idle(oldest) || oldest.leaving || !oldest.actor) continue;
    ask_to_leave(oldest);
    return true;
  }
  return false;
}

bool ThreadDirectory::idle(const Resident& resident) const {
  return resident.slot->turns.inside() == 0 && resident.slot->requests.inside() == 0 &&
         !resident.slot->busy;
}

void ThreadDirectory::touch(Resident& resident) {
  resident.last_used = tools_.clock.now();
  recent_.splice(recent_.end(), recent_, resident.recent);
}

void ThreadDirectory::ask_to_leave(Resident& resident) {
  if (resident.leaving || !resident.actor) return;
  resident.leaving = true;
  ++leaving_;
  anon_send(resident.actor, Leave{});
}

void ThreadDirectory::unwatch_all(Resident& resident) {
  for (const auto& [turn, watch] : resident.watches)
    deadlines_.erase(watch);
  resident.watches.clear();
}

void ThreadDirectory::remove(Residents::iterator resident) {
  unwatch_all(resident->second);
  recent_.erase(resident->second.recent);
  residents_.erase(resident);
}

// The thread lives on, and is fenced once it has a successor: for tests of the fence.
void ThreadDirectory::lose(Residents::iterator resident) {
  keys_.erase(resident->second.actor.address());
  tools_.metrics.thread_gone();
  remove(resident);
}

void ThreadDirectory::down(const caf::down_msg& message) {
  const auto key = keys_.find(message.source);
  if (key == keys_.end()) return;
  const auto found = residents_.find(key->second);
  keys_.erase(key);
  if (found == residents_.end()) return;
  Resident& resident = found->second;
  resident.actor = nullptr;
  unwatch_all(resident);
  tools_.metrics.thread_gone();
  if (std::exchange(resident.leaving, false)) {
    --leaving_;
    tools_.metrics.thread_evicted();
    if (resident.kept.empty()) {
      remove(found);
    } else {
      waiting_for_room_.push_back(found->first);
    }
    return fill_room();
  }
  if (message.reason == caf::exit_reason::user_shutdown) {  // it lost its thread to another owner
    remove(found);
    return fill_room();
  }
  tools_.metrics.thread_failed();
  const double random = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto wait = failures_.failed(tools_.clock.now(), random);
  log_warn("thread_failed",
           {{"tenant", found->first.tenant.value},
            {"thread", found->first.thread.value},
            {"reason", caf::to_string(message.reason)}});
  if (!wait) throw std::runtime_error("threads fail more often than their directory allows");
  resident.kept.emplace_back(
      AskThread{std::make_shared<ControlJob>(found->first, ThreadRequest{WakeThread{nullptr}})});
  restarts_.emplace_back(tools_.clock.now() + *wait, found->first);
}

void ThreadDirectory::unwatch(const ThreadKey& key, std::uint64_t turn) {
  const auto found = residents_.find(key);
  if (found == residents_.end()) return;
  const auto watch = found->second.watches.find(turn);
  if (watch == found->second.watches.end()) return;
  deadlines_.erase(watch->second);
  found->second.watches.erase(watch);
}

// Starts those who wait, as far as there is room beside the threads that live or are to be started
// again.
void ThreadDirectory::fill_room() {
  while (!waiting_for_room_.empty() && keys_.size() + restarts_.size() < options_.resident_max) {
    const ThreadKey key = std::move(waiting_for_room_.front());
    waiting_for_room_.pop_front();
    const auto found = residents_.find(key);
    if (found != residents_.end() && !found->second.actor) spawn(key, found->second);
  }
  // One who was asked to leave may have stayed: somebody else has to.
  if (!waiting_for_room_.empty()) {
    if (leaving_ > 0 || make_room()) return;
    for (const auto& key : std::exchange(waiting_for_room_, {})) {
      const auto found = residents_.find(key);
      if (found == residents_.end()) continue;
      for (auto& job : std::exchange(found->second.kept, {})) {
        if (auto* run = std::get_if<RunTurn>(&job)) run->job->refuse(no_room());
        if (auto* asked = std::get_if<AskThread>(&job)) asked->job->refuse(no_room());
      }
      remove(found);
    }
  }
}

// For the turns of the thread that are due. One that finds no room now is woken again.
void ThreadDirectory::wake(const ThreadKey& thread) {
  auto answer = [self = caf::actor_cast<caf::actor>(this),
                 thread,
                 again_ms =
                     tools_.clock.unix_ms() + wake_again_after_ms](const Result<void>& woken) {
    if (!woken && kind_of(woken.error().code).retry_helps)
      caf::anon_send(self, WatchStart{thread, again_ms});
  };
  AskThread asked{
      std::make_shared<ControlJob>(thread, ThreadRequest{WakeThread{std::move(answer)}})};
  take(asked);
}

void ThreadDirectory::tick() {
  const auto now = tools_.clock.now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto [key, turn] = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = residents_.find(key);
    if (found == residents_.end()) continue;
    found->second.watches.erase(turn);
    if (found->second.actor) anon_send(found->second.actor, DeadlinePassed{turn});
  }
  while (!restarts_.empty() && restarts_.front().first <= now) {
    const auto found = residents_.find(restarts_.front().second);
    if (found != residents_.end() && !found->second.actor) spawn(found->first, found->second);
    restarts_.pop_front();
  }
  for (std::size_t wakes = 0; wakes < wakes_per_tick && !draining_; ++wakes) {
    const auto thread = starts_.take_due(tools_.clock.unix_ms());
    if (!thread) break;
    wake(*thread);
  }
  std::size_t checks = 0;
  for (auto key = recent_.begin(); key != recent_.end() && checks < idle_checks_per_tick;
       ++key, ++checks) {
    Resident& resident = residents_.at(*key);
    if (now - resident.last_used < options_.idle_time_max) break;
    if (idle(resident)) ask_to_leave(resident);
  }
  if (draining_ && drain_asker_) {
    const bool all_idle =
        std::all_of(residents_.begin(), residents_.end(), [this](const auto& each) {
          return idle(each.second) && each.second.kept.empty();
        });
    if (all_idle) send(std::exchange(drain_asker_, nullptr), Drained{});
  }
}

}  // namespace parlance::actors
