// Keeps the parts of the process running.
//
// Each child is started by its own function. When one ends by an error it is started again after a
// backoff; when it fails more often than its RestartOptions allow, the supervisor gives up: it
// calls `gave_up` once with the reason, and app.cpp fails readiness and ends the process, so that
// the service manager starts a whole one.
//
//   supervisor ── llm_pool, retriever_pool      one for one; askers are told (PartDown)
//              ├─ journal (ServiceKeeper)       one for one; its queue survives
//              ├─ webhook_sender                one for one; its rows are on disk
//              └─ thread directories            never restarted: a directory that fails has lost
//                                               count of its threads. Threads are theirs to restart
//
// Threading: an actor. Slots are read by everyone.
#pragma once

#include "actors/messages.hpp"
#include "actors/part_slot.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/limits/restart_policy.hpp"
#include "runtime/metrics/pool_metrics.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace parlance::actors {

struct ChildOptions {
  std::string name;
  RestartOptions restarts;
  std::function<caf::actor(caf::actor_system&)> start;
  std::shared_ptr<PartSlot> slot;  // where others find the child
};

struct SupervisorTools {
  const Clock& clock;
  SupervisionMetrics& metrics;
  std::function<void(std::string reason)> gave_up;
  // Who has to know that a child is down. Read only after start.
  std::shared_ptr<std::vector<std::shared_ptr<PartSlot>>> directories;
};

class Supervisor : public caf::event_based_actor {
 public:
  Supervisor(caf::actor_config& config, std::vector<ChildOptions> children, SupervisorTools tools);

  const char* name() const override { return "supervisor"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct Child {
    ChildOptions options;
    RestartPolicy policy;
    caf::actor_addr address;
    std::uint64_t generation = 0;
  };

  void start(std::size_t index);
  void down(const caf::down_msg& message);

  const SupervisorTools tools_;
  std::vector<Child> children_;
  std::minstd_rand random_;
  bool gave_up_ = false;
};

}  // namespace parlance::actors
