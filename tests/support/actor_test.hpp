// Runs actors one message at a time, on the test's own thread and the test's own clock.
#pragma once

#include "runtime/base/clock.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace parlance::tests {

class TestClock : public Clock {
 public:
  std::chrono::steady_clock::time_point now() const override { return now_; }
  std::int64_t unix_ms() const override { return unix_ms_; }

  void advance(std::chrono::milliseconds by) {
    now_ += by;
    unix_ms_ += by.count();
  }

 private:
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  std::int64_t unix_ms_ = 1'800'000'000'000;
};

class ActorTest {
 public:
  ~ActorTest() { end_actors(); }

  // Ends what is still alive. A fixture with parts that its actors use calls it in its destructor.
  void end_actors() {
    for (const auto& address : std::exchange(spawned_, {})) {
      if (auto actor = caf::actor_cast<caf::actor>(address)) {
        caf::anon_send_exit(actor, caf::exit_reason::kill);
      }
    }
    run_messages();
  }

  caf::actor ends_with_test(caf::actor actor) {
    spawned_.push_back(caf::actor_cast<caf::actor_addr>(actor));
    return actor;
  }

  // Handles every message there is, timeouts excepted.
  void run_messages() {
    while (scheduler_.try_run_once()) {
    }
  }

  // Lets time pass in steps, so that timers that set timers fire as they would.
  void advance_time(std::chrono::milliseconds by) {
    constexpr std::chrono::milliseconds step{5};
    for (auto left = by; left.count() > 0; left -= step) {
      clock.advance(std::min(step, left));
      scheduler_.advance_time(std::min(step, left));
      run_messages();
    }
  }

  bool alive(const caf::actor_addr& address) const {
    return caf::actor_cast<caf::actor>(address) != nullptr;
  }

  TestClock clock;

 private:
  struct Config : caf::actor_system_config {
    Config() { set("scheduler.policy", caf::atom("testing")); }
  };

  Config config_;
  std::vector<caf::actor_addr> spawned_;

 public:
  caf::actor_system system{config_};

 private:
  caf::scheduler::test_coordinator& scheduler_ =
      dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
};

}  // namespace parlance::tests
