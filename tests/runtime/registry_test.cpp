#include "runtime/metrics/registry.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

TEST_CASE("a scrape shows counters, gauges and histograms with their labels") {
  Registry registry;
  registry.counter("turns_total", "Turns.", {{"outcome", "finished"}}).Increment(3);
  registry.counter("turns_total", "Turns.", {{"outcome", "failed"}}).Increment();
  registry.gauge("threads_resident", "Threads in memory.").Set(7);
  registry.seconds("turn_seconds", "Time of a turn.").Observe(0.003);
  const auto text = registry.text();
  CHECK(has_line(text, "# HELP turns_total Turns."));
  CHECK(has_line(text, "# TYPE turns_total counter"));
  CHECK(has_line(text, "turns_total{outcome=\"finished\"} 3"));
  CHECK(has_line(text, "turns_total{outcome=\"failed\"} 1"));
  CHECK(has_line(text, "threads_resident 7"));
  CHECK(has_line(text, "turn_seconds_bucket{le=\"0.0025\"} 0"));
  CHECK(has_line(text, "turn_seconds_bucket{le=\"0.005\"} 1"));
  CHECK(has_line(text, "turn_seconds_count 1"));
}

TEST_CASE("the same name and labels are the same instrument") {
  Registry registry;
  registry.counter("calls_total", "Calls.", {{"lane", "a"}}).Increment();
  registry.counter("calls_total", "Calls.", {{"lane", "a"}}).Increment();
  CHECK(has_line(registry.text(), "calls_total{lane=\"a\"} 2"));
}

TEST_CASE("gauges that are read from elsewhere are set before each scrape") {
  Registry registry;
  auto& gauge = registry.gauge("queue_length", "Waiting.");
  int length = 0;
  registry.before_scrape([&] { gauge.Set(++length); });
  CHECK(has_line(registry.text(), "queue_length 1"));
  CHECK(has_line(registry.text(), "queue_length 2"));
}

}  // namespace
}  // namespace parlance
