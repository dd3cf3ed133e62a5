#pragma once

#include <cstdint>

namespace parlance {

// What an operator wants of a lane.
enum class LaneMode : std::uint8_t {
  open,
  paused,   // nothing is sent; calls wait, each as long as its deadline lets it
  drained,  // what it has goes on; new calls go elsewhere, or are refused
};

}  // namespace parlance
