#include "tests/lanes/figures.hpp"

#include <catch2/catch.hpp>

namespace parlance::lanes {
namespace {

void check(const Figures& figures) {
  for (const Figure& figure : figures) {
    INFO(figure.name << ": " << figure.value);
    CHECK(figure.holds());
  }
}

TEST_CASE("a lane finds a provider's slots, and keeps them busy with calls that end in time") {
  check(saturated(16, Manner::refuses, 1, 1, 100));
  check(saturated(16, Manner::queues, 1, 1, 100));
}

TEST_CASE("waits recover when a provider halves its speed") {
  check(half_speed(16, Manner::queues, 1, 4));
  check(half_speed(64, Manner::refuses, 1, 1));
}

TEST_CASE("a tenant with a hundred times another's load takes its share") {
  check(shares(16, Manner::refuses, 1));
}

TEST_CASE("a dead provider is asked once a period, and used again when it is back") {
  check(outage(Phase::State::down, 1));
  check(outage(Phase::State::hangs, 1));
}

TEST_CASE("the same seed is the same world") {
  CHECK(saturated(4, Manner::queues, 7, 1, 0)[2].value ==
        saturated(4, Manner::queues, 7, 1, 0)[2].value);
}

}  // namespace
}  // namespace parlance::lanes
