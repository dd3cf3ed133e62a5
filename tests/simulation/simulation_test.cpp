#include "tests/simulation/simulation.hpp"

#include <catch2/catch.hpp>

namespace parlance::simulation {

TEST_CASE("the same seed is the same history") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome once = simulate(seed);
    const Outcome again = simulate(seed);
    CAPTURE(seed);
    CHECK(once.digest == again.digest);
    CHECK(once.history == again.history);
  }
}

TEST_CASE("other seeds are other histories") {
  CHECK(simulate(1).digest != simulate(2).digest);
}

TEST_CASE("no promise is broken, whatever happens in which order") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Outcome outcome = simulate(seed);
    INFO("parlance_simulation --seed " << seed << " --verbose");
    CHECK(outcome.violation == "");
  }
}

}  // namespace parlance::simulation
