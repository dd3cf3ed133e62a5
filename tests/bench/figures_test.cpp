#include "bench/load/figures.hpp"

#include "bench/load/figures_json.hpp"
#include "bench/load/report.hpp"

#include <catch2/catch.hpp>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;
using Time = TurnTimes::Time;

const Time start{};

TurnTimes turn_of(int first_text_ms, int stall_ms, int ended_ms) {
  TurnTimes turn;
  turn.intended = start;
  turn.sent = start + milliseconds(1);
  turn.first_text = start + milliseconds(first_text_ms);
  turn.last_text = turn.ended = start + milliseconds(ended_ms);
  turn.stall = milliseconds(stall_ms);
  turn.texts = 3;
  return turn;
}

TEST_CASE("a turn is good when it keeps every bound, each counted from its intended start") {
  const auto turn = turn_of(100, 40, 160);
  const auto is_kept = [&](const char* text) { return keeps(*parse_slo(text), turn); };
  CHECK(is_kept("first_text<=100ms"));
  CHECK_FALSE(is_kept("first_text<100ms"));
  CHECK(is_kept("turn<161ms"));
  CHECK(is_kept("stall in 40ms..40ms"));
  CHECK(is_kept("per_text==30ms"));
  TurnTimes silent;
  CHECK_FALSE(keeps(*parse_slo("first_text<1h"), silent));
  CHECK_FALSE(keeps(*parse_slo("stall<1h"), silent));
}

TEST_CASE("bounds that nothing can be held against are refused") {
  for (const char* text : {"", "turn", "turn<", "turn<5", "gap<5ms", "turn~5ms", "turn in 5ms"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_slo(text));
  }
}

TEST_CASE("turns are told by their place on the thread, late ones together") {
  Figures figures;
  for (std::size_t index = 0; index < 40; ++index)
    figures.add_finished(turn_of(1, 1, 10 * static_cast<int>(index + 1)), index);
  CHECK(figures.finished == 40);
  REQUIRE(figures.by_index.size() == turn_indices_max);
  CHECK(figures.by_index[0].turn.greatest_ms() == 10);
  CHECK(figures.by_index[3].turn.greatest_ms() == 40);
  CHECK(figures.by_index.back().turn.count() == 40 - turn_indices_max + 1);
  CHECK(figures.service.greatest_ms() == 399);
}

TEST_CASE("a share is known as well as its count allows") {
  const auto half = share_interval(50, 100);
  CHECK(half.share == 0.5);
  CHECK(half.least == Approx(0.4038).epsilon(0.001));
  CHECK(half.most == Approx(0.5962).epsilon(0.001));
  CHECK(share_interval(10, 10).most == Approx(1));
  CHECK(share_interval(10, 10).least < 0.75);
  CHECK(share_interval(0, 10).least == 0);
}

TEST_CASE("a generator that is always busy, or whose timers are late, makes a run invalid") {
  Audit audit;
  const auto time = std::chrono::seconds(10);
  audit.take({}, {std::chrono::seconds(2), std::chrono::seconds(1)}, time);
  CHECK(audit.on_cpu == Approx(0.2));
  CHECK_FALSE(invalid_because(audit, 10, time));
  audit.take({}, {std::chrono::seconds(5), std::chrono::seconds(5)}, time);
  CHECK(invalid_because(audit, 10, time));
  CHECK_FALSE(invalid_because(audit, 10, milliseconds(100)));  // too short to say
  audit.take({}, {}, time);
  for (int i = 0; i < 100; ++i)
    audit.lag.record(milliseconds(4));
  CHECK_FALSE(invalid_because(audit, 100, time));
  CHECK(invalid_because(audit, 50, time));
}

TEST_CASE("the timeline adds up to the run") {
  Timeline timeline;
  timeline.begin(start);
  timeline.sent(start);
  timeline.sent(start + milliseconds(100));
  timeline.ended(start + milliseconds(400), TurnOutcome::finished, true, milliseconds(400));
  timeline.first_text(start + milliseconds(1'600), milliseconds(1'500));
  timeline.ended(start + milliseconds(1'700), TurnOutcome::refused, false, {});
  timeline.end(start + milliseconds(1'700));
  const auto& intervals = timeline.intervals();
  REQUIRE(intervals.size() == 4);
  CHECK(intervals[0].sent == 2);
  CHECK(intervals[0].at_once_max == 2);
  CHECK(intervals[0].finished == 1);
  CHECK(intervals[0].good == 1);
  CHECK(intervals[0].turn_p99_ms == 400);
  CHECK(intervals[1].at_once_max == 1);
  CHECK(intervals[1].finished == 0);
  CHECK(intervals[3].refused == 1);
  CHECK(intervals[3].first_text_p50_ms == Approx(1'500).epsilon(0.01));
}

}  // namespace
}  // namespace parlance::bench
