#include "bench/load/metrics_text.hpp"

#include "bench/load/bound.hpp"

#include <algorithm>
#include <utility>

namespace parlance::bench {

// name{label="value",…} 12.5
MetricsText::MetricsText(std::string text) : text_(std::move(text)) {
  std::string_view left = text_;
  while (!left.empty()) {
    const auto line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    const auto space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) continue;
    const auto value = parse_number(line.substr(space + 1));
    if (!value) continue;
    const auto series = line.substr(0, space);
    const auto brace = std::min(series.find('{'), series.size());
    samples_.push_back({series.substr(0, brace), series.substr(brace), *value});
  }
}

std::optional<double> MetricsText::sum(std::string_view name, std::string_view label) const {
  std::optional<double> sum;
  for (const auto& sample : samples_) {
    if (sample.name != name || sample.labels.find(label) == std::string_view::npos) continue;
    sum = sum.value_or(0) + sample.value;
  }
  return sum;
}

}  // namespace parlance::bench
