// What the process takes of its machine, looked up when somebody asks.
#pragma once

#include "runtime/metrics/registry.hpp"

namespace parlance {

// Threading: made before threads run; scrapes read.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(Registry& registry);
};

}  // namespace parlance
