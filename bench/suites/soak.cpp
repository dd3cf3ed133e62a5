// People who talk, think and leave, with a provider that fails now and then: what was taken is
// given back, and memory has an end.
#include "bench/suites/slope.hpp"
#include "bench/suites/suites.hpp"
#include "runtime/base/units.hpp"

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How much of it there is: an hour's soak is not a short one, drawn out.
struct Scale {
  milliseconds time;
  double sessions_a_second;
  ThinkTime think;
  std::size_t clients;  // sessions at once, at most
  std::uint32_t resident_max;
  milliseconds idle_time_max;
  std::uint64_t threads_filled;
  int growth_mib_max;  // seconds see memtables of 2 MiB fill, an hour does not
};

constexpr milliseconds long_time_min = std::chrono::minutes(5);

// Four thoughts and five answers a session: the long form has 2,000 of them at once.
Scale scale_of(SuiteTime time) {
  const auto wanted = time.value_or(seconds(15));
  if (wanted < long_time_min)
    return {wanted, 20, {milliseconds(200), milliseconds(400)}, 300, 1'150, seconds(2), 1'000, 7};
  return {wanted, 12.3, {seconds(30), seconds(50)}, 3'000, 5'000, seconds(60), 2'000, 4};
}

StandOptions soak_stand(const Scale& scale) {
  StandOptions options;
  options.mock = {"--tokens", "20", "--first-token-delay", "100ms", "--token-delay", "10ms"};
  options.changes = {
      {"storage",
       {{"memtable_max", "2MiB"},
        {"block_cache_max", "8MiB"},
        {"thread_ttl", "5m"},
        {"ledger_ttl", "5m"}}},
      {"threads",
       {{"idle_time_max", to_text(scale.idle_time_max)}, {"resident_max", scale.resident_max}}},
      {"providers", {{"mock", {{"first_token_time_max", "3s"}, {"gap_time_max", "2s"}}}}},
      {"models", fixed_lane(256, 256)}};
  return options;
}

LoadPlan filling(std::uint64_t turns, std::size_t turns_per_thread) {
  LoadPlan plan;
  plan.turns = turns;
  plan.clients = 16;
  plan.turns_per_thread = turns_per_thread;
  return plan;
}

LoadPlan talking(const Scale& scale) {
  LoadPlan plan;
  plan.agent = "chat";
  plan.mode = AnswerMode::stream;
  plan.check = AnswerCheck::mock;
  plan.answer_tokens = 20;
  plan.text = "{n} " + std::string(2'000, 'x');
  plan.clients = scale.clients;
  plan.rates = {{scale.sessions_a_second, scale.sessions_a_second, scale.time}};
  plan.time_max = scale.time;
  plan.arrivals = Arrivals::poisson;
  plan.sessions = true;
  plan.turns_per_thread = 5;
  plan.think_time = scale.think;
  plan.timeout = seconds(10);
  return plan;
}

Json faults() {
  return {{"fault", "429,500,503,hang,stall,cut,reset,garbage,error,slow,no_done"},
          {"fault_share", 0.02}};
}

// Of the memory after a third of the soak, in which caches fill and the allocator finds its size.
void note_growth(SuiteBed& bed) {
  const double begin = bed.number("soak.begin.at_s").value_or(0);
  const double end = bed.number("soak.end.at_s").value_or(0);
  const double warm = begin + (end - begin) / 3;
  std::vector<std::pair<double, double>> points;
  for (const auto& sample : bed.findings.samples) {
    if (sample.at_s >= warm && sample.at_s <= end)
      points.emplace_back(sample.at_s, sample.resident_bytes);
  }
  const Slope slope = slope_of(points);
  auto& numbers = bed.findings.numbers;
  if (points.empty()) return;
  numbers["memory.growth_mib"] = slope.best * (end - warm) / (1U << 20U);
  numbers["memory.growth_mib_least"] = slope.least * (end - warm) / (1U << 20U);
  numbers["memory.growth_mib_most"] = slope.most * (end - warm) / (1U << 20U);
}

void derive(SuiteBed& bed) {
  auto& numbers = bed.findings.numbers;
  note_growth(bed);
  const double threads = bed.difference("fill.end.threads_resident", "fill.begin.threads_resident");
  if (threads > 0)
    numbers["bytes_per_idle_thread"] =
        bed.difference("fill.end.resident_bytes", "fill.begin.resident_bytes") / threads;
  const double turns = bed.difference("soak.end.turns_ended", "soak.begin.turns_ended");
  if (turns > 0)
    numbers["bytes_per_stored_turn"] =
        bed.difference("soak.end.journal_bytes", "soak.begin.journal_bytes") / turns;
  numbers["sockets.kept"] = bed.difference("server.end.sockets", "server.idle.sockets");
}

}  // namespace

Suite soak_suite(SuiteTime time) {
  const Scale scale = scale_of(time);
  Suite suite;
  suite.name = "soak";
  suite.stand = soak_stand(scale);
  suite.stages.push_back({.name = "warm", .load = filling(scale.threads_filled, 50)});
  suite.stages.push_back({.name = "fill", .load = filling(scale.threads_filled, 1)});
  suite.stages.push_back({.name = "soak", .load = talking(scale), .mock = faults()});
  suite.is_at_rest = [](const ServerSample& sample) {
    return holds_nothing(sample) && sample.threads_resident == 0;
  };
  suite.rest_time_max = scale.idle_time_max + seconds(5);
  suite.sample_interval = std::max(milliseconds(100), scale.time / 720);
  suite.derive = derive;
  suite.checks = {{"answers are whole and right", "soak.wrong_answers==0", CheckKind::integrity},
                  {"a faulty provider costs few turns", "soak.failed.share<0.05"},
                  {"memory grows no further",
                   "memory.growth_mib_least<" + std::to_string(scale.growth_mib_max)},
                  {"threads in memory have a bound",
                   "server.threads_resident.max<=" + std::to_string(scale.resident_max)},
                  {"idle threads leave memory", "server.end.threads_resident==0"},
                  {"no turn stays inside", "server.end.turns_inside==0"},
                  {"slots are given back", "server.end.calls_running==0"},
                  {"the provider's calls have ended", "mock.at_once==0"},
                  {"sockets are closed, but for 64 idle ones to the provider", "sockets.kept<=72"}};
  suite.shown = {{"bytes per idle resident thread", "bytes_per_idle_thread"},
                 {"bytes per stored turn", "bytes_per_stored_turn"},
                 {"memory's growth after a third, MiB", "memory.growth_mib"},
                 {"  at least, 95 %", "memory.growth_mib_least"},
                 {"  at most, 95 %", "memory.growth_mib_most"},
                 {"resident bytes, most", "server.resident_bytes.max"},
                 {"threads in memory, most", "server.threads_resident.max"},
                 {"turns ended", "server.end.turns_ended"}};
  return suite;
}

}  // namespace parlance::bench
