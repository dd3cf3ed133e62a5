// A provider that fails in one way after the other: no answer is taken for whole that is not, who
// fails is told so, what is down is left alone, and the ledger says what the provider served.
#include "bench/suites/suites.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// In nano-units a token.
constexpr double price_in = 1'000;
constexpr double price_out = 100'000;

constexpr milliseconds usual_time{600};  // of each fault
constexpr milliseconds breaker_period{10'500};

constexpr int retries_paid = 3;  // what a lane's retry budget has at least

// Each is a stage of its own.
constexpr std::array kinds{
    "429", "500", "503", "hang", "stall", "cut", "reset", "garbage", "error", "slow", "no_done"};

StandOptions faulty_stand() {
  StandOptions options;
  options.mock = {"--tokens", "20", "--first-token-delay", "20ms", "--token-delay", "4ms"};
  options.changes = {
      {"providers", {{"mock", {{"first_token_time_max", "500ms"}, {"gap_time_max", "300ms"}}}}},
      {"models", fixed_lane(256, 256)},
      {"prices",
       {{"version", "suite"},
        {"models",
         {{"mock-1", {{"input", "1"}, {"output", "100"}}},
          {"mock-2", {{"input", "1"}, {"output", "100"}}}}}}}};
  return options;
}

LoadPlan talk(const std::string& agent, std::vector<RateStep> rates) {
  LoadPlan plan;
  plan.agent = agent;
  plan.mode = AnswerMode::stream;
  plan.check = AnswerCheck::mock;
  plan.answer_tokens = 20;
  plan.clients = 200;
  plan.rates = std::move(rates);
  milliseconds sum{0};
  for (const auto& step : plan.rates)
    sum += *step.time;
  plan.time_max = sum;
  plan.timeout = seconds(5);
  return plan;
}

// `count_max`: so many, and no more; 0: no limit.
Json fault(const std::string& kind, const std::string& model, double share, int count_max = 0) {
  return {{"fault", kind},
          {"fault_model", model},
          {"fault_share", share},
          {"fault_count_max", count_max}};
}

std::string stage_name(const std::string& kind) {
  return "fault_" + kind;
}

// What the mock served, at its price, in units.
double served(const SuiteBed& bed) {
  double nanos = 0;
  const Json journal = bed.ask_mock("/mock/journal");
  if (!journal.is_array()) return std::nan("");
  for (const auto& entry : journal) {
    if (entry["outcome"] != "finished") continue;
    nanos += entry["tokens_in"].get<double>() * price_in +
             entry["tokens_sent"].get<double>() * price_out;
  }
  return nanos / 1e9;
}

// What was charged for calls whose provider told what they cost, in units.
double charged(const SuiteBed& bed) {
  const Json usage = bed.ask_server("/v1/admin/usage?group_by=counted");
  if (!usage.is_object()) return std::nan("");
  for (const auto& sum : usage["sums"]) {
    if (sum["counted"] == "told") return std::stod(sum["money"].get<std::string>());
  }
  return 0;
}

void derive(SuiteBed& bed) {
  auto& numbers = bed.findings.numbers;
  double wrong = 0;
  double told = 0;
  for (const std::string kind : kinds) {
    const auto& figures = bed.findings.loads.at(stage_name(kind)).figures;
    wrong += static_cast<double>(figures.wrong_answers);
    told += static_cast<double>(figures.failed);
  }
  numbers["faults.wrong_answers"] = wrong;
  numbers["faults.told"] = told;
  numbers["money.served"] = served(bed);
  numbers["money.charged"] = charged(bed);
  numbers["money.difference"] =
      std::round((numbers["money.charged"] - numbers["money.served"]) * 1e6) / 1e6;
  numbers["down.calls"] = bed.difference("down.end.mock_requests", "down.begin.mock_requests");
}

}  // namespace

Suite faults_suite(SuiteTime time) {
  const milliseconds each = time.value_or(usual_time);
  Suite suite;
  suite.name = "faults";
  suite.stand = faulty_stand();
  suite.stages.push_back({.name = "down",
                          .load = talk("spare", {{40, 40, seconds(1)}}),
                          .mock = fault("500", "mock-2", 1)});
  milliseconds passed{0};
  for (const std::string kind : kinds) {
    suite.stages.push_back({.name = stage_name(kind),
                            .load = talk("chat", {{40, 40, each}}),
                            .mock = fault(kind, "mock-1", 0.15, retries_paid)});
    passed += each;
  }
  const auto wait = std::max(milliseconds(1), breaker_period - passed);
  suite.stages.push_back({.name = "back",
                          .load = talk("spare", {{0, 0, wait}, {20, 20, seconds(2)}}),
                          .mock = fault("none", "", 0)});
  suite.derive = derive;
  suite.checks = {
      {"no broken answer is taken for a whole one",
       "faults.wrong_answers==0",
       CheckKind::integrity},
      {"a broken answer is told of", "faults.told>=1"},
      {"a provider that throttles fails nobody", "fault_429.failed==0"},
      {"one failed call fails nobody", "fault_500.failed==0"},
      {"a slow provider fails nobody", "fault_slow.failed==0"},
      {"what is down is left alone", "down.calls<=24"},
      {"what is back is used again", "back.finished.share>=0.9"},
      {"the ledger is what the provider served", "money.difference==0", CheckKind::integrity},
      {"no turn stays inside", "server.end.turns_inside==0"},
      {"slots are given back", "server.end.calls_running==0"},
      {"the provider's calls have ended", "mock.at_once==0"}};
  suite.shown = {{"turns that were told of a failure", "faults.told"},
                 {"calls of 40 turns while it was down", "down.calls"},
                 {"charged, units", "money.charged"}};
  return suite;
}

}  // namespace parlance::bench
