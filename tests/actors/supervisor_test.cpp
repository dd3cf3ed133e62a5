#include "actors/supervisor.hpp"

#include "actors/service_keeper.hpp"
#include "tests/support/actor_test.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

// Throws at every message.
class Fragile : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;

 protected:
  caf::behavior make_behavior() override {
    return {[](Tick) { throw std::runtime_error("fragile"); }};
  }
};

struct FakeService : Service {
  void start(Died on_death) override {
    ++starts;
    died = std::move(on_death);
  }
  int starts = 0;
  Died died;
};

struct SupervisorTest : tests::ActorTest {
  ~SupervisorTest() {
    end_actors();
    supervisor = nullptr;
    slot->clear();
  }

  void supervise(std::function<caf::actor(caf::actor_system&)> start) {
    RestartOptions restarts{3, 30s, 100ms, 5s};
    std::vector<ChildOptions> children{{"part", restarts, std::move(start), slot}};
    supervisor = ends_with_test(system.spawn<Supervisor>(
        std::move(children),
        SupervisorTools{clock,
                        metrics,
                        [this](const std::string& reason) { given_up.push_back(reason); },
                        std::make_shared<std::vector<std::shared_ptr<PartSlot>>>()}));
    run_messages();
  }

  Registry registry;
  SupervisionMetrics metrics{registry};
  std::shared_ptr<PartSlot> slot = std::make_shared<PartSlot>();
  std::vector<std::string> given_up;
  caf::actor supervisor;  // an actor that nobody holds dies
};

TEST_CASE_METHOD(SupervisorTest, "a part that fails is started again, after a wait that grows") {
  supervise([](caf::actor_system& actors) { return actors.spawn<Fragile>(); });
  std::uint64_t generation = slot->part().generation;
  for (const auto wait : {100ms, 200ms, 400ms}) {
    caf::anon_send(slot->part().actor, Tick{});
    run_messages();
    CHECK_FALSE(slot->part().actor);
    advance_time(wait - 5ms);
    CHECK_FALSE(slot->part().actor);
    advance_time(wait / 4);  // the wait is at most a fifth longer
    REQUIRE(slot->part().actor);
    CHECK(slot->part().generation > generation);
    generation = slot->part().generation;
  }
  CHECK(given_up.empty());
}

TEST_CASE_METHOD(SupervisorTest,
                 "past its intensity the supervisor gives up, once, with a reason") {
  supervise([](caf::actor_system& actors) { return actors.spawn<Fragile>(); });
  for (int failure = 0; failure < 4; ++failure) {
    REQUIRE(slot->part().actor);
    caf::anon_send(slot->part().actor, Tick{});
    run_messages();
    advance_time(1s);
  }
  CHECK_FALSE(slot->part().actor);
  REQUIRE(given_up.size() == 1);
  CHECK(given_up[0].find("part") != std::string::npos);
}

TEST_CASE_METHOD(SupervisorTest, "failures that lie further apart than the period are forgotten") {
  supervise([](caf::actor_system& actors) { return actors.spawn<Fragile>(); });
  for (int failure = 0; failure < 8; ++failure) {
    REQUIRE(slot->part().actor);
    caf::anon_send(slot->part().actor, Tick{});
    run_messages();
    advance_time(20s);
  }
  CHECK(given_up.empty());
}

TEST_CASE_METHOD(SupervisorTest, "a service on a thread of its own is supervised like an actor") {
  FakeService service;
  supervise([&](caf::actor_system& actors) { return actors.spawn<ServiceKeeper>(service); });
  CHECK(service.starts == 1);
  service.died("an exception");
  run_messages();
  advance_time(200ms);
  CHECK(service.starts == 2);
  service.died = nullptr;
}

}  // namespace
}  // namespace parlance::actors
