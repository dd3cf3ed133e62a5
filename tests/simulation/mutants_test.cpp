// The simulation is worth what it finds: each mutant of the server has to be found, soon.
#include "runtime/base/failpoint.hpp"
#include "tests/simulation/simulation.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <iostream>
#include <string>

namespace parlance::simulation {
namespace {

struct Mutant {
  const char* name;
  std::uint64_t seeds_max;  // within so many it is found
  // What makes the difference that it makes: the directory forgets a thread that lives on.
  const char* besides = "";
};

constexpr const char* loses_threads = "directory.loses_thread=fire@8*4";

constexpr Mutant mutants[] = {
    {"skip_sync", 5},
    {"publish_before_commit", 5},
    {"forget_epoch_check", 100, loses_threads},
    {"retry_after_failed_commit", 100},
    {"drop_index_entry", 20},
    {"reuse_id", 100},
    {"forget_key", 100},
};

Outcome simulate_with(const std::string& failpoints, std::uint64_t seed) {
  disarm_failpoints();
  if (!failpoints.empty()) REQUIRE(arm_failpoints(failpoints));
  auto outcome = simulate(seed, {.two_owners = failpoints.starts_with("directory.loses_thread")});
  disarm_failpoints();
  return outcome;
}

TEST_CASE("each mutant of the server breaks a promise in the simulation") {
  if (!failpoints_compiled_in()) return;
  for (const auto& mutant : mutants) {
    const std::string besides = mutant.besides;
    const std::string failpoints =
        besides + (besides.empty() ? "" : ",") + "mutant." + mutant.name + "=fire@1+";
    std::uint64_t seed = 1;
    Outcome outcome = simulate_with(failpoints, seed);
    while (outcome.violation.empty() && seed < mutant.seeds_max)
      outcome = simulate_with(failpoints, ++seed);
    std::cout << "mutant " << mutant.name << ": "
              << (outcome.violation.empty()
                      ? "not found"
                      : "found at seed " + std::to_string(seed) + ", " + outcome.violation)
              << std::endl;
    CAPTURE(mutant.name, mutant.seeds_max);
    CHECK(outcome.violation != "");
  }
}

}  // namespace
}  // namespace parlance::simulation
