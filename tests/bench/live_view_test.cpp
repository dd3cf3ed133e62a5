#include "bench/report/live_view.hpp"

#include <catch2/catch.hpp>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a terminal shows the last half minute, and colours only where they are wanted") {
  const Timeline::Time start{};
  Figures figures;
  CHECK(live_text({}, figures, true).empty());
  figures.timeline.begin(start);
  for (int i = 0; i < 200; ++i) {
    const auto now = start + i * Timeline::period;
    figures.timeline.sent(now);
    figures.timeline.ended(now, TurnOutcome::finished, true, milliseconds(1 + i));
  }
  figures.timeline.pass(start + 200 * Timeline::period);
  figures.finished = figures.sent = 200;
  const std::string plain = live_text({}, figures, false);
  CHECK_THAT(plain, Catch::Contains("finished 200") && Catch::Contains("2/s"));
  CHECK(plain.find('\x1b') == std::string::npos);
  CHECK(plain.find("refused") == std::string::npos);
  const auto begin = plain.find("turn p50");
  const std::string line = plain.substr(begin, plain.find('\n', begin) - begin);
  CHECK(line.ends_with("\u2588"));  // the slowest is the last one
  constexpr std::size_t bar_bytes = 3;
  CHECK(line.size() - line.find("\u2586") <= LiveView::columns_max * bar_bytes);
  CHECK(live_text({}, figures, true).find("\x1b[32m") != std::string::npos);
}

}  // namespace
}  // namespace parlance::bench
