// The one source of chance in a simulation: the same seed gives the same choices on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parlance::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0x632BE59BD9B4E019U) {}

  // SplitMix64.
  std::uint64_t next() {
    std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15U);
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }

  // One of 0 .. count - 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }

  // True this often of a thousand times.
  bool chance(std::uint32_t per_mille) { return next() % 1'000 < per_mille; }

 private:
  std::uint64_t state_;
};

}  // namespace parlance::simulation
