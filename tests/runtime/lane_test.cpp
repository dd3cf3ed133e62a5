#include "runtime/limits/lane.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

using namespace std::chrono_literals;

constexpr Lane::Time opening{1h};

LaneLimits fixed_limits(std::uint32_t at_once, std::uint32_t waiting) {
  LaneLimits limits;
  limits.at_once = {1, at_once, false};
  limits.calls_waiting_max = waiting;
  return limits;
}

Lane::Wish wish(std::uint64_t number, std::chrono::seconds has = 60s) {
  return {number, "tenant", 10, opening + has};
}

Lane::Wish wish_of(const std::string& tenant, std::uint64_t number) {
  return {number, tenant, 10, opening + 60s};
}

// Takes a place for the call, which may run at once.
void enter(Lane& lane, const Lane::Wish& call, Lane::Time now = opening) {
  REQUIRE_FALSE(lane.enter(call, now));
  lane.ready(call.call);
}

// The call that is sent now; 0 for none.
std::uint64_t sent(Lane& lane, Lane::Time now) {
  const auto step = lane.next(now);
  return step && !step->refusal ? step->call : 0;
}

Lane::Ending ending(Lane::Outcome outcome, bool has_elsewhere = false) {
  return {outcome, 0, 0, {}, has_elsewhere, 0.5};
}

TEST_CASE("a lane sends as many as its limit, holds as many as may wait, and refuses the next") {
  Lane lane(fixed_limits(1, 1));
  enter(lane, wish(1));
  enter(lane, wish(2));
  const auto refused = lane.enter(wish(3), opening);
  REQUIRE(refused);
  CHECK(refused->why == Lane::Why::queue_full);
  CHECK(refused->retry_after == 1s);
  CHECK(sent(lane, opening) == 1);
  CHECK(sent(lane, opening) == 0);
  CHECK(lane.ended(1, ending(Lane::Outcome::answered), opening + 1s) == Lane::After::over);
  CHECK(sent(lane, opening + 1s) == 2);
}

TEST_CASE("of those that run, a lane knows which were sent before a call") {
  Lane lane(fixed_limits(3, 1));
  for (const std::uint64_t call : {1U, 2U, 3U}) {
    const auto now = opening + std::chrono::seconds(call);
    enter(lane, wish(call), now);
    CHECK(sent(lane, now) == call);
  }
  CHECK(lane.running_before(1) == 0);
  CHECK(lane.running_before(3) == 2);
  lane.ended(1, ending(Lane::Outcome::answered), opening + 5s);
  CHECK(lane.running_before(3) == 1);
}

TEST_CASE("of a full queue each tenant can have its share: the newest of the largest gives way") {
  Lane lane(fixed_limits(1, 4));
  enter(lane, wish_of("flood", 1));
  CHECK(sent(lane, opening) == 1);
  for (std::uint64_t call = 2; call <= 5; ++call)
    enter(lane, wish_of("flood", call));
  for (const std::uint64_t gives_way : {5U, 4U}) {
    enter(lane, wish_of("quiet", 10 + gives_way));
    const auto step = lane.next(opening);
    REQUIRE(step);
    CHECK(step->call == gives_way);
    REQUIRE(step->refusal);
    CHECK(step->refusal->why == Lane::Why::queue_full);
    CHECK_FALSE(lane.next(opening));
  }
  for (const auto* const tenant : {"quiet", "flood"})  // both have their half
    CHECK(lane.enter(wish_of(tenant, 20), opening)->why == Lane::Why::queue_full);
  CHECK(lane.waiting_by_tenant() == std::map<std::string, std::size_t>{{"flood", 2}, {"quiet", 2}});
  enter(lane, wish_of("third", 21));
  lane.leave(lane.next(opening)->call, opening);
  CHECK(lane.waiting() == 4);
}

TEST_CASE("a call that lost its place and is gone before anybody heard of it is not spoken of") {
  Lane lane(fixed_limits(1, 2));
  enter(lane, wish_of("flood", 1));
  CHECK(sent(lane, opening) == 1);
  enter(lane, wish_of("flood", 2));
  enter(lane, wish_of("flood", 3));
  enter(lane, wish_of("quiet", 4));
  lane.leave(3, opening);
  CHECK_FALSE(lane.next(opening));
}

TEST_CASE("a call that cannot be answered in time is refused at the door") {
  Lane lane(fixed_limits(1, 9));
  enter(lane, wish(1));
  CHECK(sent(lane, opening) == 1);
  CHECK(lane.ended(1, ending(Lane::Outcome::answered), opening + 10s) == Lane::After::over);
  enter(lane, wish(2, 12s), opening + 10s);  // a slot is free: it may try
  CHECK(sent(lane, opening + 10s) == 2);
  const auto refused = lane.enter(wish(3, 25s), opening + 10s);
  REQUIRE(refused);
  CHECK(refused->why == Lane::Why::would_miss_deadline);
  CHECK(refused->retry_after == 10s);
  CHECK_FALSE(lane.enter(wish(4, 60s), opening + 10s));
}

TEST_CASE(
    "when a provider becomes slower, who can no longer make it hears so, and the door is warier") {
  Lane lane(fixed_limits(1, 64));
  Lane::Time now = opening;
  std::uint64_t call = 0;
  const auto run_one = [&](std::chrono::milliseconds takes, Lane::Outcome outcome) {
    CHECK(sent(lane, now) == call);
    now += takes;
    CHECK(lane.ended(call, ending(outcome), now) == Lane::After::over);
  };
  for (int i = 0; i < 100; ++i) {
    enter(lane, {++call, "tenant", 10, now + 60s}, now);
    run_one(i % 2 == 0 ? 1'500ms : 2'500ms, Lane::Outcome::answered);
  }
  const std::uint64_t waiting = 30;
  for (std::uint64_t i = 1; i <= waiting; ++i)
    enter(lane, {call + i, "tenant", 10, now + 70s}, now);
  const auto waits_before = lane.wait("tenant", 10, now);
  std::uint64_t ran = 0;
  while (lane.waiting() + ran == waiting) {
    ++call;
    ++ran;
    run_one(4s, ran % 2 == 0 ? Lane::Outcome::answered : Lane::Outcome::cancelled);
  }
  CHECK(ran <= 6);
  const auto step = lane.next(now);
  REQUIRE(step);
  REQUIRE(step->refusal);
  CHECK(step->refusal->why == Lane::Why::would_miss_deadline);
  CHECK(waits_before < 65s);
  const auto waits = lane.wait("tenant", 10, now);
  CHECK(lane.enter({1'000, "tenant", 10, now + waits + 5s}, now));
  CHECK_FALSE(lane.enter({1'001, "tenant", 10, now + waits + 60s}, now));
}

TEST_CASE("a throttled call waits again, before its tenant's others") {
  Lane lane(fixed_limits(1, 9));
  enter(lane, wish(1));
  enter(lane, wish(2));
  CHECK(sent(lane, opening) == 1);
  Lane::Ending throttled = ending(Lane::Outcome::throttled);
  throttled.retry_after = 2s;
  CHECK(lane.ended(1, throttled, opening) == Lane::After::again);
  CHECK(sent(lane, opening) == 2);
  CHECK(lane.wake_at(opening) == opening + 2s);
  lane.leave(2, opening + 2s);
  CHECK(sent(lane, opening + 2s) == 1);
}

TEST_CASE("a call that is throttled beyond its deadline goes elsewhere") {
  Lane lane(fixed_limits(1, 9));
  enter(lane, wish(1, 10s));
  CHECK(sent(lane, opening) == 1);
  Lane::Ending throttled = ending(Lane::Outcome::throttled);
  throttled.retry_after = 11s;
  CHECK(lane.ended(1, throttled, opening) == Lane::After::elsewhere);
}

TEST_CASE("a throttled call leaves a lane whose provider lets nothing go before its deadline") {
  Lane lane(fixed_limits(1, 9));
  enter(lane, wish(1, 30s));
  CHECK(sent(lane, opening) == 1);
  lane.told(1, {{100, 0, 50s}, {}, true}, opening);
  CHECK(lane.ended(1, ending(Lane::Outcome::throttled, true), opening) == Lane::After::elsewhere);
}

TEST_CASE("after an outage a call goes to another lane, or is tried again where there is none") {
  Lane lane(fixed_limits(1, 9));
  enter(lane, wish(1));
  CHECK(sent(lane, opening) == 1);
  CHECK(lane.ended(1, ending(Lane::Outcome::outage, true), opening) == Lane::After::elsewhere);
  enter(lane, wish(2));
  auto now = opening;
  for (int attempt = 1; attempt <= 2; ++attempt) {
    CHECK(sent(lane, now) == 2);
    CHECK(lane.ended(2, ending(Lane::Outcome::outage), now) == Lane::After::again);
    CHECK(sent(lane, now) == 0);
    now = lane.wake_at(now).value();
  }
  CHECK(now == opening + 750ms);  // half of 500 ms, and half of twice as much
  CHECK(sent(lane, now) == 2);
  CHECK(lane.ended(2, ending(Lane::Outcome::outage), now) == Lane::After::elsewhere);
}

TEST_CASE("what was cut after it had said something is never sent again") {
  Lane lane(fixed_limits(1, 9));
  enter(lane, wish(1));
  CHECK(sent(lane, opening) == 1);
  CHECK(lane.ended(1, ending(Lane::Outcome::cut), opening) == Lane::After::over);
}

TEST_CASE("behind an open breaker calls are refused, those that wait too, but for one probe") {
  Lane lane(fixed_limits(5, 9));
  for (std::uint64_t number = 1; number <= 6; ++number)
    enter(lane, wish(number));
  for (std::uint64_t number = 1; number <= 5; ++number)
    CHECK(sent(lane, opening) == number);
  for (std::uint64_t number = 1; number <= 5; ++number)
    (void)lane.ended(number, ending(Lane::Outcome::outage, true), opening);
  const auto given_up = lane.next(opening);
  REQUIRE(given_up);
  CHECK(given_up->call == 6);
  REQUIRE(given_up->refusal);
  CHECK(given_up->refusal->why == Lane::Why::provider_down);
  CHECK(given_up->refusal->retry_after == 10s);
  CHECK(lane.enter(wish(7), opening + 1s));
  enter(lane, wish(8), opening + 10s);
  CHECK(sent(lane, opening + 10s) == 8);
  CHECK(lane.enter(wish(9), opening + 10s));
  CHECK(lane.ended(8, ending(Lane::Outcome::answered), opening + 11s) == Lane::After::over);
  enter(lane, wish(10), opening + 11s);
}

TEST_CASE("a probe that is cancelled leaves the next call to be one") {
  Lane lane(fixed_limits(5, 9));
  for (std::uint64_t number = 1; number <= 5; ++number) {
    enter(lane, wish(number));
    CHECK(sent(lane, opening) == number);
    (void)lane.ended(number, ending(Lane::Outcome::outage, true), opening);
  }
  enter(lane, wish(6), opening + 10s);
  CHECK(sent(lane, opening + 10s) == 6);
  lane.leave(6, opening + 11s);
  enter(lane, wish(7), opening + 11s);
  CHECK(sent(lane, opening + 11s) == 7);
}

TEST_CASE("a lane sends no more tokens at once, and a minute, than it may") {
  LaneLimits limits = fixed_limits(9, 9);
  limits.tokens_at_once_max = 15;
  limits.minute.requests_max = 2;
  Lane lane(limits);
  for (std::uint64_t number = 1; number <= 3; ++number)
    enter(lane, wish(number, 300s));
  CHECK(sent(lane, opening) == 1);
  CHECK(sent(lane, opening) == 0);
  CHECK(lane.ended(1, ending(Lane::Outcome::answered), opening + 1s) == Lane::After::over);
  CHECK(sent(lane, opening + 1s) == 2);
  CHECK(lane.ended(2, ending(Lane::Outcome::answered), opening + 2s) == Lane::After::over);
  CHECK(sent(lane, opening + 2s) == 0);
  CHECK(lane.wake_at(opening + 2s) == opening + 61s);
  CHECK(sent(lane, opening + 61s) == 3);
}

TEST_CASE("calls count for the tokens that answers usually have, a tenant's own once it has some") {
  LaneLimits limits = fixed_limits(9, 90);
  limits.tokens_at_once_max = 5'000;
  Lane lane(limits);
  std::uint64_t number = 0;
  const auto enter_one = [&](const std::string& tenant) {
    enter(lane, {++number, tenant, {4'100, 4'000}, opening + 300s});
  };
  const auto sent_at_once = [&] {
    std::vector<std::uint64_t> calls;
    while (const auto call = sent(lane, opening))
      calls.push_back(call);
    return calls;
  };
  const auto answers = [&](std::uint64_t call, std::uint32_t tokens) {
    Lane::Ending told = ending(Lane::Outcome::answered);
    told.tokens_answered = tokens;
    lane.ended(call, told, opening);
  };
  for (std::size_t i = 0; i < 9 + AnswerSizes::answers_to_know; ++i)
    enter_one("brief");
  for (std::size_t i = 0; i < AnswerSizes::answers_to_know; ++i) {
    const auto calls = sent_at_once();
    CHECK(calls.size() == 1);
    answers(calls.front(), 900);
  }
  auto running = sent_at_once();
  CHECK(running.size() == 5);  // those, too, that came when nothing was known
  while (!running.empty()) {
    for (const std::uint64_t call : running)
      lane.leave(call, opening);
    running = sent_at_once();
  }
  for (std::size_t i = 0; i < 9 + AnswerSizes::answers_to_know; ++i)
    enter_one("long");
  running = sent_at_once();
  CHECK(running.size() == 5);  // for as much as all answers
  for (std::size_t answered = 0; answered < AnswerSizes::answers_to_know; ++answered) {
    answers(running.front(), 4'000);
    running.erase(running.begin());
    const auto next = sent_at_once();
    running.insert(running.end(), next.begin(), next.end());
  }
  for (const std::uint64_t call : running)
    lane.leave(call, opening);
  CHECK(sent_at_once().size() == 1);
}

TEST_CASE("a call that counts for little reserves all that it may cost of the minute's tokens") {
  LaneLimits limits = fixed_limits(9, 9);
  limits.minute.tokens_max = 16 * 4'100 + 4'200;
  Lane lane(limits);
  for (std::uint64_t number = 1; number <= AnswerSizes::answers_to_know; ++number) {
    enter(lane, {number, "tenant", {4'100, 4'000}, opening + 60s});
    CHECK(sent(lane, opening) == number);
    Lane::Ending short_answer = ending(Lane::Outcome::answered);
    short_answer.tokens_answered = 100;
    short_answer.tokens_used = 4'100;
    lane.ended(number, short_answer, opening);
  }
  enter(lane, {31, "tenant", {4'100, 4'000}, opening + 300s});
  enter(lane, {32, "tenant", {4'100, 4'000}, opening + 300s});
  CHECK(sent(lane, opening) == 31);
  CHECK(sent(lane, opening) == 0);
}

TEST_CASE("what a provider says is left binds a lane below what is configured, until its reset") {
  Lane lane(fixed_limits(9, 9));
  for (std::uint64_t number = 1; number <= 3; ++number)
    enter(lane, wish(number, 300s));
  CHECK(sent(lane, opening) == 1);
  lane.told(1, {{{}, 1, 20s}, {}, false}, opening);
  CHECK(lane.held_by(opening) == HeldBy::nothing);
  CHECK(sent(lane, opening) == 2);
  CHECK(sent(lane, opening) == 0);
  CHECK(lane.held_by(opening) == HeldBy::requests_told);
  CHECK(lane.wake_at(opening) == opening + 20s);
  const auto refused = lane.enter(wish(4, 10s), opening);
  REQUIRE(refused);
  CHECK(refused->why == Lane::Why::used_up);
  CHECK(refused->retry_after == 20s);
  CHECK(sent(lane, opening + 20s) == 3);
}

TEST_CASE("calls whose time ends before the provider lets one go hear of it at once") {
  Lane lane(fixed_limits(9, 9));
  enter(lane, wish(1));
  CHECK(sent(lane, opening) == 1);
  enter(lane, wish(2, 10s));
  enter(lane, wish(3, 30s));
  lane.told(1, {{{}, 0, 20s}, {}, false}, opening);
  const auto step = lane.next(opening);
  REQUIRE(step);
  CHECK(step->call == 2);
  CHECK(step->refusal->why == Lane::Why::used_up);
  CHECK_FALSE(lane.next(opening));
  CHECK(sent(lane, opening + 20s) == 3);
}

TEST_CASE("a call that needs more than comes back in time hears of it, though the next one goes") {
  Lane lane(fixed_limits(1, 9));
  enter(lane, wish(1));
  CHECK(sent(lane, opening) == 1);
  enter(lane, wish(2, 60s));
  REQUIRE_FALSE(lane.enter({3, "tenant", 100, opening + 10s}, opening));
  lane.told(1, {{}, {1'000, 50, 20s}, false}, opening);
  const auto step = lane.next(opening);
  REQUIRE(step);
  CHECK(step->call == 3);
  CHECK(step->refusal->why == Lane::Why::used_up);
  lane.ended(1, ending(Lane::Outcome::answered), opening);
  CHECK(sent(lane, opening) == 2);
}

TEST_CASE("a lane is held by tokens where too few are left for the call that is next") {
  Lane lane(fixed_limits(9, 9));
  enter(lane, wish(1, 300s));
  CHECK(sent(lane, opening) == 1);
  lane.told(1, {{}, {1'000, 50, 20s}, false}, opening);
  CHECK(lane.held_by(opening) == HeldBy::nothing);
  REQUIRE_FALSE(lane.enter({2, "tenant", 100, opening + 300s}, opening));
  CHECK(lane.held_by(opening) == HeldBy::nothing);  // it could not be sent in any case
  lane.ready(2);
  CHECK(sent(lane, opening) == 0);
  CHECK(lane.held_by(opening) == HeldBy::tokens_told);
  CHECK(lane.held_by(opening + 20s) == HeldBy::nothing);
}

TEST_CASE("a lane is held by its minute where too little of it is left for the next call") {
  LaneLimits limits = fixed_limits(9, 9);
  limits.minute.tokens_max = 100;
  Lane lane(limits);
  enter(lane, wish(1, 300s));
  CHECK(sent(lane, opening) == 1);
  REQUIRE_FALSE(lane.enter({2, "tenant", 95, opening + 300s}, opening));
  CHECK(lane.held_by(opening) == HeldBy::nothing);
  lane.ready(2);
  CHECK(sent(lane, opening) == 0);
  CHECK(lane.held_by(opening) == HeldBy::minute);
}

TEST_CASE("a lane whose provider says that no token is left waits, and is not stopped for ever") {
  Lane lane(fixed_limits(9, 9));
  enter(lane, wish(1, 900s));
  enter(lane, wish(2, 900s));
  enter(lane, wish(3, 900s));
  CHECK(sent(lane, opening) == 1);
  lane.told(1, {{}, {1'000, 0, 24h}, true}, opening);
  CHECK(lane.held_by(opening) == HeldBy::tokens_told);
  const auto probed_at = lane.wake_at(opening);
  REQUIRE(probed_at);
  CHECK(*probed_at <= opening + 75s);
  CHECK(sent(lane, *probed_at) == 2);
  CHECK(sent(lane, *probed_at) == 0);
  lane.told(2, {{}, {1'000, 1'000, 1s}, false}, *probed_at);
  CHECK(sent(lane, *probed_at) == 3);
}

TEST_CASE("in an overloaded lane sheddable calls are refused first") {
  Lane lane(fixed_limits(1, 2));
  const auto of_class = [](std::uint64_t number, Criticality criticality) {
    Lane::Wish made = wish(number, 300s);
    made.call_class.criticality = criticality;
    return made;
  };
  enter(lane, wish(1, 300s));
  CHECK(sent(lane, opening) == 1);
  enter(lane, of_class(2, Criticality::sheddable));
  enter(lane, of_class(3, Criticality::sheddable));
  enter(lane, of_class(4, Criticality::normal));
  auto shed = lane.next(opening);
  REQUIRE(shed);
  CHECK(shed->call == 3);
  CHECK(shed->refusal->why == Lane::Why::queue_full);
  enter(lane, of_class(5, Criticality::high));
  CHECK(lane.next(opening)->call == 2);
  CHECK(lane.enter(of_class(6, Criticality::sheddable), opening)->why == Lane::Why::queue_full);
  CHECK(lane.waiting_of(Criticality::high) == 1);
  lane.ended(1, ending(Lane::Outcome::answered), opening + 1s);
  CHECK(sent(lane, opening + 1s) == 5);
  CHECK(sent(lane, opening + 1s) == 0);
}

TEST_CASE("while a queue stands, a sheddable call is let in only where none is more critical") {
  Lane lane(fixed_limits(1, 9));
  const auto of_class = [](std::uint64_t number, Criticality criticality) {
    Lane::Wish made = wish(number, 300s);
    made.call_class.criticality = criticality;
    return made;
  };
  for (std::uint64_t call = 1; call <= 5; ++call)
    enter(lane, of_class(call, Criticality::normal));
  CHECK_FALSE(lane.enter(of_class(6, Criticality::sheddable), opening));
  auto now = opening;
  for (std::uint64_t call = 1; call <= 3; ++call) {
    CHECK(sent(lane, now) == call);
    now += 2s;
    lane.ended(call, ending(Lane::Outcome::answered), now);
  }
  CHECK(lane.enter(of_class(7, Criticality::sheddable), now)->why == Lane::Why::shed);
  CHECK_FALSE(lane.enter(of_class(8, Criticality::normal), now));
}

}  // namespace
}  // namespace parlance
