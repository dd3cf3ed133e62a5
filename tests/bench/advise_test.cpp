#include "bench/advise/advice_report.hpp"
#include "bench/advise/queueing.hpp"
#include "bench/advise/source.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace parlance::bench {
namespace {

// A server's pages at the beginning and at the end of ten seconds.
struct Server {
  double started = 0;
  double answered = 0;
  double throttled = 0;
  double throttled_beside = 0;
  double refused_full = 0;
  double held_s = 0;
  double waited_s = 0;
  double waiting = 0;
  double limit = 4;
  double limit_max = 4;
  double waiting_max = 8;
  double adapts = 0;
  double accepted = 0;
  double mailbox_full = 0;
  double threads_full = 0;
  double ended = 0;
  double turn_s = 0;
  double resident = 0;
  double resident_bytes = 1e8;
  double connections = 500;
  double connections_refused = 0;

  std::string page() const {
    const std::string lane = R"({lane="up/m"} )";
    const std::string pool = R"({lane="up/m",pool="llm"} )";
    const auto line = [](const std::string& series, double value) {
      return series + std::to_string(value) + "\n";
    };
    return line("parlance_lane_limit" + lane, limit) +
           line("parlance_lane_limit_max" + lane, limit_max) +
           line("parlance_lane_waiting_max" + lane, waiting_max) +
           line("parlance_lane_adapts" + lane, adapts) +
           line("parlance_lane_throttled_total" + lane, throttled) +
           line("parlance_lane_throttled_beside_total" + lane, throttled_beside) +
           line("parlance_pool_running" + pool, limit) +
           line("parlance_pool_waiting" + pool, waiting) +
           line("parlance_pool_wait_seconds_count" + pool, started) +
           line("parlance_pool_wait_seconds_sum" + pool, waited_s) +
           line("parlance_pool_call_seconds_sum" + pool, held_s) +
           line(R"(parlance_pool_calls_total{lane="up/m",outcome="ok",pool="llm"} )", answered) +
           line(R"(parlance_pool_calls_total{lane="up/m",outcome="failed",pool="llm"} )", 3) +
           line(R"(parlance_pool_refused_total{code="model_queue_full",lane="up/m",pool="llm"} )",
                refused_full) +
           line("parlance_turns_accepted_total ", accepted) +
           line(R"(parlance_turns_refused_total{code="mailbox_full"} )", mailbox_full) +
           line(R"(parlance_turns_refused_total{code="threads_full"} )", threads_full) +
           line("parlance_turn_seconds_count ", ended) +
           line("parlance_turn_seconds_sum ", turn_s) +
           line("parlance_threads_resident ", resident) +
           line("parlance_process_resident_bytes ", resident_bytes) +
           line("parlance_http_connections_open ", connections) +
           line("parlance_http_connections_refused_total ", connections_refused) +
           line(R"(parlance_setting{name="threads.turns_waiting_max"} )", 8) +
           line(R"(parlance_setting{name="threads.resident_max"} )", 20) +
           line(R"(parlance_setting{name="http.connections_max"} )", 500);
  }
};

MetricsWindow window_of(const Server& from, const Server& until) {
  MetricsWindow window;
  window.see(5, MetricsText(from.page()));
  window.see(15, MetricsText(until.page()));
  return window;
}

// So many answers in ten seconds, each of half a second.
Server busy(double answered) {
  Server server;
  server.started = server.answered = server.accepted = server.ended = answered;
  server.held_s = server.turn_s = answered * 0.5;
  return server;
}

Advice advice_of(const Server& until, AdviceOptions options = {}) {
  const auto advice = advise(window_of({}, until), options);
  REQUIRE(advice);
  return *advice;
}

AdvisedSetting setting(const Advice& advice, const std::string& name) {
  for (const auto& each : advice.settings) {
    if (each.name == name) return each;
  }
  FAIL("no advice on " << name);
  return {};
}

double expected(const Advice& advice, const std::string& name) {
  for (const auto& each : advice.expected) {
    if (each.name == name) return each.after;
  }
  FAIL("nothing is expected of " << name);
  return 0;
}

TEST_CASE("what is inside is what comes by how long it stays, and places have headroom") {
  CHECK(at_once(20, 0.5) == Approx(10));
  CHECK(places_for(0) == 1);
  CHECK(places_for(9) == 15);
  CHECK(places_for(100) == 120);
  CHECK(waiting_for(10, 0.5, 2) == 40);
  CHECK(waiting_for(1, 3, 2) == 1);
  CHECK(waiting_for(1, 0, 2) == 1);
}

TEST_CASE("a station's forecast is that of the textbook") {
  // Erlang B: 2 erlang on 2 places lose 2/5.
  const auto loss = forecast({4, 0.5, 2, 0, 0});
  CHECK(loss.refused_share == Approx(0.4));
  CHECK(loss.per_second == Approx(2.4));
  CHECK(loss.wait_s == 0);
  // M/M/1 at 80 %: the wait is rho / (1 - rho) service times.
  const auto waits = forecast({0.8, 1, 1, 10'000, 0});
  CHECK(waits.wait_s == Approx(4).epsilon(0.001));
  CHECK(waits.refused_share == Approx(0).margin(1e-9));
  // Far too much: what it can, and the queue is full.
  const auto overload = forecast({2'000, 1, 500, 500, 0});
  CHECK(overload.per_second == Approx(500).epsilon(0.001));
  CHECK(overload.wait_s == Approx(1).epsilon(0.01));
  CHECK(forecast({0, 1, 1, 1, 0}).per_second == 0);
  // 48 clients on 16 places, which ask again when they are answered.
  const auto closed = forecast({160, 0.3, 16, 64, 48});
  CHECK(closed.per_second == Approx(16 / 0.3));
  CHECK(closed.wait_s == Approx(0.6));
  CHECK(closed.refused_share == 0);
}

TEST_CASE("where each client has a place, nobody is expected to wait") {
  const auto as_many = forecast({110, 0.1, 11, 300, 11});
  CHECK(as_many.per_second == Approx(110));
  CHECK(as_many.wait_s == 0);
  CHECK(as_many.refused_share == 0);
  CHECK(forecast({500, 0.1, 11, 300, 11}).per_second == Approx(110));
  CHECK(forecast({30, 0.1, 11, 300, 11}).per_second == Approx(30));
  CHECK(forecast({110, 0.1, 11, 300, 12}).wait_s > 0);
}

TEST_CASE("sizes that no server has come to an end") {
  constexpr auto endless = std::numeric_limits<std::uint64_t>::max();
  CHECK(forecast({0.8, 1, 1, endless, 0}).wait_s == Approx(4).epsilon(0.001));
  CHECK(forecast({2, 1, endless, endless, 0}).wait_s == Approx(0).margin(1e-9));
  CHECK(whole(2.1) == 3);
  CHECK(whole(-1) == 0);
  CHECK(whole(std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(whole(std::numeric_limits<double>::infinity()) == 1'000'000'000'000'000);
  Server server = busy(80);
  server.refused_full = 120;
  server.limit_max = server.waiting_max = 1e18;
  CHECK_FALSE(advice_of(server).settings.empty());
}

TEST_CASE("calls that took no time say nothing of what one takes") {
  Server server = busy(80);
  server.refused_full = 120;
  server.held_s = 0;
  const auto advice = advice_of(server);
  REQUIRE_FALSE(advice.not_measured.empty());
  CHECK(advice.not_measured[0] == "up/m: its 80 answered calls took no time at all");
  CHECK_THAT(report(advice), !Catch::Contains("nan"));
}

TEST_CASE("a lane that refuses gets the slots that its calls would hold, and looks for its limit") {
  Server server = busy(80);
  server.refused_full = 120;
  const auto advice = advice_of(server);
  CHECK(setting(advice, "calls_at_once_max").now == 4);
  CHECK(setting(advice, "calls_at_once_max").advised == places_for(10));  // 20 a second of 0.5 s
  CHECK(setting(advice, "adapts").advised == 1);
  CHECK(setting(advice, "calls_waiting_max").advised == waiting_for(places_for(10), 0.5, 4));
  CHECK(expected(advice, "up/m answers/s") == Approx(20).epsilon(0.01));
  CHECK(expected(advice, "up/m refused share") == Approx(0).margin(0.001));
}

TEST_CASE("clients that wait for their answers count where they would run") {
  Server server = busy(80);
  Server from;
  from.waiting = server.waiting = 30;
  const auto advice = advise(window_of(from, server), {});
  REQUIRE(advice);
  CHECK(setting(*advice, "calls_at_once_max").advised == places_for(34));
}

TEST_CASE("no more is advised than were at the door at once") {
  Server server = busy(80);
  server.refused_full = 100'000;
  Server from;
  from.connections = server.connections = 12;
  const auto advice = advise(window_of(from, server), {});
  REQUIRE(advice);
  CHECK(setting(*advice, "calls_at_once_max").advised == 12);
}

TEST_CASE("a lane that is throttled gets as many slots as its provider had") {
  Server server = busy(320);
  server.limit = server.limit_max = 64;
  server.started = 520;
  server.throttled = 200;
  server.throttled_beside = 200 * 15.9;
  const auto advice = advice_of(server);
  CHECK(setting(advice, "calls_at_once_max").advised == 16);
  CHECK(expected(advice, "up/m throttled share") == 0);
  CHECK(setting(advice, "calls_waiting_max").advised == 8);
}

TEST_CASE(
    "a lane that finds its provider's limit keeps its slots, and its queue goes by what it found") {
  Server from;
  from.adapts = 1;
  from.limit = 10;
  from.limit_max = 64;
  from.waiting_max = 1'000;
  from.waiting = 190;
  Server server = busy(320);
  server.adapts = 1;
  server.limit = 16;
  server.limit_max = 64;
  server.waiting_max = 1'000;
  server.waiting = 190;
  const auto advice = advise(window_of(from, server), {});
  REQUIRE(advice);
  CHECK(setting(*advice, "calls_at_once_max").advised == 64);
  CHECK_THAT(setting(*advice, "calls_at_once_max").why, Catch::Contains("provider bears"));
  CHECK(setting(*advice, "calls_waiting_max").advised == waiting_for(16, 0.5, 4));
  CHECK(expected(*advice, "up/m answers/s") == Approx(32).epsilon(0.01));
}

TEST_CASE("a queue is as long as the wait that is allowed") {
  Server server = busy(80);
  server.waiting_max = 1'000;
  server.waiting = 90;
  const auto by_wait = advice_of(server, {.wait_s = 5});
  CHECK(setting(by_wait, "calls_waiting_max").advised == 32);  // 4 slots * 4 s / 0.5 s
  const auto by_turn = advice_of(server, {.wait_s = 5, .turn_s = 1});
  CHECK(setting(by_turn, "calls_waiting_max").advised == 3);
  server.waiting = 2;
  CHECK(setting(advice_of(server), "calls_waiting_max").advised == 1'000);
}

TEST_CASE("threads that found no room are counted by what their turns take") {
  Server server = busy(100);
  server.threads_full = 300;
  server.limit_max = server.limit = 64;
  server.resident = 200;
  server.resident_bytes = 1e8 + 200 * 1e4;
  const auto advice = advice_of(server);
  CHECK(setting(advice, "threads.resident_max").advised == places_for(20));  // 40 a second of 0.5 s
  CHECK(expected(advice, "threads_full share") < 0.03);
  CHECK(expected(advice, "resident MiB") == Approx((1e8 + 200e4 + 9 * 1e4) / 1048576));
}

TEST_CASE("a thread gets places for the turns that came, as far as the time allows") {
  Server server = busy(100);
  server.mailbox_full = 200;
  CHECK(setting(advice_of(server), "threads.turns_waiting_max").advised == 26);  // 3 * 9 - 1
  CHECK(setting(advice_of(server, {.wait_s = 1}), "threads.turns_waiting_max").advised == 17);
}

TEST_CASE("connections that were refused get room") {
  Server server = busy(100);
  server.connections_refused = 200;
  CHECK(setting(advice_of(server), "http.connections_max").advised == places_for(510));
}

TEST_CASE("what few calls say is not advised on, and what is right is kept") {
  const auto few = advice_of(busy(19));
  REQUIRE_FALSE(few.not_measured.empty());
  CHECK_THAT(few.not_measured[0], Catch::Contains("up/m: 19 answered calls"));
  CHECK_FALSE(few.changes_any());
  const auto right = advice_of(busy(20));
  CHECK_FALSE(right.changes_any());
  CHECK(right.expected.empty());
}

TEST_CASE("nothing is advised of a server that did nothing, started anew or is another's") {
  CHECK_THAT(advise(window_of({}, {}), {}).error().detail,
             Catch::Contains("no turn came in the 10.0 s"));
  CHECK_THAT(advise(window_of(busy(10), busy(5)), {}).error().detail,
             Catch::Contains("started anew"));
  MetricsWindow once;
  once.see(0, MetricsText(busy(5).page()));
  CHECK_THAT(advise(once, {}).error().detail, Catch::Contains("it takes two"));
  MetricsWindow other;
  other.see(0, MetricsText("go_goroutines 5\n"));
  CHECK_THAT(advise(other, {}).error().detail, Catch::Contains("no metrics of a Parlance"));
}

TEST_CASE("a report's metrics are those that the run saw") {
  const auto window = window_of({}, busy(80));
  const auto again = MetricsWindow::from_json(window.to_json());
  REQUIRE(again);
  CHECK(again->to_json() == window.to_json());
  CHECK(again->seconds() == 10);
  CHECK(again->rise("parlance_pool_wait_seconds_count", "lane=\"up/m\"") == 80);
  for (const char* wrong : {"[]", "{}", R"({"from_s":0,"until_s":1,"pages":1,"series":[]})"})
    CHECK_FALSE(MetricsWindow::from_json(Json::parse(wrong)));

  const Json report{{"scenario", {{"slo", {"first_text<1s", "turn<=2s", "turn<1500ms"}}}},
                    {"audit", {{"valid", true}}},
                    {"metrics", window.to_json()}};
  CHECK(metrics_of_report(report));
  CHECK(turn_allowed_s(report) == 1.5);
  auto invalid = report;
  invalid["audit"]["valid"] = false;
  CHECK_THAT(metrics_of_report(invalid).error().detail, Catch::Contains("INVALID"));
  auto blind = report;
  blind["metrics"] = nullptr;
  CHECK_THAT(metrics_of_report(blind).error().detail, Catch::Contains("has no metrics"));
  CHECK_THAT(metrics_of_report(Json::array()).error().detail, Catch::Contains("is no report"));
}

TEST_CASE("advice is applied by name, to a lane wherever a role has it") {
  Server server = busy(80);
  server.refused_full = 120;
  server.threads_full = 1'000;
  const auto advice = advice_of(server);
  const Json configuration = Json::parse(R"({
    "http": {"port": 0},
    "models": {"main": [{"provider": "up", "model": "m", "calls_at_once_max": 4, "adapts": false},
                        {"provider": "local", "model": "extractive"}],
               "other": [{"provider": "up", "model": "m"}]}})");
  const auto changed = advised_configuration(configuration, advice);
  CHECK(changed["models"]["main"][0]["calls_at_once_max"] ==
        setting(advice, "calls_at_once_max").advised);
  CHECK(changed["models"]["main"][0]["adapts"] == true);
  CHECK(changed["models"]["other"][0]["adapts"] == true);
  CHECK(changed["models"]["main"][1] == configuration["models"]["main"][1]);
  CHECK(changed["http"] == configuration["http"]);
  CHECK(changed["threads"]["resident_max"].is_number());

  Json merged = configuration;
  merged.merge_patch(to_json(advice, configuration)["settings"]);
  CHECK(merged == changed);
  CHECK_FALSE(to_json(advice, std::nullopt)["settings"].contains("models"));
  CHECK_THAT(report(advice), Catch::Contains("> up/m calls_at_once_max"));
}

TEST_CASE("what was expected stands beside what came") {
  Server server = busy(80);
  server.refused_full = 120;
  const auto earlier = to_json(advice_of(server), std::nullopt);
  const auto text = report_what_came(earlier, figures_by_name(window_of({}, busy(190))));
  REQUIRE(text);
  CHECK_THAT(*text, Catch::Contains("up/m answers/s"));
  CHECK_THAT(*text, Catch::Contains("19\n"));
  CHECK_FALSE(report_what_came(Json::object(), {}));
  CHECK_FALSE(report_what_came({{"expected", {{{"name", 5}}}}}, {}));
}

}  // namespace
}  // namespace parlance::bench
