// kill -9 and deployments under load: what a client was told is there exactly once, and streams go
// on where they were cut.
#include "bench/suites/suites.hpp"

#include <csignal>
#include <map>
#include <set>
#include <utility>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds drain_time_max{3};
constexpr milliseconds usual_time{7'000};
constexpr double ends = 3;  // of the server, evenly over the time: the second one is a deployment

StandOptions chaos_stand() {
  StandOptions options;
  options.mock = {"--tokens", "20", "--first-token-delay", "50ms", "--token-delay", "15ms"};
  options.changes = {{"http", {{"drain_time", "2s"}}}, {"models", fixed_lane(256, 256)}};
  return options;
}

LoadPlan reconnecting(milliseconds time) {
  LoadPlan plan;
  plan.agent = "chat";
  plan.mode = AnswerMode::stream;
  plan.check = AnswerCheck::mock;
  plan.answer_tokens = 20;
  plan.reconnect = true;
  plan.clients = 200;
  plan.rates = {{25, 25, time}};
  plan.time_max = time;
  plan.turns_per_thread = 3;
  plan.timeout = seconds(10);
  return plan;
}

Result<void> start_again(SuiteBed& bed) {
  if (auto started = bed.stand.start_server(); !started) return started;
  bed.watch.follow(bed.stand.server_process());
  return {};
}

Result<void> kill_server(SuiteBed& bed) {
  bed.stand.stop_server(SIGKILL, seconds(5));
  return start_again(bed);
}

Result<void> deploy(SuiteBed& bed) {
  const double begin = bed.watch.now_s();
  const bool went = bed.stand.stop_server(SIGTERM, drain_time_max);
  bed.findings.numbers["deployment.went_by_itself"] = went ? 1 : 0;
  bed.findings.numbers["deployment.seconds"] = bed.watch.now_s() - begin;
  return start_again(bed);
}

// How often each text was said on the thread, as the server has it now.
std::map<std::string, int> texts_of(const SuiteBed& bed, const std::string& thread) {
  std::map<std::string, int> counts;
  const Json state = bed.ask_server("/threads/" + thread + "/state");
  if (!state.is_object()) return counts;
  for (const auto& message : state["values"]["messages"]) {
    if (message.value("type", "") == "human") ++counts[message.value("content", "")];
  }
  return counts;
}

void derive(SuiteBed& bed) {
  const auto& figures = bed.findings.loads.at("storm").figures;
  std::map<std::string, std::set<std::string>> acknowledged;
  for (const auto& [thread, text] : figures.acknowledged)
    acknowledged[thread].insert(text);
  double lost = 0;
  double repeated = 0;
  for (const auto& [thread, texts] : acknowledged) {
    const auto there = texts_of(bed, thread);
    for (const auto& text : texts)
      lost += there.contains(text) ? 0 : 1;
    for (const auto& [text, count] : there)
      repeated += count - 1;
  }
  auto& numbers = bed.findings.numbers;
  numbers["acknowledged"] = static_cast<double>(figures.acknowledged.size());
  numbers["acknowledged.lost"] = lost;
  numbers["acknowledged.repeated"] = repeated;
  numbers["streams.resumed"] = static_cast<double>(figures.resumed);
  numbers["reconnections"] = static_cast<double>(figures.reconnections);
}

}  // namespace

Suite chaos_suite(SuiteTime time) {
  const milliseconds whole = time.value_or(usual_time);
  const auto at = [&](double part) {
    return milliseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * part));
  };
  Suite suite;
  suite.name = "chaos";
  suite.stand = chaos_stand();
  suite.stages.push_back({.name = "storm",
                          .load = reconnecting(whole),
                          .acts = {{at(1 / (ends + 1)), kill_server},
                                   {at(2 / (ends + 1)), deploy},
                                   {at(3 / (ends + 1)), kill_server}}});
  suite.derive = derive;
  suite.checks = {
      {"what was acknowledged is there", "acknowledged.lost==0", CheckKind::integrity},
      {"and is there once", "acknowledged.repeated==0", CheckKind::integrity},
      {"streams are whole, over every restart", "storm.wrong_answers==0", CheckKind::integrity},
      {"every turn comes to its end", "storm.failed==0"},
      {"nobody is refused", "storm.refused==0"},
      {"streams were cut, and resumed", "streams.resumed>=3"},
      {"a deployment drains by itself", "deployment.went_by_itself==1"},
      {"no turn stays inside", "server.end.turns_inside==0"},
      {"slots are given back", "server.end.calls_running==0"}};
  suite.shown = {{"turns acknowledged", "acknowledged"},
                 {"streams resumed", "streams.resumed"},
                 {"requests sent again", "reconnections"},
                 {"seconds to drain", "deployment.seconds"}};
  return suite;
}

}  // namespace parlance::bench
