// Clients that are slow, silent, rude or gone: they cost little, nobody else feels them, and the
// server gets rid of them by itself.
#include "bench/suites/crowd.hpp"
#include "bench/suites/suites.hpp"

#include <memory>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t silent = 500;
constexpr std::size_t half_heads = 50;
constexpr std::size_t slow_senders = 50;
constexpr std::size_t giant_heads = 20;
constexpr std::size_t stalled_readers = 20;
constexpr std::size_t leavers = 30;

// Times that end within the suite.
StandOptions crowded_stand() {
  StandOptions options;
  options.mock = {"--tokens", "1500", "--first-token-delay", "10ms", "--token-delay", "1ms"};
  options.changes = {{"http",
                      {{"header_time_max", "1s"},
                       {"body_time_max", "1s"},
                       {"idle_time_max", "2s"},
                       {"write_time_max", "1s"},
                       {"stream_buffer_max", "64KiB"}}},
                     {"models", fixed_lane(256, 256)}};
  return options;
}

LoadPlan polite(milliseconds time) {
  LoadPlan plan;
  plan.rates = {{100, 100, time}};
  plan.time_max = time;
  plan.clients = 200;
  return plan;
}

Result<void> let_crowd_in(SuiteBed& bed) {
  bed.crowd =
      std::make_unique<Crowd>(bed.target,
                              std::vector<CrowdGroup>{{Rudeness::silent, silent},
                                                      {Rudeness::half_head, half_heads},
                                                      {Rudeness::slow_sender, slow_senders},
                                                      {Rudeness::giant_head, giant_heads},
                                                      {Rudeness::stalled_reader, stalled_readers},
                                                      {Rudeness::leaver, leavers}});
  return {};
}

void derive(SuiteBed& bed) {
  auto& numbers = bed.findings.numbers;
  for (const auto rudeness :
       {Rudeness::silent, Rudeness::half_head, Rudeness::slow_sender, Rudeness::giant_head})
    numbers["sent_away." + std::string(to_string(rudeness))] =
        static_cast<double>(bed.crowd->sent_away(rudeness));
  const auto& loads = bed.findings.loads;
  const double alone = loads.at("alone").figures.turn.percentile_ms(50);
  if (alone > 0)
    numbers["crowded.slower"] = loads.at("crowded").figures.turn.percentile_ms(50) / alone;
  numbers["memory.rise_mib"] =
      bed.difference("server.resident_bytes.max", "server.idle.resident_bytes") / (1U << 20U);
  numbers["sockets.kept"] = bed.difference("server.end.sockets", "server.idle.sockets");
}

}  // namespace

Suite clients_suite(SuiteTime time) {
  Suite suite;
  suite.name = "clients";
  suite.stand = crowded_stand();
  suite.stages.push_back({.name = "alone", .load = polite(seconds(2))});
  suite.stages.push_back({.name = "crowded",
                          .load = polite(time.value_or(seconds(4))),
                          .acts = {{milliseconds(100), let_crowd_in}}});
  // Without the crowd's sockets, which stay open on its side.
  suite.is_at_rest = [](const ServerSample& sample) {
    return holds_nothing(sample) && sample.connections_open <= 1;
  };
  suite.derive = derive;
  suite.checks = {{"nobody else is refused", "crowded.refused==0"},
                  {"nobody else is failed", "crowded.failed==0"},
                  {"nobody else is much slower", "crowded.slower<3"},
                  {"memory has a bound", "memory.rise_mib<36"},
                  {"who says nothing is sent away", "sent_away.silent==500"},
                  {"who says half is sent away", "sent_away.half_head==50"},
                  {"who says it slowly is sent away", "sent_away.slow_sender==50"},
                  {"who says too much is sent away", "sent_away.giant_head==20"},
                  {"who does not read is cut off", "server.end.streams_cut>=20"},
                  {"who has left costs nothing more", "mock.closed_by_client>=30"},
                  {"streams are closed", "server.end.streams_open==0"},
                  {"no turn stays inside", "server.end.turns_inside==0"},
                  {"slots are given back", "server.end.calls_running==0"},
                  {"sockets are closed, but for 64 idle ones to the provider", "sockets.kept<=72"}};
  suite.shown = {{"times as slow in the crowd, median", "crowded.slower"},
                 {"memory's rise, MiB", "memory.rise_mib"},
                 {"connections, most", "server.connections_open.max"}};
  return suite;
}

}  // namespace parlance::bench
