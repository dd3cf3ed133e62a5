#include "runtime/limits/rate_limits.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace parlance {
namespace {

using std::chrono::milliseconds;

const RateLimits::Time start{std::chrono::hours(1)};
const RateLimits::Clients ada{{RateOf::key, "k"}, RateLimits::user_of("acme", "ada")};
const RateLimits::Clients bob{{RateOf::key, "k"}, RateLimits::user_of("acme", "bob")};

RateOptions of_tokens(std::uint64_t key, std::uint64_t user) {
  RateOptions options;
  options.limits = {{RateOf::key, RateUnit::tokens, key}, {RateOf::user, RateUnit::tokens, user}};
  return options;
}

TEST_CASE("tokens are taken from all of a call's limits, or from none") {
  RateLimits rates(of_tokens(100, 60));
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 60, start));
  const auto by_user = rates.take(RateUnit::tokens, ada, 1, start);
  REQUIRE(by_user);
  CHECK(by_user->limit.of == RateOf::user);
  CHECK_FALSE(rates.take(RateUnit::tokens, bob, 40, start));
  CHECK(rates.take(RateUnit::tokens, bob, 1, start)->limit.of == RateOf::key);
  CHECK(rates.left(RateUnit::tokens, ada, start)->left == 0);
  CHECK_FALSE(rates.left(RateUnit::requests, ada, start));
}

TEST_CASE("what a call did not need comes back, while it is in the window") {
  RateLimits rates(of_tokens(100, 0));
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 90, start));
  rates.take_back(RateUnit::tokens, ada, 80, start);
  CHECK(rates.left(RateUnit::tokens, ada, start)->left == 90);
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 90, start + milliseconds(1'000)));
  rates.take_back(RateUnit::tokens, ada, 1'000, start);  // what there was then, and no more
  CHECK(rates.left(RateUnit::tokens, ada, start + milliseconds(1'000))->left == 10);
  const auto later = start + milliseconds(120'000);
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 50, later));
  rates.take_back(RateUnit::tokens, ada, 50, start);
  CHECK(rates.left(RateUnit::tokens, ada, later)->left == 50);
}

TEST_CASE("who is refused is told when enough has left the window, not when all has") {
  RateLimits rates(of_tokens(100, 0));
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 60, start));
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 40, start + milliseconds(30'000)));
  const auto refused = rates.take(RateUnit::tokens, ada, 50, start + milliseconds(40'000));
  REQUIRE(refused);
  CHECK(refused->wait >= milliseconds(20'000));
  CHECK(refused->wait <= milliseconds(21'000));
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 50, start + milliseconds(40'000) + refused->wait));
}

TEST_CASE("more than a limit lets through passes while nothing else counts") {
  RateLimits rates(of_tokens(100, 0));
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 150, start));
  CHECK(rates.take(RateUnit::tokens, ada, 1, start));
}

TEST_CASE("who is refused takes nobody's place among those who are remembered") {
  RateOptions options = of_tokens(100, 60);
  options.clients_max = 1;
  RateLimits rates(options);
  CHECK_FALSE(rates.take(RateUnit::tokens, ada, 60, start));
  for (const auto& user : {"eve", "mallory"}) {
    const RateLimits::Clients made_up{{RateOf::key, "k"}, RateLimits::user_of("acme", user)};
    CHECK(rates.take(RateUnit::tokens, made_up, 60, start)->limit.of == RateOf::key);
    CHECK_FALSE(rates.refusal_of(RateUnit::tokens, made_up, 1, start));
    CHECK(rates.left(RateUnit::tokens, made_up, start)->left == 40);
    rates.take_back(RateUnit::tokens, {RateLimits::user_of("acme", user)}, 60, start);
  }
  CHECK(rates.take(RateUnit::tokens, ada, 1, start)->limit.of == RateOf::user);
}

TEST_CASE("threads that take tokens at once get no more than there are") {
  RateLimits rates(of_tokens(1'000, 0));
  std::vector<std::thread> threads;
  std::atomic<int> passed = 0;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        passed += rates.take(RateUnit::tokens, ada, 7, start) ? 0 : 1;
    });
  }
  for (auto& thread : threads)
    thread.join();
  CHECK(passed == 1'000 / 7);
}

}  // namespace
}  // namespace parlance
