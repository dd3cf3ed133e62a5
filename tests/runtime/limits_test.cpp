#include "runtime/limits/call_queue.hpp"
#include "runtime/limits/restart_policy.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a call queue holds as many as its places, and no more") {
  CallQueue queue({2, 1});
  CHECK(queue.add(1));
  CHECK(queue.add(2));
  CHECK(queue.add(3));
  CHECK_FALSE(queue.add(4));
  queue.remove(2);
  CHECK(queue.add(4));
}

TEST_CASE("a call that is not ready holds back nobody but itself") {
  CallQueue queue({1, 2});
  for (std::uint64_t call = 1; call <= 3; ++call)
    REQUIRE(queue.add(call));
  CHECK_FALSE(queue.next());
  queue.ready(2);
  queue.ready(3);
  CHECK(queue.next() == 2U);
  CHECK_FALSE(queue.next());  // the only slot is taken
  queue.ready(1);
  queue.remove(2);
  CHECK(queue.next() == 1U);  // first come, first served among those that are ready
}

TEST_CASE("restarts wait twice as long each time, up to a bound") {
  RestartPolicy policy({5, 30s, 100ms, 500ms});
  const RestartPolicy::Time start{};
  CHECK(policy.failed(start, 0.0) == 100ms);
  CHECK(policy.failed(start + 1s, 0.0) == 200ms);
  CHECK(policy.failed(start + 2s, 0.5) == 440ms);
  CHECK(policy.failed(start + 3s, 0.0) == 500ms);
  CHECK(policy.failed(start + 4s, 0.0) == 500ms);
  CHECK_FALSE(policy.failed(start + 5s, 0.0));
}

TEST_CASE("failures older than the period do not count") {
  RestartPolicy policy({1, 10s, 100ms, 1s});
  const RestartPolicy::Time start{};
  CHECK(policy.failed(start, 0.0));
  CHECK(policy.failed(start + 11s, 0.0) == 100ms);
  CHECK_FALSE(policy.failed(start + 12s, 0.0));
}

}  // namespace
}  // namespace parlance
