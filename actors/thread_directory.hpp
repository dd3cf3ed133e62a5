// Knows which threads are in memory: finds or starts the one that a message is for, takes its
// ticket, and alone decides who leaves.
//
// A thread leaves by a handshake, so that no message is lost on the way: the directory marks it
// leaving, keeps what comes for it, and sends Leave. The thread quits, or answers Stays; either
// way what was kept goes to it, or to its successor. A successor is spawned only after the old one
// is down, so a thread is never owned twice.
//
// At resident_max the least recently used idle thread is asked to leave; the newcomer waits for its
// room. When nobody is idle the newcomer is refused (threads_full).
//
// A thread that fails is started again after a backoff, with what waits for it and its unfinished
// turns. Too many failures among all threads of a directory end the directory, and with it the
// process: something is wrong that restarts do not mend.
//
// Bounds: resident_max threads; turns_waiting_max turns and requests_max requests a thread, by the
// gates of its slot, refused beyond that (mailbox_full); the directory's own mailbox holds at most
// one message a connection. A time for each thread whose turns all begin later, which are in the
// journal's index of unfinished threads.
// Threading: an actor. Threads are spread over several directories by their key.
#pragma once

#include "actors/messages.hpp"
#include "actors/start_times.hpp"
#include "actors/thread_actor.hpp"
#include "runtime/limits/restart_policy.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

namespace parlance::actors {

struct DirectoryOptions {
  std::uint32_t resident_max = 10'000;
  std::uint32_t requests_max = 256;  // a thread, beside its turns
  std::chrono::milliseconds idle_time_max{300'000};
  RestartOptions restarts{20,
                          std::chrono::milliseconds(60'000),
                          std::chrono::milliseconds(50),
                          std::chrono::milliseconds(2'000)};
  ThreadOptions thread;
};

class ThreadDirectory : public caf::event_based_actor {
 public:
  ThreadDirectory(caf::actor_config& config, DirectoryOptions options, ThreadTools tools);

  const char* name() const override { return "thread_directory"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Deadlines = std::multimap<Time, std::pair<ThreadKey, std::uint64_t>>;
  using Job = std::variant<RunTurn, AskThread>;

  struct Resident {
    std::shared_ptr<ThreadSlot> slot;
    caf::actor actor;  // null while it waits for room or for its restart
    bool leaving = false;
    std::vector<Job> kept;  // while leaving, waiting for room or restarting; bounded by the gates
    std::list<ThreadKey>::iterator recent;
    Time last_used;
    std::map<std::uint64_t, Deadlines::iterator> watches;  // by turn
  };
  using Residents = std::unordered_map<ThreadKey, Resident>;

  void take(RunTurn& run);
  void take(AskThread& asked);
  // The thread's entry, made if there is none; null when there is no room.
  Resident* enter(const ThreadKey& key);
  void deliver(Resident& resident, Job job);
  static void pass(const caf::actor& thread, Job& job);
  void spawn(const ThreadKey& key, Resident& resident);
  bool make_room();
  bool idle(const Resident& resident) const;
  void touch(Resident& resident);
  void ask_to_leave(Resident& resident);
  void remove(Residents::iterator resident);
  void lose(Residents::iterator resident);
  void down(const caf::down_msg& message);
  void unwatch(const ThreadKey& key, std::uint64_t turn);
  void unwatch_all(Resident& resident);
  void tick();
  void wake(const ThreadKey& thread);
  void fill_room();

  const DirectoryOptions options_;
  const ThreadTools tools_;
  Residents residents_;
  std::list<ThreadKey> recent_;                          // least recently used first
  std::unordered_map<caf::actor_addr, ThreadKey> keys_;  // of the actors that live
  std::deque<ThreadKey> waiting_for_room_;
  std::size_t leaving_ = 0;                           // how many have been asked to
  std::map<ThreadKey, QuarantinedTurn> quarantined_;  // also of threads that have left memory
  Deadlines deadlines_;
  StartTimes starts_;  // also of threads that have left memory
  RestartPolicy failures_;
  std::deque<std::pair<Time, ThreadKey>> restarts_;  // when a failed thread is started again
  std::minstd_rand random_;
  bool draining_ = false;
  caf::actor drain_asker_;
};

}  // namespace parlance::actors
