#include "runtime/limits/sliding_window.hpp"

#include "runtime/limits/lru_map.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <random>

namespace parlance {
namespace {

using std::chrono::milliseconds;
using Time = SlidingWindow::Time;

constexpr milliseconds minute{60'000};

Time at(std::int64_t ms) {
  return Time{milliseconds{1'000'000'123 + ms}};
}

// A slot when there is one: what a limit does with a window.
bool passes(SlidingWindow& window, Time now, std::uint64_t most) {
  if (window.wait_for(now, 1, most).count() > 0) return false;
  window.add(now, 1);
  return true;
}

TEST_CASE("what was added stays for a window, and at most a 64th of it longer") {
  SlidingWindow window(minute);
  window.add(at(0), 3);
  CHECK(window.used(at(0)) == 3);
  CHECK(window.used(at(59'999)) == 3);
  CHECK(window.used(at(60'000 + 938)) == 0);
  window.add(at(70'000), 2);
  window.add(at(100'000), 5);
  CHECK(window.used(at(129'999)) == 7);
  CHECK(window.used(at(131'000)) == 5);
  CHECK(window.used(at(1'000'000'000)) == 0);
}

TEST_CASE("in no window passes more than the limit, and under pressure never less") {
  std::mt19937 random(7);
  SlidingWindow window(minute);
  std::deque<std::int64_t> passed;
  std::int64_t now = 0;
  std::size_t seen = 0;
  while (now < 600'000) {
    now += std::uniform_int_distribution<std::int64_t>(0, 40)(random);
    if (!passes(window, at(now), 100)) continue;
    ++seen;
    passed.push_back(now);
    while (passed.front() <= now - 60'000)
      passed.pop_front();
    REQUIRE(passed.size() <= 100);
  }
  CHECK(seen >= 980);  // ten windows, each a 64th late at most
}

TEST_CASE("the wait is as long as it takes, and no longer") {
  std::mt19937 random(11);
  SlidingWindow window(milliseconds(2'000));
  std::int64_t now = 0;
  for (int round = 0; round < 2'000; ++round) {
    now += std::uniform_int_distribution<std::int64_t>(0, 30)(random);
    const auto amount = std::uniform_int_distribution<std::uint64_t>(1, 9)(random);
    const auto wait = window.wait_for(at(now), amount, 100);
    if (wait.count() == 0) {
      REQUIRE(window.used(at(now)) + amount <= 100);
      window.add(at(now), amount);
      continue;
    }
    REQUIRE(window.used(at(now)) + amount > 100);
    auto before = window;
    REQUIRE(before.wait_for(at(now) + wait - std::chrono::nanoseconds(1), amount, 100).count() ==
            1);
    REQUIRE(window.wait_for(at(now) + wait, amount, 100).count() == 0);
    now += std::chrono::ceil<milliseconds>(wait).count();
  }
}

TEST_CASE("what never fits waits until the window is empty") {
  SlidingWindow window(minute);
  CHECK(window.wait_for(at(0), 200, 100).count() == 0);
  window.add(at(0), 1);
  const auto wait = window.wait_for(at(0), 200, 100);
  CHECK(wait >= minute);
  CHECK(wait <= minute + milliseconds(938));
}

TEST_CASE("of a full map the least recently used entry leaves") {
  LruMap<int> map(3);
  const auto put = [&](const char* name, int value) {
    map.find_or_make(name, [&] { return value; });
  };
  put("a", 1);
  put("b", 2);
  put("c", 3);
  CHECK(*map.find("a") == 1);
  put("d", 4);
  CHECK(map.size() == 3);
  CHECK(map.find("b") == nullptr);
  CHECK(*map.find("c") == 3);
  put("a", 9);
  CHECK(*map.find("a") == 1);
  put("e", 5);
  CHECK(map.find("d") == nullptr);
}

}  // namespace
}  // namespace parlance
