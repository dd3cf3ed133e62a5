#include "runtime/limits/backoff.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

using std::chrono::milliseconds;

TEST_CASE("waits double up to their bound, and jitter takes any part of them") {
  const auto longest = [](std::uint32_t failures) {
    return full_jitter(milliseconds(100), milliseconds(1'000), failures, 0.9999999);
  };
  CHECK(longest(1) == milliseconds(99));
  CHECK(longest(2) == milliseconds(199));
  CHECK(longest(4) == milliseconds(799));
  CHECK(longest(5) == milliseconds(999));
  CHECK(longest(4'000'000'000) == milliseconds(999));
  CHECK(full_jitter(milliseconds(100), milliseconds(1'000), 3, 0.5) == milliseconds(200));
  CHECK(full_jitter(milliseconds(100), milliseconds(1'000), 3, 0) == milliseconds(0));
}

}  // namespace
}  // namespace parlance
