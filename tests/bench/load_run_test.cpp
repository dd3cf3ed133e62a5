#include "bench/load/load_run.hpp"

#include "bench/command_line.hpp"
#include "bench/load/arrivals.hpp"
#include "bench/load/figures_json.hpp"
#include "bench/load/report.hpp"
#include "bench/load/requests.hpp"
#include "tests/bench/support.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;

MockSettings quick() {
  MockSettings settings;
  settings.tokens = 5;
  settings.first_token_delay = milliseconds(5);
  settings.token_delay = milliseconds(2);
  return settings;
}

Figures figures_of(const LoadPlan& plan) {
  auto figures = run_load(plan);
  REQUIRE(figures);
  CHECK(figures->add_up());
  return std::move(*figures);
}

TEST_CASE("a closed loop sends every turn and counts every answer") {
  const RunningMock mock(quick());
  const auto figures = figures_of(plan_for(mock));
  CHECK(figures.sent == 100);
  CHECK(figures.finished == 100);
  CHECK(figures.wrong_answers == 0);
  CHECK(figures.turn.count() == 100);
  CHECK(figures.turn.least_ms() >= 13);
  const auto stats = ask_json(mock.port(), "GET", "/mock/stats");
  CHECK(stats["requests"] == 100);
  CHECK(stats["at_once_max"].get<int>() <= 8);
}

TEST_CASE("streams are timed to their first text and from text to text") {
  const RunningMock mock(quick());
  auto plan = plan_for(mock);
  plan.mode = AnswerMode::stream;
  const auto figures = figures_of(plan);
  CHECK(figures.finished == 100);
  CHECK(figures.wrong_answers == 0);
  CHECK(figures.first_text.count() == 100);
  CHECK(figures.first_text.least_ms() >= 5);
  CHECK(figures.gap.count() == 400);
}

TEST_CASE("an answer to something else is finished and wrong") {
  const RunningMock mock(quick());
  auto plan = plan_for(mock);
  plan.check = AnswerCheck::echo;
  const auto figures = figures_of(plan);
  CHECK(figures.finished == 100);
  CHECK(figures.wrong_answers == 100);
}

TEST_CASE("refusals and failures add up by status and by code") {
  auto settings = quick();
  REQUIRE(set(settings, "fault", "429,500,cut,garbage"));
  settings.fault_share = 0.5;
  const RunningMock mock(settings);
  auto plan = plan_for(mock);
  plan.turns = 200;
  plan.mode = GENERATE(AnswerMode::wait, AnswerMode::stream);
  const auto figures = figures_of(plan);
  CHECK(figures.sent == 200);
  CHECK(figures.refused > 0);
  CHECK(figures.refused == figures.errors_by_status.at(429));
  CHECK(figures.with_retry_after == figures.refused);
  CHECK(figures.refusal.count() == figures.refused);
  CHECK(figures.errors_by_code.at("rate_limit_exceeded") == figures.refused);
  CHECK(figures.errors_by_code.at("cut") > 0);
  CHECK(figures.errors_by_code.at("malformed") > 0);
  std::uint64_t by_code = 0;
  for (const auto& [code, count] : figures.errors_by_code) {
    by_code += count;
  }
  CHECK(by_code == figures.refused + figures.failed);
}

TEST_CASE("a server that hangs is a timeout") {
  auto settings = quick();
  REQUIRE(set(settings, "fault", "hang"));
  const RunningMock mock(settings);
  auto plan = plan_for(mock);
  plan.turns = 4;
  plan.timeout = milliseconds(50);
  const auto figures = figures_of(plan);
  CHECK(figures.failed == 4);
  CHECK(figures.errors_by_code.at("timed_out") == 4);
  CHECK(figures.responses == 0);
}

TEST_CASE("a burst is sent at one moment, and its refusals are timed") {
  auto settings = quick();
  settings.first_token_delay = milliseconds(300);
  settings.slots = 8;
  settings.queue = 16;
  const RunningMock mock(settings);
  auto plan = plan_for(mock);
  plan.turns = 0;
  plan.burst = 100;
  const auto figures = figures_of(plan);
  CHECK(figures.sent == 100);
  // What comes while the first are answered finds the slots and the queue full. A busy machine
  // takes longer than one answer to send them all, and then a slot was free again for some.
  CHECK(figures.finished >= 24);
  CHECK(figures.refused > 0);
  CHECK(figures.finished + figures.refused == 100);
  CHECK(figures.refusal.count() == figures.refused);
  CHECK(ask_json(mock.port(), "GET", "/mock/stats")["at_once_max"] == 8);
}

TEST_CASE("an open loop counts from the intended start when the server is too slow") {
  auto settings = quick();
  settings.first_token_delay = milliseconds(20);
  const RunningMock mock(settings);
  auto plan = plan_for(mock);
  plan.clients = 1;
  plan.turns = 10;
  plan.rates = {{1'000, 1'000, {}}};
  const auto figures = figures_of(plan);
  CHECK(figures.finished == 10);
  // The last one was due after 9 ms, and had to wait for nine others.
  CHECK(figures.turn.greatest_ms() >= 10 * 28 - 9);
  CHECK(figures.start_delay.greatest_ms() >= 9 * 28 - 9);
}

TEST_CASE("goodput of a known mixture is exact") {
  auto settings = quick();
  REQUIRE(set(settings, "fault", "500,slow"));
  settings.fault_share = 0.25;
  settings.first_token_delay = milliseconds(20);
  const RunningMock mock(settings);
  auto plan = plan_for(mock);
  plan.turns = 200;
  plan.mode = AnswerMode::stream;
  plan.slos = {*parse_slo("first_text<150ms")};  // slow ones have 200 ms
  const auto figures = figures_of(plan);
  std::uint64_t slow = 0;
  for (const auto& entry : ask_json(mock.port(), "GET", "/mock/journal"))
    slow += entry["fault"] == "slow" ? 1 : 0;
  CHECK(slow > 0);
  CHECK(figures.failed > 0);
  CHECK(figures.good == 200 - figures.failed - slow);
}

TEST_CASE("sessions arrive, think between their turns, and are over when all is said") {
  const RunningMock mock(quick());
  auto plan = plan_for(mock);
  plan.turns = 10;
  plan.clients = 10;
  plan.rates = {{200, 200, {}}};
  plan.sessions = true;
  plan.turns_per_thread = 3;
  plan.think_time = {milliseconds(100), milliseconds(100)};
  const auto figures = figures_of(plan);
  CHECK(figures.sessions == 10);
  CHECK(figures.sessions_finished == 10);
  CHECK(figures.sessions_good == 10);
  CHECK(figures.sent == 30);
  CHECK(figures.session.least_ms() >= 2 * 100 + 3 * 13);
  CHECK(figures.by_index.size() == 3);
  CHECK(figures.by_index[2].turn.count() == 10);
}

TEST_CASE("a session that loses a turn ends there, and is not finished") {
  auto settings = quick();
  REQUIRE(set(settings, "fault", "500"));
  settings.fault_count_max = 1;
  const RunningMock mock(settings);
  auto plan = plan_for(mock);
  plan.turns = 4;
  plan.clients = 4;
  plan.rates = {{200, 200, {}}};
  plan.sessions = true;
  plan.turns_per_thread = 3;
  const auto figures = figures_of(plan);
  CHECK(figures.sessions == 4);
  CHECK(figures.sessions_finished == 3);
  CHECK(figures.sent == 10);
  CHECK(figures.failed == 1);
}

TEST_CASE("a trace's rows say how much is said, and how much is answered") {
  auto settings = quick();
  settings.tokens = 50;
  const RunningMock mock(settings);
  auto plan = plan_for(mock);
  plan.turns = 0;
  plan.trace = std::make_shared<const std::vector<TraceRow>>(
      std::vector<TraceRow>{{{}, 5, 3, 0}, {std::chrono::microseconds(20'000), 700, 7, 0}});
  const auto figures = figures_of(plan);
  CHECK(figures.finished == 2);
  const auto journal = ask_json(mock.port(), "GET", "/mock/journal");
  REQUIRE(journal.size() == 2);
  CHECK(journal[0]["tokens_sent"] == 3);
  CHECK(journal[1]["tokens_sent"] == 7);
  CHECK(journal[0]["text"] == "hello 0 word word word word");
}

TEST_CASE("nothing is sent where nothing listens") {
  LoadPlan plan;
  {
    const RunningMock mock(quick());
    plan = plan_for(mock);
  }
  const auto figures = run_load(plan);
  REQUIRE_FALSE(figures);
  CHECK(figures.error().detail.find("nothing listens") != std::string::npos);
}

TEST_CASE("arrivals keep their rate whatever becomes of the turns") {
  LoadPlan plan;
  plan.turns = 0;
  plan.time_max = std::chrono::seconds(10);
  plan.rates = {{100, 100, {}}};
  plan.arrivals = GENERATE(Arrivals::constant, Arrivals::poisson, Arrivals::gamma);
  const std::chrono::steady_clock::time_point start{};
  ArrivalSchedule schedule(plan, start);
  std::uint64_t count = 0;
  auto last = start;
  while (const auto arrival = schedule.next(start)) {
    CHECK(arrival->number == count++);
    CHECK(arrival->intended >= last);
    last = arrival->intended;
  }
  CHECK(count > 900);
  CHECK(count < 1'100);
  if (plan.arrivals == Arrivals::constant) CHECK(count == 1'000);
}

TEST_CASE("turns of an open loop that come much too late are counted, not sent") {
  LoadPlan plan;
  plan.time_max = std::chrono::seconds(1);
  plan.rates = {{10, 10, {}}};
  plan.timeout = milliseconds(100);
  const std::chrono::steady_clock::time_point start{};
  ArrivalSchedule schedule(plan, start);
  CHECK(schedule.next(start));
  CHECK_FALSE(schedule.next(start + milliseconds(1'200)));
  CHECK(schedule.not_sent() == 9);
}

TEST_CASE("requests of the LangGraph surface name the thread, the agent and the text") {
  LoadPlan plan;
  plan.key = "k1";
  plan.headers = {"x-provider: openai", "x-trace: 1"};
  plan.text = "say \"{n}\"";
  plan.input = {{"ms", 5}};
  const Requests requests(plan);
  CHECK(requests.new_thread().starts_with("POST /threads HTTP/1.1\r\n"));
  CHECK(requests.new_thread().ends_with("\r\n\r\n{}"));
  const auto request = requests.turn(7, "t1");
  CHECK(request.starts_with("POST /threads/t1/runs/wait HTTP/1.1\r\n"));
  CHECK(request.find("x-api-key: k1\r\n") != std::string::npos);
  CHECK(request.find("\r\nx-provider: openai\r\nx-trace: 1\r\n") != std::string::npos);
  const auto text = request.substr(request.find("\r\n\r\n") + 4);
  CHECK(request.find("Content-Length: " + std::to_string(text.size()) + "\r\n") !=
        std::string::npos);
  const auto body = Json::parse(text);
  CHECK(body["assistant_id"] == "echo");
  CHECK(body["multitask_strategy"] == "enqueue");
  CHECK(body["input"]["ms"] == 5);
  CHECK(body["input"]["messages"][0]["content"] == "say \"7\"");
  CHECK(requests.expected(7) == R"(echo: say \"7\")");
}

TEST_CASE("a member is found by its name, and its value may be escaped") {
  CHECK(find_json_string(R"({"code":null,"x":{"code": "full"}})", "code") == "full");
  CHECK(find_json_string(R"({"content":"a\"b"})", "content") == R"(a\"b)");
  CHECK(find_json_string(R"({"content":"open)", "content") == "open");
  CHECK(find_json_string(R"({"content":1})", "content").empty());
  CHECK(find_json_string("", "content").empty());
}

TEST_CASE("wrong usage is named") {
  const auto message_of = [](const std::vector<std::string_view>& arguments) {
    const auto command = read_command_line(arguments);
    const auto* exit = std::get_if<ExitCommand>(&command);
    if (exit == nullptr) return std::string("accepted");
    CHECK(exit->code == 2);
    return exit->text;
  };
  using Catch::Contains;
  CHECK_THAT(message_of({}), Contains("a command is missing"));
  CHECK_THAT(message_of({"wrong"}), Contains("\"wrong\" is not a command"));
  CHECK_THAT(message_of({"run", "--nope"}), Contains("--nope"));
  CHECK_THAT(message_of({"run", "--clients", "0"}), Contains("--clients"));
  CHECK_THAT(message_of({"run", "--url", "ftp://x"}), Contains("http://"));
  CHECK_THAT(message_of({"run", "--mode", "push"}), Contains("is not one of wait, stream"));
  CHECK_THAT(message_of({"run", "--time", "10"}), Contains("--time"));
  CHECK_THAT(message_of({"run", "--header", "x"}), Contains("NAME: VALUE"));
  CHECK_THAT(message_of({"run", "--header", "x: 1\r\ny: 2"}), Contains("control characters"));
  CHECK_THAT(message_of({"run", "--one-thread"}), Contains("needs --burst"));
  CHECK_THAT(message_of({"run", "--burst", "5", "--open", "5"}), Contains("exclude"));
  CHECK_THAT(message_of({"mock", "--fault", "sometimes"}), Contains("--fault"));
  CHECK_THAT(message_of({"mock", "--token-delay", "fast"}), Contains("--token-delay"));
  CHECK_THAT(message_of({"run", "--expect", "turn<1s"}), Contains("--expect"));
  CHECK_THAT(message_of({"find-max"}), Contains("--expect"));
  CHECK_THAT(message_of({"find-max", "--expect", "failed==0", "--tries", "2"}),
             Contains("--tries"));
  CHECK_THAT(message_of({"find-max", "--expect", "failed==0", "--clients-most", "0"}),
             Contains("--clients-most"));
  CHECK(message_of({"find-max", "--expect", "failed==0"}) == "accepted");
  CHECK(message_of({"mock", "--tokens", "5"}) == "accepted");
  CHECK(message_of({"run", "--burst", "5"}) == "accepted");
}

TEST_CASE("the report shows what the figures hold") {
  LoadPlan plan;
  Figures figures;
  figures.sent = 1'234'567;
  figures.finished = 1'234'560;
  figures.refused = 7;
  figures.with_retry_after = 7;
  figures.errors_by_status[429] = 7;
  figures.errors_by_code["mailbox_full"] = 7;
  figures.elapsed = std::chrono::seconds(10);
  figures.turn.record(milliseconds(3));
  const auto text = report(plan, figures);
  using Catch::Contains;
  CHECK_THAT(text, Contains("1,234,567"));
  CHECK_THAT(text, Contains("123,456.0"));
  CHECK_THAT(text, Contains("with Retry-After 7"));
  CHECK_THAT(text, Contains("mailbox_full"));
  const auto json = to_json(plan, figures);
  CHECK(json["finished"] == 1'234'560);
  CHECK(json["ms"]["turn"]["max"] == 3.0);
  CHECK(json["errors_by_code"]["mailbox_full"] == 7);
}

}  // namespace
}  // namespace parlance::bench
