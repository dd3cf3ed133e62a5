#include "bench/stand/demo.hpp"

namespace parlance::bench {

using std::chrono::milliseconds;

// Fewer answers at once than the rush wants: its queue is seen, and how it drains.
StandOptions demo_stand() {
  StandOptions options;
  options.mock = {"--tokens",
                  "20",
                  "--first-token-delay",
                  "150ms",
                  "--token-delay",
                  "15ms",
                  "--slots",
                  "32",
                  "--queue",
                  "64"};
  return options;
}

LoadPlan demo_plan(const std::string& url) {
  LoadPlan plan;
  plan.target = *parse_target(url);
  plan.agent = "chat";
  plan.mode = AnswerMode::stream;
  plan.check = AnswerCheck::mock;
  plan.clients = 2'000;
  plan.rates = {
      {8, 8, milliseconds(5'000)}, {40, 40, milliseconds(2'000)}, {8, 8, milliseconds(6'000)}};
  plan.time_max = milliseconds(13'000);
  plan.arrivals = Arrivals::poisson;
  plan.sessions = true;
  plan.turns_per_thread = 3;
  plan.think_time = {milliseconds(200), milliseconds(1'000)};
  plan.slos = {*parse_slo("first_text<1s"), *parse_slo("stall<250ms")};
  return plan;
}

}  // namespace parlance::bench
