#include "runtime/limits/answer_sizes.hpp"
#include "runtime/limits/breaker.hpp"
#include "runtime/limits/codel.hpp"
#include "runtime/limits/concurrency_limit.hpp"
#include "runtime/limits/fair_queue.hpp"
#include "runtime/limits/minute_budget.hpp"
#include "runtime/limits/retry_budget.hpp"
#include "runtime/limits/steady_mean.hpp"
#include "runtime/llm/tokens.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

namespace parlance {
namespace {

using namespace std::chrono_literals;

constexpr Breaker::Time noon{12h};

WaitingCall waiting_call(std::uint64_t number, const std::string& tenant, std::uint64_t tokens) {
  WaitingCall call;
  call.call = number;
  call.tenant = tenant;
  call.tokens = tokens;
  call.since = noon;
  call.ready = true;
  return call;
}

WaitingCall waiting_call(std::uint64_t number, const std::string& tenant, CallClass call_class) {
  WaitingCall call = waiting_call(number, tenant, 100);
  call.call_class = call_class;
  return call;
}

constexpr CallClass sheddable{1, Criticality::sheddable};
constexpr CallClass usual{};
constexpr CallClass critical{1, Criticality::high};

// The numbers of the next calls, as they leave.
std::vector<std::uint64_t> leaving(FairQueue& queue, std::size_t count) {
  std::vector<std::uint64_t> calls;
  while (calls.size() < count) {
    const auto call = queue.take_first(noon);
    if (!call) break;
    calls.push_back(call->call);
  }
  return calls;
}

TEST_CASE("tenants leave a fair queue by turns, however much one of them sends") {
  const auto tokens = GENERATE(std::uint64_t{1}, 30, 4'096, 200'000);
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 4; ++number)
    queue.add(waiting_call(number, "heavy", tokens));
  queue.add(waiting_call(10, "light", tokens));
  queue.add(waiting_call(11, "light", tokens));
  CHECK(leaving(queue, 9) == std::vector<std::uint64_t>{1, 10, 2, 11, 3, 4});
}

TEST_CASE("a turn of a tenant is as many calls as its weight, small ones too") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    WaitingCall call = waiting_call(number, "heavy", 10);
    call.call_class.weight = 3;
    queue.add(std::move(call));
  }
  queue.add(waiting_call(10, "light", 10));
  queue.add(waiting_call(11, "light", 10));
  CHECK(leaving(queue, 9) == std::vector<std::uint64_t>{1, 2, 3, 10, 4, 5, 6, 11});
}

TEST_CASE("tenants share by tokens, whatever the sizes of their calls") {
  const auto small = GENERATE(std::uint64_t{1}, 30, 2'048, 4'000);
  const std::uint64_t large = 4'096;
  FairQueue queue;
  std::uint64_t number = 0;
  for (int call = 0; call < 5; ++call) {
    queue.add(waiting_call(++number, "large", large));
    queue.add(waiting_call(++number, "small", small));
  }
  std::uint64_t of_large = 0;
  std::uint64_t of_small = 0;
  while (of_large < 200 * large) {
    const auto call = queue.take_first(noon);
    REQUIRE(call);
    (call->tenant == "large" ? of_large : of_small) += call->tokens;
    REQUIRE(of_small < of_large + 3 * large);
    queue.add(waiting_call(++number, call->tenant, call->tokens));
  }
  CHECK(of_small > of_large - 3 * large);
}

TEST_CASE("what calls were taken to count for bends no turn, once it is known to be wrong") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    queue.add(waiting_call(number, "known", 10));
    queue.add(waiting_call(10 + number, "unknown", 5'000));
  }
  CHECK(leaving(queue, 4) == std::vector<std::uint64_t>{1, 2, 3, 4});
  queue.recount([](const WaitingCall&) { return 10; });
  CHECK(queue.turn_tokens() == 10);
  queue.add(waiting_call(7, "known", 10));
  queue.add(waiting_call(8, "known", 10));
  CHECK(leaving(queue, 99) == std::vector<std::uint64_t>{5, 11, 6, 12, 7, 13, 8, 14, 15, 16});
}

TEST_CASE("tenants that want more than there is share by the weights of their keys") {
  const auto seed = GENERATE(range(1U, 9U));
  std::mt19937 random(seed);
  std::map<std::string, std::uint32_t> weights;
  for (const char* const tenant : {"a", "b", "c", "d"})
    weights[tenant] = std::uniform_int_distribution<std::uint32_t>(1, 10)(random);
  std::uniform_int_distribution<std::uint64_t> size(1, 3'000);
  FairQueue queue;
  std::uint64_t number = 0;
  const auto send = [&](const std::string& tenant) {
    WaitingCall call = waiting_call(++number, tenant, size(random));
    call.call_class.weight = weights.at(tenant);
    queue.add(std::move(call));
  };
  for (const auto& [tenant, weight] : weights)
    for (int call = 0; call < 5; ++call)
      send(tenant);
  std::map<std::string, std::uint64_t> taken;
  std::map<std::string, std::uint64_t> waited_since;  // in calls of others that left meanwhile
  std::uint64_t sum = 0;
  for (std::uint64_t round = 0; round < 40'000; ++round) {
    const auto call = queue.take_first(noon);
    REQUIRE(call);
    taken[call->tenant] += call->tokens;
    sum += call->tokens;
    REQUIRE(round - waited_since[call->tenant] < 1'000);
    waited_since[call->tenant] = round;
    send(call->tenant);
  }
  std::uint32_t all = 0;
  for (const auto& [tenant, weight] : weights)
    all += weight;
  for (const auto& [tenant, weight] : weights) {
    CAPTURE(seed, tenant, weight, all);
    const double share = static_cast<double>(taken[tenant]) / static_cast<double>(sum);
    CHECK(share == Approx(static_cast<double>(weight) / all).epsilon(0.03));
  }
}

TEST_CASE("of one tenant's keys, each call has the share of its own") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 300; ++number) {
    WaitingCall own = waiting_call(number, "two keys", 4'096);
    own.call_class.weight = number % 2 == 0 ? 1 : 3;
    queue.add(std::move(own));
    queue.add(waiting_call(1'000 + number, "one key", 4'096));
  }
  int own = 0;
  for (const std::uint64_t call : leaving(queue, 300))
    own += call < 1'000 ? 1 : 0;
  CHECK(own > 150);  // more than with a weight of 1 alone
  CHECK(own < 225);  // and less than with one of 3
}

TEST_CASE("a tenant's most critical calls leave first, and every fourth is its oldest") {
  FairQueue queue;
  queue.add(waiting_call(1, "a", sheddable));
  queue.add(waiting_call(2, "a", usual));
  for (std::uint64_t number = 10; number < 18; ++number)
    queue.add(waiting_call(number, "a", critical));
  CHECK(leaving(queue, 99) == std::vector<std::uint64_t>{10, 11, 12, 1, 13, 14, 15, 2, 16, 17});
}

TEST_CASE("what a tenant calls critical takes nothing of another tenant's share") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 100; ++number) {
    WaitingCall call = waiting_call(number, "critical", 4'096);
    call.call_class = critical;
    queue.add(std::move(call));
    queue.add(waiting_call(1'000 + number, "modest", 4'096));
  }
  int modest = 0;
  for (const std::uint64_t call : leaving(queue, 100))
    modest += call > 1'000 ? 1 : 0;
  CHECK(modest == 50);
}

TEST_CASE("a sheddable call gives its place up for any other, and takes no other's") {
  FairQueue queue;
  queue.add(waiting_call(1, "a", sheddable));
  queue.add(waiting_call(2, "a", sheddable));
  queue.add(waiting_call(3, "a", usual));
  queue.add(waiting_call(4, "a", usual));
  queue.add(waiting_call(5, "a", usual));
  CHECK(queue.take_for("b", sheddable)->call == 2);  // by its share of the sheddable ones
  CHECK_FALSE(queue.take_for("b", sheddable));
  CHECK(queue.take_for("a", usual)->call == 1);
  CHECK_FALSE(queue.take_for("a", usual));
  CHECK_FALSE(queue.take_for("b", sheddable));
  CHECK(queue.take_for("b", usual)->call == 5);
}

TEST_CASE("a call of a heavier key takes no place of its own tenant's others") {
  FairQueue queue;
  for (const std::uint64_t call : {1, 2, 3})
    queue.add(waiting_call(call, "a", critical));
  CHECK_FALSE(queue.take_for("a", {5, Criticality::normal}));
}

TEST_CASE("a critical call takes the place of a less critical one of its tenant") {
  FairQueue queue;
  queue.add(waiting_call(1, "a", critical));
  queue.add(waiting_call(2, "a", usual));
  queue.add(waiting_call(3, "b", usual));
  queue.add(waiting_call(4, "b", usual));
  CHECK(queue.has_above(Criticality::normal));
  CHECK(queue.take_for("a", critical)->call == 2);
  CHECK_FALSE(queue.take_for("a", critical));
  CHECK_FALSE(queue.take_for("b", usual));
  CHECK(queue.has_above(Criticality::normal));
  CHECK_FALSE(queue.has_above(Criticality::high));
}

TEST_CASE("a tenant's part of the places is as large as its weight") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 9; ++number)
    queue.add(waiting_call(number, "light", usual));
  std::size_t heavy = 0;
  const CallClass weighty{2, Criticality::normal};
  while (queue.take_for("heavy", weighty))
    queue.add(waiting_call(100 + ++heavy, "heavy", weighty));
  CHECK(heavy == 6);
  CHECK(queue.size() == 9);
  CHECK(queue.weight_by_tenant() ==
        std::map<std::string, std::uint32_t>{{"heavy", 2}, {"light", 1}});
}

TEST_CASE("a call that somebody more critical wants too is as critical as that") {
  FairQueue queue;
  queue.add(waiting_call(1, "a", usual));
  queue.add(waiting_call(2, "a", sheddable));
  queue.raise(2, critical);
  CHECK(queue.size_of(Criticality::high) == 1);
  CHECK(queue.size_of(Criticality::sheddable) == 0);
  queue.raise(2, sheddable);
  queue.raise(3, critical);
  CHECK(leaving(queue, 9) == std::vector<std::uint64_t>{2, 1});
}

TEST_CASE("a new call waits for others' tokens as their weights are to its own") {
  FairQueue queue;
  WaitingCall other = waiting_call(1, "heavy", 1'000);
  other.call_class.weight = 4;
  queue.add(std::move(other));
  queue.add(waiting_call(2, "own", 1'000));
  CHECK(queue.calls_until("new", 100, 0, noon) == Approx(0.6));  // 100, 400 and 100 of 1,000 each
  CHECK(queue.calls_until("own", 1'000, 0, noon, critical) == Approx(2));
  CHECK(queue.calls_until("own", 1'000, 0, noon) == Approx(3));
}

TEST_CASE("a call that may not leave yet holds back nobody but itself") {
  FairQueue queue;
  WaitingCall first = waiting_call(1, "a", 1);
  first.ready = false;
  queue.add(first);
  queue.add(waiting_call(2, "a", 1));
  WaitingCall early = waiting_call(3, "a", 1);
  early.not_before = noon + 1s;
  queue.add_first(early);
  CHECK(leaving(queue, 9) == std::vector<std::uint64_t>{2});
  CHECK(queue.next_time(noon) == noon + 1s);
  queue.ready(1);
  CHECK(leaving(queue, 9) == std::vector<std::uint64_t>{1});
  REQUIRE(queue.take_first(noon + 1s));
  CHECK(queue.empty());
  CHECK_FALSE(queue.remove(3));
}

TEST_CASE("a new call waits for its tenant's calls, and for as much of each other tenant") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 10; ++number)
    queue.add(waiting_call(number, "heavy", 100));
  CHECK(queue.calls_until("heavy", 100, 0, noon) == Approx(11));
  CHECK(queue.calls_until("light", 100, 0, noon) == Approx(2));
}

TEST_CASE("a call that is short of time leaves before its tenant's others, the shortest first") {
  FairQueue queue;
  std::uint64_t number = 0;
  for (const auto has : {60s, 9s, 50s, 8s}) {
    WaitingCall call;
    call.call = ++number;
    call.tenant = "a";
    call.deadline = noon + has;
    call.ready = true;
    queue.add(std::move(call));
  }
  queue.hurry_below(10s);
  for (const std::uint64_t expected : {4U, 2U, 1U, 3U})
    CHECK(queue.take_first(noon)->call == expected);
}

TEST_CASE("calls that are late are taken out, and no longer stand before the others") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 4; ++number) {
    WaitingCall call;
    call.call = number;
    call.tenant = "a";
    queue.add(std::move(call));
  }
  const auto late = queue.take_late(
      [](const WaitingCall& call, double until) { return call.call == 2 || until > 2.5; }, 1, noon);
  REQUIRE(late.size() == 2);
  CHECK(late[0].call == 2);
  CHECK(late[1].call == 4);
  CHECK(queue.size() == 2);
}

TEST_CASE("of the calls that end early, the chosen leave, and others are not looked at") {
  FairQueue queue;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    WaitingCall call = waiting_call(number, number % 2 == 0 ? "a" : "b", 100);
    call.deadline = noon + std::chrono::seconds(10 * number);
    queue.add(std::move(call));
  }
  std::vector<std::uint64_t> looked_at;
  const auto left = queue.take_of_ending(noon + 40s, [&](const WaitingCall& call) {
    looked_at.push_back(call.call);
    return call.call != 3;
  });
  CHECK(looked_at == std::vector<std::uint64_t>{2, 1, 3});
  REQUIRE(left.size() == 2);
  CHECK(left[0].call == 2);
  CHECK(left[1].call == 1);
  CHECK(queue.size() == 4);
}

TEST_CASE("a queue stands once no call has left it in time for a whole interval") {
  Codel codel;
  codel.left(noon, noon + 1s);
  CHECK_FALSE(codel.stands(noon + 2s));
  CHECK(codel.stands(noon + 3s));
  codel.left(noon + 3s, noon + 3s);
  CHECK_FALSE(codel.stands(noon + 9s));
  codel.left(noon, noon + 10s);
  codel.emptied();
  CHECK_FALSE(codel.stands(noon + 20s));
}

TEST_CASE("a breaker opens after five failures in a row, and lets one probe by each period") {
  Breaker breaker;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(breaker.try_pass(noon));
    breaker.failed(noon);
  }
  CHECK(breaker.state() == Breaker::State::open);
  CHECK_FALSE(breaker.try_pass(noon + 9s));
  CHECK(breaker.try_pass(noon + 10s));
  CHECK_FALSE(breaker.try_pass(noon + 10s));  // the probe is under way
  breaker.failed(noon + 11s);
  CHECK_FALSE(breaker.try_pass(noon + 20s));
  CHECK(breaker.try_pass(noon + 21s));
  breaker.probe_untold(noon + 22s);
  CHECK(breaker.try_pass(noon + 22s));
  breaker.succeeded(noon + 23s);
  CHECK(breaker.state() == Breaker::State::closed);
}

TEST_CASE("a breaker opens when more than half of many calls fail, within its window alone") {
  const auto fail_every_other = [](std::chrono::seconds apart) {
    Breaker breaker;
    auto now = noon;
    for (int i = 0; i < 40; ++i, now += apart) {
      if (breaker.state() != Breaker::State::closed) return true;
      if (i % 3 == 0) breaker.succeeded(now);
      if (i % 3 != 0) breaker.failed(now);
    }
    return false;
  };
  CHECK(fail_every_other(1s));
  CHECK_FALSE(fail_every_other(60s));
}

TEST_CASE("retries are paid from what succeeded") {
  RetryBudget budget({2, 0.25});
  CHECK(budget.take());
  CHECK(budget.take());
  CHECK_FALSE(budget.take());
  for (int i = 0; i < 4; ++i)
    budget.succeeded();
  CHECK(budget.take());
  CHECK_FALSE(budget.take());
}

TEST_CASE("no minute holds more requests or tokens than its budget") {
  MinuteBudget budget({2, 1'000});
  CHECK(budget.fits_at(600, noon) == noon);
  budget.sent(600, noon);
  CHECK(budget.fits_at(600, noon + 10s) == noon + 61s);
  CHECK(budget.fits_at(400, noon + 10s) == noon + 10s);
  budget.sent(400, noon + 10s);
  CHECK(budget.fits_at(1, noon + 20s) == noon + 61s);
  CHECK(budget.fits_at(700, noon + 20s) == noon + 71s);
  CHECK(budget.fits_at(5'000, noon + 20s) == noon + 71s);  // alone in its minute
}

TEST_CASE("what a call did not use of its estimate is given back to the minute") {
  MinuteBudget budget({0, 1'000});
  budget.sent(900, noon);
  CHECK(budget.fits_at(500, noon + 5s) > noon + 5s);
  budget.settled(900, 100, noon, noon + 5s);
  CHECK(budget.fits_at(500, noon + 5s) == noon + 5s);
}

TEST_CASE("a call is expected to cost its question, and what nine of the last ten answers had") {
  AnswerSizes sizes;
  const CallTokens call(1'100, 1'000);
  for (std::uint32_t size = 1; size < AnswerSizes::answers_to_know; ++size)
    sizes.add(10 * size);
  CHECK(sizes.expected(call) == 1'100);
  sizes.add(200);
  CHECK(sizes.expected(call) == 100 + 150);
  CHECK(sizes.expected({150, 50}) == 150);
  CHECK(sizes.expected(70) == 70);
  for (std::size_t i = 0; i < AnswerSizes::answers_kept; ++i)
    sizes.add(i % 10 == 0 ? 900 : 30);
  CHECK(sizes.expected(call) == 100 + 900);
  for (std::size_t i = 0; i < AnswerSizes::answers_to_know; ++i)
    sizes.add(30);
  CHECK(sizes.expected(call) == 100 + (5 * 900 + 59 * 30 + 63) / 64);  // their mean is more
  for (std::size_t i = 0; i < AnswerSizes::answers_kept; ++i)
    sizes.add(30);
  CHECK(sizes.expected(call) == 100 + 30);
}

TEST_CASE("a steady mean begins again when what it measures has become another") {
  SteadyMean mean;
  for (int i = 0; i < 500; ++i)
    mean.add(i % 2 == 0 ? 0.9 : 1.1);
  CHECK(mean.mean() == Approx(1).epsilon(0.01));
  for (int i = 0; i < 20; ++i)
    mean.add(i % 2 == 0 ? 1.8 : 2.2);
  CHECK(mean.mean() == Approx(2).epsilon(0.15));
}

TEST_CASE("what has doubled is noticed by few values, and the mean begins again from them") {
  SteadyMean mean;
  for (int i = 0; i < 500; ++i)
    mean.add(i % 2 == 0 ? 1.2 : 2.8);
  int values = 1;
  while (!mean.add(values % 2 == 0 ? 2.4 : 5.6))
    ++values;
  CHECK(values <= 12);
  CHECK(mean.mean() == Approx(4).epsilon(0.15));
  CHECK(mean.deviation() == Approx(1.6).epsilon(0.2));
}

TEST_CASE("values that are always cut off where they are usual have become larger") {
  SteadyMean mean;
  for (int i = 0; i < 500; ++i)
    mean.add(i % 2 == 0 ? 1.2 : 2.8);
  int values = 1;
  while (!mean.add_at_least(2.4))
    ++values;
  CHECK(values <= 20);
  CHECK(mean.mean() == Approx(3).epsilon(0.05));
}

TEST_CASE("values that are cut off early say nothing") {
  SteadyMean mean;
  mean.add_at_least(0.1);
  CHECK(mean.count() == 0);
  for (int i = 0; i < 500; ++i)
    mean.add(i % 2 == 0 ? 1.2 : 2.8);
  for (int i = 0; i < 500; ++i)
    REQUIRE_FALSE(mean.add_at_least(0.3));
  CHECK(mean.mean() == Approx(2).epsilon(0.05));
}

TEST_CASE("a steady mean does not begin again for a few values that are far out") {
  SteadyMean mean;
  for (int i = 0; i < 500; ++i)
    mean.add(i % 2 == 0 ? 1.2 : 2.8);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(mean.add(20));
    CHECK_FALSE(mean.add(2));
  }
  CHECK(mean.mean() == Approx(2).epsilon(0.2));
}

TEST_CASE("a fixed limit stays, whatever the provider says") {
  ConcurrencyLimit limit({1, 8, false});
  const auto call = limit.sent(noon, 8);
  limit.refused(call, noon);
  CHECK(limit.limit() == 8);
}

TEST_CASE("a limit falls once for all the calls that were refused together") {
  ConcurrencyLimit limit({1, 64, true});
  const std::uint32_t first = limit.limit();
  const auto one = limit.sent(noon, first - 1);
  const auto other = limit.sent(noon, first);
  limit.refused(one, noon + 50ms);
  CHECK(limit.limit() == first - 1);
  limit.refused(other, noon + 60ms);
  CHECK(limit.limit() == first - 1);
  CHECK(limit.reason() == ConcurrencyLimit::Reason::refused);
}

TEST_CASE("a limit that nobody uses does not grow") {
  ConcurrencyLimit limit({1, 64, true});
  const std::uint32_t first = limit.limit();
  auto now = noon;
  for (int i = 0; i < 100; ++i, now += 1s) {
    const auto call = limit.sent(now, first - 1);
    limit.first_token(call, now + 400ms);
    limit.finished(call, now + 900ms);
  }
  CHECK(limit.limit() == first);
  for (int i = 0; i < 100; ++i, now += 1s) {
    const auto call = limit.sent(now, limit.limit());
    limit.first_token(call, now + 400ms);
    limit.finished(call, now + 900ms);
  }
  CHECK(limit.limit() > 2 * first);
}

TEST_CASE("a call's tokens are estimated upwards, more of them where letters are not English") {
  CHECK(tokens_of("") == 0);
  CHECK(tokens_of("How are you today?") == 6);
  CHECK(tokens_of("お元気ですか") == 12);
  ChatRequest request;
  request.tokens_out_max = 100;
  request.messages.push_back(
      std::make_shared<Message>(Message{"", Role::human, "Hello there", {}, {}}));
  CHECK(tokens_max_of(request) == 108);
}

}  // namespace
}  // namespace parlance
