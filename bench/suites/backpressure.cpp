// More than a server can take: what is admitted is served at full speed, the rest is told so at
// once, and when the rush is over nothing of it is left.
#include "bench/suites/suites.hpp"

#include <algorithm>
#include <cmath>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t slots = 40;
constexpr double service_s = 1;
constexpr double capacity = static_cast<double>(slots) / service_s;  // turns a second
constexpr std::uint64_t waiting_max = 32;

constexpr double calm_rate = 20;
constexpr double rush_rate = 160;
constexpr double calm_s = 2;
constexpr double full_after_s = service_s;  // from the rush's begin on
constexpr double rush_s_min = full_after_s + service_s;
constexpr double drain_s = 3;  // more than it takes those that wait to be served beside the calm

constexpr std::chrono::seconds timeout{5};  // of each turn, which takes two when all is well

double rush_s_of(SuiteTime time) {
  constexpr double usual_s = 3;
  return time ? std::max(rush_s_min, std::chrono::duration<double>(*time).count()) : usual_s;
}

milliseconds ms_of(double seconds) {
  return milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

StandOptions rush_stand() {
  StandOptions options;
  options.mock = {"--tokens", "1", "--first-token-delay", "1s", "--token-delay", "0ms"};
  options.changes = {{"threads", {{"turns_waiting_max", 8}}},
                     {"models", fixed_lane(slots, waiting_max)}};
  return options;
}

// All at one moment, on one thread.
LoadPlan crowd_on_one_thread() {
  LoadPlan plan;
  plan.agent = "chat";
  plan.check = AnswerCheck::mock;
  plan.burst = 40;
  plan.one_thread = true;
  plan.timeout = timeout;
  return plan;
}

LoadPlan rush(double rush_s) {
  LoadPlan plan;
  plan.surface = Surface::openai;
  plan.agent = "chat";
  plan.check = AnswerCheck::mock;
  plan.turns_per_thread = 0;
  plan.clients = 600;
  plan.rates = {{calm_rate, calm_rate, ms_of(calm_s)},
                {rush_rate, rush_rate, ms_of(rush_s)},
                {calm_rate, calm_rate, ms_of(drain_s + calm_s)}};
  plan.time_max = ms_of(calm_s + rush_s + drain_s + calm_s);
  plan.timeout = timeout;
  return plan;
}

void derive(SuiteBed& bed, double rush_s) {
  auto& numbers = bed.findings.numbers;
  const auto& figures = bed.findings.loads.at("rush").figures;
  const Window before = window_of(figures, 1, calm_s);
  // Calls that began together end together: whole service times hold the share that is the mean.
  const double full_s = service_s * std::floor((rush_s - full_after_s) / service_s);
  const double full_from_s = calm_s + full_after_s;
  const Window during = window_of(figures, full_from_s, full_from_s + full_s);
  const Window after =
      window_of(figures, calm_s + rush_s + drain_s, calm_s + rush_s + drain_s + calm_s);
  numbers["goodput.share"] = static_cast<double>(during.finished) / (capacity * full_s);
  const double admitted =
      capacity * rush_s + static_cast<double>(waiting_max + slots) - calm_rate * service_s;
  numbers["refused.of_predicted"] =
      static_cast<double>(figures.refused) / (rush_rate * rush_s - admitted);
  numbers["recovered.refused"] = static_cast<double>(after.refused + after.failed);
  if (before.turn_p50_ms > 0) numbers["recovered.slower"] = after.turn_p50_ms / before.turn_p50_ms;
  const auto finished = bed.findings.loads.at("one_thread").figures.finished + figures.finished;
  numbers["executed_in_vain"] =
      bed.number("mock.requests").value_or(-1) - static_cast<double>(finished);
  numbers["memory.rise_mib"] =
      bed.difference("server.resident_bytes.max", "server.idle.resident_bytes") / (1U << 20U);
}

}  // namespace

Suite backpressure_suite(SuiteTime time) {
  const double rush_s = rush_s_of(time);
  Suite suite;
  suite.name = "backpressure";
  suite.stand = rush_stand();
  suite.stages.push_back({.name = "one_thread",
                          .load = crowd_on_one_thread(),
                          .mock = {{"first_token_delay", "200ms"}}});
  suite.stages.push_back(
      {.name = "rush", .load = rush(rush_s), .mock = {{"first_token_delay", "1s"}}, .timed = true});
  suite.rest_time_max = std::chrono::seconds(2);
  suite.derive = [rush_s](SuiteBed& bed) { derive(bed, rush_s); };
  suite.checks = {
      {"one turn runs on a thread and eight wait", "one_thread.finished in 9..12"},
      {"a full thread says when to come back", "one_thread.with_retry_after.share==1"},
      {"what is admitted is served", "rush.failed==0"},
      {"and is served right", "rush.wrong_answers==0", CheckKind::integrity},
      {"what is refused was never executed", "executed_in_vain==0", CheckKind::integrity},
      {"as many are refused as cannot be served", "refused.of_predicted in 0.8..1.2"},
      {"who is refused is told when to come back", "rush.with_retry_after.share==1"},
      {"who is refused does not wait for it", "rush.refusal.p50<100ms"},
      {"the slots stay busy: goodput is the capacity", "goodput.share>=0.9"},
      {"the provider sees no more than the slots", "mock.at_once_max<=40"},
      {"the queue has its bound", "server.calls_waiting.max<=32"},
      {"memory has a bound", "memory.rise_mib<24"},
      {"after the rush nobody is refused", "recovered.refused==0"},
      {"after the rush turns are as fast as before", "recovered.slower<1.5"},
      {"no turn stays inside", "server.end.turns_inside==0"},
      {"slots are given back", "server.end.calls_running==0"}};
  suite.shown = {{"goodput of the capacity", "goodput.share"},
                 {"memory's rise, MiB", "memory.rise_mib"},
                 {"turns inside, most", "server.turns_inside.max"}};
  return suite;
}

}  // namespace parlance::bench
