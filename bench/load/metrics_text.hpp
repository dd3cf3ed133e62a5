// A page of metrics in Prometheus' text format, read for single figures.
//
// Threading: constant after construction.
// Bounds: as large as the page.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

class MetricsText {
 public:
  struct Sample {
    std::string_view name;
    std::string_view labels;  // with their braces
    double value = 0;
  };

  explicit MetricsText(std::string text);
  MetricsText(const MetricsText&) = delete;
  MetricsText& operator=(const MetricsText&) = delete;

  // The sum over all samples of that name whose labels hold `label` (`pool="llm"`; empty: all of
  // them). None: there is no such sample.
  std::optional<double> sum(std::string_view name, std::string_view label = {}) const;

  // As long as this is there.
  const std::vector<Sample>& samples() const { return samples_; }

 private:
  std::string text_;
  std::vector<Sample> samples_;  // into text_
};

}  // namespace parlance::bench
