// When the turns of a load run begin, and when there are no more of them.
//
// All of it follows from the plan and its seed: two runs of one plan have the same schedule, which
// schedule_hash() names. Answers change nothing of it; only the turns of a session, and those of a
// closed loop, wait for the ones before them.
//
// Threading: one thread.
#pragma once

#include "bench/load/plan.hpp"
#include "bench/load/rate_profile.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace parlance::bench {

struct Arrival {
  std::uint64_t number = 0;
  std::chrono::steady_clock::time_point intended;
  const TraceRow* row = nullptr;  // of a trace
};

class ArrivalSchedule {
 public:
  using Clock = std::chrono::steady_clock;

  ArrivalSchedule(const LoadPlan& plan, Clock::time_point start);

  // The next turn, or the next session. In an open loop its time may lie ahead, or behind when no
  // client was free.
  std::optional<Arrival> next(Clock::time_point now);

  // Arrivals of an open loop with a time limit that came too late to be sent at all: their time had
  // passed by more than the timeout when the run was over.
  std::uint64_t not_sent() const { return not_sent_; }

 private:
  std::optional<Arrival> next_of_trace();
  std::optional<Arrival> next_of_rate();
  double gap();

  const LoadPlan plan_;
  const RateProfile profile_;
  const Clock::time_point start_;
  const Clock::time_point end_;
  double expected_ = 0;  // arrivals that the rate has brought when the next one comes
  std::mt19937_64 random_;
  std::uint64_t number_ = 0;
  std::uint64_t not_sent_ = 0;
};

// How long a session's client thinks before that turn (from 1 on). The same for every run.
std::chrono::microseconds think_time(const LoadPlan& plan,
                                     std::uint64_t session,
                                     std::uint64_t turn);

inline constexpr std::uint64_t hashed_arrivals_max = 1'000'000;

// Of the times of all arrivals, at most hashed_arrivals_max, and of their sessions' think times: 16
// hexadecimal digits (FNV-1a).
std::string schedule_hash(const LoadPlan& plan);

}  // namespace parlance::bench
