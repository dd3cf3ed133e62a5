// What `parlance top` shows of a server: its threads on one line, and each lane on another.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/json.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

// Metric -> the sum of its samples over all labels, of Prometheus text.
using MetricSums = std::map<std::string, double, std::less<>>;
MetricSums sums_of(std::string_view prometheus_text);

struct TopSample {
  std::chrono::steady_clock::time_point at{};
  std::string server;  // address and version
  bool ready = false;
  Json lanes;  // as /v1/admin/pools lists them
  MetricSums metrics;
};

// `before`: none for the first one, which knows of no rates.
struct TopView {
  const TopSample& now;
  const TopSample* before = nullptr;
};

// For a terminal: lines cut to `columns`, at most `rows` of them.
std::string top_screen(const TopView& view, std::size_t columns, std::size_t rows);

// For everything else: `name=value` of the threads on a line, and of each lane.
std::string top_lines(const TopView& view);

}  // namespace parlance::net
