// A lane of the model pool: the tokens that it was answered with, as its provider counts them, the
// limit that it found, and its bounds.
#pragma once

#include "runtime/metrics/registry.hpp"

#include <cstdint>
#include <string>

namespace parlance {

// Threading: the pool's actor calls; scrapes read.
class LaneMetrics {
 public:
  // `lane` is a name from the settings.
  LaneMetrics(Registry& registry, const std::string& lane);

  void limited(std::uint32_t calls_at_once);
  void bounded(std::uint32_t calls_at_once_max, std::uint32_t calls_waiting_max, bool adapts);
  void held(bool is_held);
  // Its provider had `calls` of the lane's already.
  void throttled_beside(std::size_t calls);
  void answered(std::uint32_t tokens_in, std::uint32_t tokens_in_cached, std::uint32_t tokens_out);
  void long_prompt_missed() { long_prompts_missed_.Increment(); }

 private:
  Gauge& limit_;
  Gauge& limit_max_;
  Gauge& waiting_max_;
  Gauge& adapts_;
  Gauge& held_;
  Counter& throttled_;
  Counter& throttled_beside_;
  Counter& tokens_in_;
  Counter& tokens_in_cached_;
  Counter& tokens_out_;
  Counter& long_prompts_missed_;
};

}  // namespace parlance
