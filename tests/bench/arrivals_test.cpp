#include "bench/load/arrivals.hpp"

#include "bench/load/load_options.hpp"
#include "bench/load/rate_profile.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;

const ArrivalSchedule::Clock::time_point start{};

LoadPlan plan_at(const char* rates) {
  LoadPlan plan;
  plan.rates = *parse_rates(rates);
  return plan;
}

// Seconds after the start.
std::vector<double> times_of(const LoadPlan& plan) {
  ArrivalSchedule schedule(plan, start);
  std::vector<double> times;
  while (const auto arrival = schedule.next(start))
    times.push_back(std::chrono::duration<double>(arrival->intended - start).count());
  return times;
}

std::size_t count_between(const std::vector<double>& times, double from, double to) {
  return static_cast<std::size_t>(std::count_if(
      times.begin(), times.end(), [&](double time) { return time >= from && time < to; }));
}

TEST_CASE("steps and spikes bring as many arrivals as their rates say") {
  const auto times = times_of(plan_at("50:10s,500:1s,20:5s"));
  CHECK(times.size() == 50 * 10 + 500 + 20 * 5);
  CHECK(count_between(times, 0, 10) == 500);
  CHECK(count_between(times, 10, 11) == 500);
  CHECK(count_between(times, 11, 16) == 100);
}

TEST_CASE("a ramp's rate grows evenly") {
  const auto times = times_of(plan_at("0..100:10s"));
  CHECK(times.size() == 500);
  // The integral of 10 t.
  CHECK(std::abs(static_cast<double>(count_between(times, 0, 5)) - 125) <= 1);
  CHECK(RateProfile(*parse_rates("100..0:10s")).when(375) == Approx(5));
  CHECK_FALSE(RateProfile(*parse_rates("100..0:10s")).when(500));
}

// The coefficient of variation of the gaps: 1 for an exponential one, 1/sqrt(shape) for gamma.
TEST_CASE("arrivals are as bursty as they are told to be") {
  auto plan = plan_at("1000:20s");
  plan.arrivals = Arrivals::gamma;
  const auto variation_of = [](const std::vector<double>& times) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 1; i < times.size(); ++i) {
      const double gap = times[i] - times[i - 1];
      sum += gap;
      squares += gap * gap;
    }
    const auto count = static_cast<double>(times.size() - 1);
    const double mean = sum / count;
    return std::sqrt(squares / count - mean * mean) / mean;
  };
  plan.burstiness = 0.25;
  CHECK(variation_of(times_of(plan)) == Approx(2).epsilon(0.1));
  plan.burstiness = 4;
  CHECK(variation_of(times_of(plan)) == Approx(0.5).epsilon(0.1));
  plan.arrivals = Arrivals::poisson;
  CHECK(variation_of(times_of(plan)) == Approx(1).epsilon(0.1));
  plan.arrivals = Arrivals::constant;
  CHECK(variation_of(times_of(plan)) == Approx(0).margin(0.001));
}

TEST_CASE("the same seed is the same schedule, and its hash says so") {
  auto plan = plan_at("100:5s");
  plan.arrivals = Arrivals::poisson;
  plan.sessions = true;
  plan.turns_per_thread = 3;
  plan.think_time = *parse_think_time("~1s");
  const auto hash = schedule_hash(plan);
  CHECK(hash.size() == 16);
  CHECK(schedule_hash(plan) == hash);
  CHECK(times_of(plan) == times_of(plan));
  auto other = plan;
  other.seed = 2;
  CHECK(schedule_hash(other) != hash);
  other = plan;
  other.think_time = *parse_think_time("~2s");
  CHECK(schedule_hash(other) != hash);
}

TEST_CASE("people think as long as they are told to, and the same each time") {
  LoadPlan plan;
  plan.think_time = *parse_think_time("1s..3s");
  double sum = 0;
  for (std::uint64_t session = 0; session < 1'000; ++session) {
    const auto think = think_time(plan, session, 1);
    CHECK(think >= milliseconds(1'000));
    CHECK(think <= milliseconds(3'000));
    CHECK(think == think_time(plan, session, 1));
    sum += std::chrono::duration<double>(think).count();
  }
  CHECK(sum / 1'000 == Approx(2).epsilon(0.05));
  plan.think_time = *parse_think_time("~2s");
  sum = 0;
  for (std::uint64_t session = 0; session < 4'000; ++session)
    sum += std::chrono::duration<double>(think_time(plan, session, 1)).count();
  CHECK(sum / 4'000 == Approx(2).epsilon(0.1));
  plan.think_time = *parse_think_time("250ms");
  CHECK(think_time(plan, 7, 1) == milliseconds(250));
}

TEST_CASE("rates and think times that cannot be are refused") {
  for (const char* text :
       {"", "x", "-1", "5:", "5:1", "1..5", "0", "50,60:1s", "1:0s", "2000000"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rates(text));
  }
  for (const char* text : {"", "5", "~", "5s..1s", "1s..", "fast"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_think_time(text));
  }
}

}  // namespace
}  // namespace parlance::bench
