#include "bench/load/scenario.hpp"

#include "bench/command_line.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace parlance::bench {
namespace {

LoadPlan plan_of(const std::vector<std::string>& arguments) {
  std::vector<std::string_view> all{"run"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto command = read_command_line(all);
  const auto* const exit = std::get_if<ExitCommand>(&command);
  INFO((exit == nullptr ? std::string() : exit->text));
  REQUIRE(std::holds_alternative<RunCommand>(command));
  return std::get<RunCommand>(command).plan;
}

TEST_CASE("a scenario is equal to its options, and a plan to its scenario") {
  const std::vector<std::vector<std::string>> loads{
      {},
      {"--burst", "100", "--one-thread"},
      {"--turns", "50", "--clients", "8", "--think", "1s..2s"},
      {"--surface",
       "openai",
       "--agent",
       "m",
       "--mode",
       "stream",
       "--open",
       "50:10s,0..200.5:5s",
       "--arrivals",
       "gamma",
       "--burstiness",
       "0.5",
       "--sessions",
       "--think",
       "~2s",
       "--slo",
       "turn<5s",
       "--slo",
       "first_text<500ms",
       "--seed",
       "9",
       "--obey-retry-after"},
      {"--input", R"({"ms":5})", "--check", "none", "--timeout", "5s", "--text", "a \"{n}\""}};
  for (const auto& load : loads) {
    const Json scenario = scenario_of(plan_of(load));
    CAPTURE(scenario.dump());
    const auto arguments = scenario_arguments(scenario.dump());
    REQUIRE(arguments);
    CHECK(scenario_of(plan_of(*arguments)) == scenario);
  }
}

TEST_CASE("what is no scenario is refused") {
  CHECK_FALSE(scenario_arguments("[]"));
  CHECK_FALSE(scenario_arguments("{"));
  const std::vector<std::string_view> missing{"run", "--scenario", "/nowhere.json"};
  CHECK(std::get<ExitCommand>(read_command_line(missing)).code == 2);
  const std::vector<std::string_view> unnamed{"run", "--scenario"};
  CHECK(std::get<ExitCommand>(read_command_line(unnamed)).code == 2);
}

}  // namespace
}  // namespace parlance::bench
