// A run as it goes on, on a terminal; where there is none, a plain line now and then.
//
// Threading: the generator's one thread.
// Bounds: the last columns_max intervals are drawn.
#pragma once

#include "bench/load/figures.hpp"
#include "bench/load/plan.hpp"

#include <cstdio>
#include <string>

namespace parlance::bench {

class LiveView {
 public:
  static constexpr std::size_t columns_max = 60;

  // Writes to `out`; draws when it is a terminal that can be drawn on.
  LiveView(const LoadPlan& plan, std::FILE* out);
  ~LiveView();  // what was drawn is taken away
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  void show(const Figures& figures);

 private:
  const LoadPlan& plan_;
  std::FILE* const out_;
  const bool draws_;
  const bool colored_;
  std::size_t lines_ = 0;      // drawn
  std::size_t intervals_ = 0;  // seen
};

// What is drawn, a line each.
std::string live_text(const LoadPlan& plan, const Figures& figures, bool colored);

}  // namespace parlance::bench
