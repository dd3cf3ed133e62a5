#include "net/top/top_view.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

namespace parlance::net {
namespace {

using std::chrono::seconds;

TopSample top_sample(int at, double accepted) {
  TopSample sample;
  sample.at = TopSample{}.at + seconds(at);
  sample.server = "parlance 1.2.3  http://here:80";
  sample.ready = true;
  sample.lanes =
      Json::array({{{"provider", "upstream"},
                    {"model", "small"},
                    {"mode", "open"},
                    {"calls_at_once", 8},
                    {"calls_at_once_min", 1},
                    {"calls_at_once_max", 64},
                    {"reason", "queued"},
                    {"held_by", "tokens_told"},
                    {"running", 8},
                    {"waiting", 14},
                    {"waiting_by_tenant", {{"acme", 4}, {"blue", 10}}},
                    {"waiting_by_criticality", {{"high", 2}, {"normal", 12}, {"sheddable", 0}}},
                    {"wait_ms", 1'250},
                    {"breaker", "closed"},
                    {"retries_left", 2.96}}});
  sample.metrics = {{"parlance_turns_accepted_total", accepted}, {"parlance_threads_resident", 12}};
  return sample;
}

TEST_CASE("metrics are summed over their labels") {
  const auto sums = sums_of(
      "# HELP a Words: 7\n# TYPE a counter\na{x=\"1 {\",y=\"2\"} 3\na{x=\"2\"} 4.5\n\nb "
      "1e3\nbroken");
  CHECK(sums == MetricSums{{"a", 7.5}, {"b", 1'000}});
}

TEST_CASE("lines name the threads and every lane, and rates from the second look on") {
  const auto first = top_sample(1, 10);
  const auto second = top_sample(3, 15);
  const std::string lines = top_lines({second, &first});
  CHECK(lines.find("ready=true threads_resident=12 ") == 0);
  CHECK(lines.find(" turns_accepted_per_second=2.5 ") != std::string::npos);
  CHECK(lines.find("\nlane=upstream/small mode=open limit=8 bounds=1..64 why=queued "
                   "held_by=tokens_told running=8 waiting=14 by_class=2/12/0 wait_s=1.2 "
                   "breaker=closed retries=3.0 by_tenant=blue:10,acme:4\n") != std::string::npos);
  CHECK(top_lines({first}).find(" turns_accepted_per_second=- ") != std::string::npos);
}

TEST_CASE("a lane of a screen fits into 100 columns, and says what holds it and who waits") {
  auto sample = top_sample(1, 10);
  const std::string held = top_screen({sample}, 100, 9);
  CHECK(held.find("upstream/small  open      8   1..64  tokens_told        8  2/12/0      1.2  "
                  "closed       3.0  ") != std::string::npos);
  sample.lanes[0]["held_by"] = "nothing";
  CHECK(top_screen({sample}, 100, 9).find("  1..64  queued        8  2/12/0 ") !=
        std::string::npos);
}

TEST_CASE("a screen keeps to its terminal, and shows no control character of a server's") {
  auto sample = top_sample(1, 10);
  sample.lanes[0]["model"] = "small\x1b[2J";
  sample.lanes[0]["waiting_by_tenant"] = Json{{"a\nb", 1}};
  const std::string screen = top_screen({sample}, 40, 5);
  CHECK(screen.find('\x1b') == std::string::npos);
  CHECK(std::count(screen.begin(), screen.end(), '\n') == 4);
  std::size_t width = 0;
  for (std::size_t at = 0; at < screen.size();) {
    const auto end = std::min(screen.find('\n', at), screen.size());
    width = std::max(width, end - at);
    at = end + 1;
  }
  CHECK(width <= 40);
  CHECK(screen.find("small?[2J") != std::string::npos);
}

TEST_CASE("what a server leaves out, or says in another type, is shown as unknown") {
  auto sample = top_sample(1, 10);
  sample.lanes = Json::array({{{"provider", 7}, {"running", "x"}}, "no lane"});
  const std::string lines = top_lines({sample});
  CHECK(lines.find("lane=?/? mode=? limit=0 ") != std::string::npos);
}

}  // namespace
}  // namespace parlance::net
