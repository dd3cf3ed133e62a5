#include "runtime/limits/flow_rates.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

using namespace std::chrono_literals;
using Until = FlowRates::Until;

constexpr FlowRates::Time noon{12h};

struct LaneCalls {
  FlowRates rates;
  int number = 0;

  // How often it was told too little while so many calls took about this long, with so many others.
  int end(int calls, std::chrono::milliseconds took, std::optional<double> running) {
    int told = 0;
    for (int i = 0; i < calls; ++i) {
      const auto time = ++number % 2 == 0 ? took * 6 / 10 : took * 14 / 10;
      told += rates.held(noon, Until::answered, running, noon + time) ? 1 : 0;
    }
    return told;
  }
};

TEST_CASE("a call's share of the lane is the time between two ends") {
  LaneCalls calls;
  calls.end(200, 2'000ms, 8);
  CHECK(calls.rates.calls_per_second(8) == Approx(4).epsilon(0.05));
  CHECK(calls.rates.seconds_mean() == Approx(2).epsilon(0.05));
}

TEST_CASE("more calls that each take longer are no slower provider") {
  LaneCalls calls;
  calls.end(300, 2'000ms, 4);
  CHECK(calls.end(300, 4'000ms, 8) == 0);
  CHECK(calls.rates.calls_per_second(8) == Approx(2).epsilon(0.05));
  CHECK(calls.rates.seconds_mean() == Approx(4).epsilon(0.1));
}

TEST_CASE("a slower provider is noticed also while fewer calls run") {
  LaneCalls calls;
  calls.end(300, 2'500ms, 5);
  CHECK(calls.end(14, 4'000ms, 4) == 1);
  CHECK(calls.rates.calls_per_second(4) == Approx(1).epsilon(0.1));
  CHECK(calls.rates.seconds_mean() == Approx(4).epsilon(0.1));
}

TEST_CASE("until it is known how slow a provider has become, each tenth is told") {
  LaneCalls calls;
  calls.end(300, 2'000ms, 4);
  CHECK(calls.end(30, 4'000ms, 4) == 1);
  CHECK(calls.end(60, 5'000ms, 4) == 1);
  CHECK(calls.end(300, 5'000ms, 4) == 0);
}

TEST_CASE("how long calls take that nobody waits for tells nothing of waits") {
  LaneCalls calls;
  CHECK(calls.end(300, 2'000ms, {}) == 0);
  CHECK(calls.end(300, 4'000ms, {}) == 0);
  CHECK(calls.rates.seconds_mean() == Approx(4).epsilon(0.1));
  CHECK(calls.rates.calls_per_second(4) == Approx(1).epsilon(0.1));
}

}  // namespace
}  // namespace parlance
