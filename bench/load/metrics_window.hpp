// What the metrics of a Parlance did over a stretch of time: of each series its first and last
// value, and the mean and the greatest of its samples.
//
// A series is kept when its name begins like one of `names_kept`; buckets of histograms are not.
//
// Threading: one thread.
// Bounds: series_max series; later ones are left out.
#pragma once

#include "bench/load/metrics_text.hpp"
#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

class MetricsWindow {
 public:
  static constexpr std::size_t series_max = 4'096;
  static constexpr std::array<std::string_view, 8> names_kept{"parlance_pool_",
                                                              "parlance_lane_",
                                                              "parlance_turn",
                                                              "parlance_threads_",
                                                              "parlance_mailbox_",
                                                              "parlance_http_connections_",
                                                              "parlance_process_",
                                                              "parlance_setting"};

  // `at_s` rises from page to page.
  void see(double at_s, const MetricsText& page);

  // invalid_value for what to_json() has not made.
  static Result<MetricsWindow> from_json(const Json& json);
  Json to_json() const;

  bool is_empty() const { return series_.empty(); }
  double seconds() const { return until_s_ - from_s_; }
  // A counter fell: the server was started anew meanwhile.
  bool has_restart() const;

  // Of all series of that name whose labels hold `label`, summed up; 0 where there is none.
  double rise(std::string_view name, std::string_view label = {}) const;
  double last(std::string_view name, std::string_view label = {}) const;
  double mean(std::string_view name, std::string_view label = {}) const;
  double most(std::string_view name, std::string_view label = {}) const;
  // The values that the label `label` has in series of that name, sorted, each once.
  std::vector<std::string> values_of(std::string_view name, std::string_view label) const;

 private:
  struct Series {
    double first = 0;
    double last = 0;
    double sum = 0;  // of all samples
    double most = 0;
  };

  template <class Figure>
  double sum_of(std::string_view name, std::string_view label, const Figure& figure) const;

  double from_s_ = 0;
  double until_s_ = 0;
  std::size_t pages_ = 0;
  std::map<std::string, Series, std::less<>> series_;  // by name and labels
};

}  // namespace parlance::bench
