#include "bench/report/compare.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace parlance::bench {
namespace {

Json report_of(double turn_ms, double rate = 100) {
  return {{"scenario", {{"agent", "echo"}, {"url", "http://" + std::to_string(turn_ms)}}},
          {"audit", {{"valid", true}}},
          {"failed", 0},
          {"wrong_answers", 0},
          {"finished_per_second", rate},
          {"ms", {{"turn", {{"p50", turn_ms}, {"p99", 2 * turn_ms}}}}}};
}

std::vector<Json> runs_of(double turn_ms, std::mt19937_64& random, double spread = 0.05) {
  std::normal_distribution<double> noise(1, spread);
  std::vector<Json> runs;
  for (int i = 0; i < 5; ++i)
    runs.push_back(report_of(turn_ms * noise(random)));
  return runs;
}

TEST_CASE("the same server is the same, nearly always") {
  std::mt19937_64 random(7);
  int regressions = 0;
  for (int i = 0; i < 100; ++i)
    regressions += compare(runs_of(10, random), runs_of(10, random))->is_regression() ? 1 : 0;
  CHECK(regressions <= 5);
}

TEST_CASE("a slower one is worse, and a faster one better") {
  std::mt19937_64 random(7);
  const auto slower = compare(runs_of(10, random, 0.02), runs_of(13, random, 0.02));
  REQUIRE(slower);
  CHECK(slower->is_regression());
  CHECK(slower->figures[1].name == "turn p50");
  CHECK(slower->figures[1].change == Change::worse);
  CHECK(slower->figures[1].ratio == Approx(1.3).epsilon(0.1));
  CHECK_THAT(report(*slower), Catch::Contains("WORSE"));
  const auto faster = compare(runs_of(10, random, 0.02), runs_of(7, random, 0.02));
  CHECK_FALSE(faster->is_regression());
  CHECK(faster->figures[1].change == Change::better);
  const auto fewer =
      compare({report_of(10, 100), report_of(10, 101)}, {report_of(10, 80), report_of(10, 81)});
  CHECK(fewer->figures[0].change == Change::worse);
}

TEST_CASE("answers that go wrong are a regression however fast they are") {
  auto wrong = report_of(5);
  wrong["wrong_answers"] = 1;
  const auto compared = compare({report_of(10), report_of(10)}, {report_of(5), wrong});
  REQUIRE(compared);
  CHECK(compared->is_regression());
  CHECK(compared->faults.size() == 1);
}

TEST_CASE("what cannot be compared is refused") {
  auto invalid = report_of(10);
  invalid["audit"] = {{"valid", false}, {"reason", "the generator was busy"}};
  auto other = report_of(10);
  other["scenario"]["agent"] = "chat";
  const std::vector<Json> fine{report_of(10), report_of(10)};
  CHECK_FALSE(compare(fine, {report_of(10)}));
  CHECK_FALSE(compare(fine, {report_of(10), invalid}));
  CHECK_FALSE(compare({report_of(10), other}, fine));
  CHECK_FALSE(compare(fine, {Json::object(), report_of(10)}));
  CHECK_FALSE(compare(fine, {Json(5), report_of(10)}));
}

}  // namespace
}  // namespace parlance::bench
