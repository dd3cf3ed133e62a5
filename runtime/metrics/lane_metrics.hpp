// The tokens that a lane of the model pool was answered with, as its provider counts them.
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

  void answered(std::uint32_t tokens_in, std::uint32_t tokens_in_cached, std::uint32_t tokens_out);

 private:
  Counter& tokens_in_;
  Counter& tokens_in_cached_;
  Counter& tokens_out_;
};

}  // namespace parlance
