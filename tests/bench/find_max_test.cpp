#include "bench/load/find_max.hpp"

#include "bench/load/load_run.hpp"
#include "tests/bench/support.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;

Figures sample() {
  Figures figures;
  figures.sent = 100;
  figures.finished = 70;
  figures.refused = 20;
  figures.failed = 10;
  figures.not_sent = 100;
  figures.with_retry_after = 15;
  figures.elapsed = std::chrono::seconds(7);
  for (int ms = 1; ms <= 100; ++ms)
    figures.turn.record(milliseconds(ms));
  return figures;
}

Judgement judged(const std::string& text) {
  const auto expectation = parse_expectation(text);
  REQUIRE(expectation);
  return judge({*expectation}, sample())[0];
}

TEST_CASE("an expectation holds or does not, with what was measured") {
  for (const char* const text : {"sent==100",
                                 "finished.rate>=9.9",
                                 "finished.rate <= 10",
                                 "refused.share in 0.1..0.1",
                                 "not_sent.share==0.5",
                                 "with_retry_after.share > 0.7",
                                 "turn.p50 in 49ms..51ms",
                                 "turn.p99.5<1s",
                                 "turn.max>=100ms",
                                 "turn.min<2ms",
                                 "turn.mean>50ms"}) {
    INFO(text);
    CHECK(judged(text).held);
  }
  for (const char* const text :
       {"sent<100", "failed==0", "turn.p50<50ms", "refused.share in 0.18..0.26", "sent>100"}) {
    INFO(text);
    CHECK_FALSE(judged(text).held);
  }
  CHECK(judged("turn.max<1s").measured == "100.0 ms");
  CHECK(judged("refused.share<1").measured == "0.1");
}

TEST_CASE("what was not measured does not hold") {
  CHECK_FALSE(judged("gap.p99<1d").held);
  CHECK(judged("gap.p99<1d").measured == "nothing measured");
  CHECK_FALSE(judge({*parse_expectation("refused.share==0")}, Figures())[0].held);
}

TEST_CASE("what is no expectation is refused with the reason") {
  for (const char* const text : {"",
                                 "turn",
                                 "turn<1s",
                                 "turn.p99",
                                 "turn.p99<",
                                 "turn.p99<250",
                                 "turn.p0<1s",
                                 "turn.p101<1s",
                                 "turn.px<1s",
                                 "sent<1s",
                                 "sent.rate>1",
                                 "nothing==0",
                                 "sent=1",
                                 "sent=>1",
                                 "sent in 1",
                                 "sent in 1..",
                                 "sent in ..1",
                                 "sent in 2..1",
                                 "finished.rate>nan",
                                 "finished.rate<inf",
                                 "<1"}) {
    INFO(text);
    CHECK_FALSE(parse_expectation(text));
  }
}

// A server that holds `limit` clients, and that judges wrongly whenever `lies` says so.
struct Server {
  std::size_t limit = 0;
  std::function<bool(std::size_t call)> lies = [](std::size_t) { return false; };
  std::size_t calls = 0;

  FoundMax searched(std::size_t least = 1, std::size_t most = 10'000) {
    FindMaxPlan plan;
    plan.expectations = {*parse_expectation("failed==0")};
    plan.clients_least = least;
    plan.clients_most = most;
    const auto found = find_max(
        plan,
        [this](std::size_t clients) -> Result<Figures> {
          Figures figures;
          figures.sent = 1;
          const bool holds = (clients <= limit) != lies(calls++);
          figures.failed = holds ? 0 : 1;
          return figures;
        },
        [](const Probe&) {});
    REQUIRE(found);
    return *found;
  }
};

TEST_CASE("the most clients are found, wherever they are") {
  for (const std::size_t limit : {1, 2, 3, 7, 8, 9, 64, 1'000, 9'999}) {
    INFO(limit);
    const auto found = Server{limit}.searched();
    CHECK(found.clients == limit);
    CHECK_FALSE(found.reached_most);
  }
  CHECK(Server{0}.searched().clients == 0);
  CHECK(Server{10'000}.searched().clients == 10'000);
  CHECK(Server{10'000}.searched().reached_most);
  CHECK(Server{50'000}.searched(3, 3).clients == 3);
  CHECK(Server{2}.searched(3, 30).clients == 0);
}

TEST_CASE("one bad try in three changes nothing") {
  for (std::size_t bad = 0; bad < 3; ++bad) {
    Server server{100, [bad](std::size_t call) { return call % 3 == bad; }};
    CHECK(server.searched().clients == 100);
  }
}

TEST_CASE("a mock that has eight slots and refuses the ninth client holds eight") {
  MockSettings settings;
  settings.tokens = 5;
  settings.first_token_delay = milliseconds(10);
  settings.token_delay = milliseconds(2);
  settings.slots = 8;
  const RunningMock mock(settings);
  LoadPlan plan = plan_for(mock);
  FindMaxPlan search;
  search.expectations = {*parse_expectation("refused==0"), *parse_expectation("failed==0")};
  const auto probe = [&](std::size_t clients) {
    plan.clients = clients;
    return run_load(plan);
  };
  for (int time = 0; time < 3; ++time) {
    const auto found = find_max(search, probe, [](const Probe&) {});
    REQUIRE(found);
    CHECK(found->clients == 8);
  }
}

}  // namespace
}  // namespace parlance::bench
