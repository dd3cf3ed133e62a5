// When the turns of a load run begin, and when there are no more of them.
//
// Threading: one thread.
#pragma once

#include "bench/load/plan.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace parlance::bench {

struct Arrival {
  std::uint64_t number = 0;
  std::chrono::steady_clock::time_point intended;
};

class ArrivalSchedule {
 public:
  using Clock = std::chrono::steady_clock;

  ArrivalSchedule(const LoadPlan& plan, Clock::time_point start);

  // The next turn. In an open loop its time may lie ahead, or behind when no client was free.
  std::optional<Arrival> next(Clock::time_point now);

  // Turns of an open loop with a time limit that came too late to be sent at all: their time had
  // passed by more than the timeout when the run was over.
  std::uint64_t not_sent() const { return not_sent_; }

 private:
  bool open() const { return plan_.turns_per_second > 0; }
  void advance();

  LoadPlan plan_;
  Clock::time_point start_;
  Clock::time_point end_;
  double next_s_ = 0;  // of an open loop: after the start
  std::mt19937_64 random_;
  std::uint64_t number_ = 0;
  std::uint64_t not_sent_ = 0;
};

}  // namespace parlance::bench
