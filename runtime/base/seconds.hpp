// Times as averages and Prometheus take them.
#pragma once

#include <chrono>

namespace parlance {

inline double in_seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace parlance
