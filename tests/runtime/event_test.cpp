#include "runtime/journal/event.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

TEST_CASE("a delta takes no more than it needs, whatever the other events hold") {
  CHECK(sizeof(Event) <= sizeof(Delta) + sizeof(void*));
  CHECK(sizeof(Event) < sizeof(TurnAccepted) / 2);
}

TEST_CASE("an event is copied and compared by what it holds") {
  StepDone step;
  step.turn = 3;
  step.node = "answer";
  const Event event = step;
  Event copy = event;
  CHECK(copy == event);
  get<StepDone>(copy).node = "ask";
  CHECK_FALSE(copy == event);
  CHECK(get<StepDone>(event).node == "answer");
  copy = Delta{3, "answer", "m", {"a"}};
  CHECK(holds_alternative<Delta>(copy));
  CHECK(get_if<StepDone>(&copy) == nullptr);
  CHECK_THROWS_AS(get<StepDone>(copy), std::bad_variant_access);
  CHECK(turn_of(copy) == 3);
  CHECK(turn_of(event) == 3);
}

}  // namespace
}  // namespace parlance
