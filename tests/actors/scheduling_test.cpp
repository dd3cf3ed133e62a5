#include "actors/scheduling.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

struct System {
  struct Config : caf::actor_system_config {
    Config() {
      load<caf::scheduler::coordinator<SharedWork>>();
      set("scheduler.max-threads", std::size_t{2});
    }
  };
  Config config;
  caf::actor_system actors{config};
};

constexpr auto wait_max = 30s;

// What actors share stands before the system in each test: it ends when they have.

}  // namespace

TEST_CASE("a message that is handed on and on arrives, whoever handles it") {
  std::promise<void> arrived;
  System system;
  std::vector<caf::actor> ring;
  for (std::size_t place = 0; place < 7; ++place) {
    ring.push_back(system.actors.spawn([&ring, &arrived, place](caf::event_based_actor*) {
      return caf::behavior{[&ring, &arrived, place](int left) {
        if (left == 0) return arrived.set_value();
        caf::anon_send(ring[(place + 1) % ring.size()], left - 1);
      }};
    }));
  }
  caf::anon_send(ring[0], 100'000);
  CHECK(arrived.get_future().wait_for(wait_max) == std::future_status::ready);
  for (const auto& actor : ring)
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

TEST_CASE("all that many threads send is handled once, also while the workers fall asleep") {
  constexpr int threads = 4;
  constexpr int each = 5'000;
  std::atomic<int> handled{0};
  std::promise<void> all;
  System system;
  const auto actor = system.actors.spawn([&](caf::event_based_actor*) {
    return caf::behavior{[&](int) {
      if (++handled == threads * each) all.set_value();
    }};
  });
  std::vector<std::thread> senders;
  for (int thread = 0; thread < threads; ++thread) {
    senders.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        caf::anon_send(actor, i);
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  }
  for (auto& sender : senders)
    sender.join();
  CHECK(all.get_future().wait_for(wait_max) == std::future_status::ready);
  CHECK(handled == threads * each);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

TEST_CASE("of two jobs that a busy worker adds, another worker takes one meanwhile") {
  std::promise<void> one_runs;
  std::promise<bool> seen;
  auto runs = one_runs.get_future();
  std::atomic<bool> told{false};
  System system;
  const auto idle = [&](caf::event_based_actor*) {
    return caf::behavior{[&](int) {
      if (!told.exchange(true)) one_runs.set_value();
    }};
  };
  const auto first = system.actors.spawn(idle);
  const auto second = system.actors.spawn(idle);
  const auto busy = system.actors.spawn([&](caf::event_based_actor*) {
    return caf::behavior{[&](int) {
      caf::anon_send(first, 1);
      caf::anon_send(second, 1);
      seen.set_value(runs.wait_for(wait_max) == std::future_status::ready);
    }};
  });
  caf::anon_send(busy, 1);
  CHECK(seen.get_future().get());
  for (const auto& actor : {first, second, busy})
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

}  // namespace parlance::actors
