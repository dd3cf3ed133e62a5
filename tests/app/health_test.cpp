#include "app/health.hpp"

#include "tests/support/actor_test.hpp"
#include "tests/support/memory_journal.hpp"

#include <caf/event_based_actor.hpp>
#include <catch2/catch.hpp>

namespace parlance {
namespace {

class IdleActor : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[](int) {}};
  }
};

// One part that is up, on a test's clock.
struct HealthTest : tests::ActorTest {
  HealthTest() { part->set({ends_with_test(system.spawn<IdleActor>()), 1}); }
  ~HealthTest() { part->clear(); }

  tests::MemoryJournal journal;
  std::shared_ptr<actors::PartSlot> part = std::make_shared<actors::PartSlot>();
  std::atomic<Lane::Time> lanes_usable_at{Lane::Time::min()};
  AppHealth health{journal, {{"llm_pool", part}}, lanes_usable_at, clock};
};

TEST_CASE_METHOD(HealthTest, "a server is ready while its parts are up") {
  CHECK(health.ready());
  const auto actor = part->part();
  part->clear();
  CHECK_FALSE(health.parts_up());
  CHECK_FALSE(health.ready());
  CHECK(health.details()["parts"]["llm_pool"] == "down");
  part->set(actor);
  CHECK(health.ready());
  CHECK(health.details()["parts"]["llm_pool"] == "up");
}

TEST_CASE_METHOD(HealthTest, "a server is not ready before its lanes are usable") {
  lanes_usable_at = clock.now() + std::chrono::seconds(1);
  CHECK_FALSE(health.ready());
  CHECK(health.details()["parts"]["lanes"] == "down");
  clock.advance(std::chrono::seconds(1));
  CHECK(health.ready());
}

TEST_CASE_METHOD(HealthTest, "a server that drains is not ready again") {
  health.drain();
  CHECK_FALSE(health.ready());
  CHECK(health.details()["draining"] == true);
  CHECK(health.details()["failed"] == false);
}

TEST_CASE_METHOD(HealthTest, "a server that has given up is not ready again") {
  health.fail();
  CHECK_FALSE(health.ready());
  CHECK(health.details()["failed"] == true);
}

}  // namespace
}  // namespace parlance
