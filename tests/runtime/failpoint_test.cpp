#include "runtime/base/failpoint.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace parlance {
namespace {

// The table of armed points is the process's, so each case has names of its own. hit_failpoint() is
// there in every build; the macro is empty without the build option.
using detail::hit_failpoint;

TEST_CASE("a failpoint that nobody armed does nothing") {
  CHECK_FALSE(hit_failpoint("test.unarmed"));
}

TEST_CASE("a failpoint happens on the hit that was asked for, once") {
  REQUIRE(arm_failpoints("test.first=fire,test.third=fire@3"));
  CHECK(hit_failpoint("test.first"));
  CHECK_FALSE(hit_failpoint("test.first"));
  CHECK_FALSE(hit_failpoint("test.third"));
  CHECK_FALSE(hit_failpoint("test.third"));
  CHECK(hit_failpoint("test.third"));
  CHECK_FALSE(hit_failpoint("test.third"));
}

TEST_CASE("a failpoint happens from a hit on, for ever or so many times") {
  REQUIRE(arm_failpoints("test.on=fire@2+,test.twice=fire@2*2"));
  CHECK_FALSE(hit_failpoint("test.on"));
  for (int i = 0; i < 5; ++i)
    CHECK(hit_failpoint("test.on"));
  CHECK_FALSE(hit_failpoint("test.twice"));
  CHECK(hit_failpoint("test.twice"));
  CHECK(hit_failpoint("test.twice"));
  CHECK_FALSE(hit_failpoint("test.twice"));
}

TEST_CASE("a failpoint can throw and can take time") {
  REQUIRE(arm_failpoints("test.throws=throw,test.sleeps=sleep(20)"));
  CHECK_THROWS_AS(hit_failpoint("test.throws"), std::runtime_error);
  CHECK_FALSE(hit_failpoint("test.throws"));
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(hit_failpoint("test.sleeps"));
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds{20});
}

TEST_CASE("hits are counted exactly, from however many threads") {
  REQUIRE(arm_failpoints("test.counted=fire@1000"));
  std::atomic<int> fired{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int hit = 0; hit < 500; ++hit) {
        if (hit_failpoint("test.counted")) ++fired;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  CHECK(fired == 1);
}

TEST_CASE("a list that is not one of failpoints is refused") {
  for (const auto* list : {"name",
                           "name=",
                           "name=explode",
                           "name=fire@",
                           "name=fire@x",
                           "name=fire@1*",
                           "name=sleep",
                           "name=sleep(x)",
                           "name=sleep()",
                           "test.ok=fire,name"}) {
    INFO(list);
    const auto armed = arm_failpoints(list);
    REQUIRE_FALSE(armed);
    CHECK(armed.error().code == ErrorCode::invalid_value);
    CHECK(armed.error().field == "PARLANCE_FAILPOINTS");
  }
  CHECK(arm_failpoints(""));
}

TEST_CASE("the shipped program has no failpoints, a build for tests has") {
  REQUIRE(arm_failpoints("test.macro=throw@1+"));
  if (failpoints_compiled_in()) {
    CHECK_THROWS_AS(PARLANCE_FAILPOINT("test.macro"), std::runtime_error);
  } else {
    CHECK_NOTHROW(PARLANCE_FAILPOINT("test.macro"));
    CHECK_FALSE(failpoint_fires("test.macro"));
  }
}

}  // namespace
}  // namespace parlance
