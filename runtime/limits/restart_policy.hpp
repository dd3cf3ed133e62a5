// How often a part may fail before its supervisor gives up, and how long to wait before each
// restart.
//
// Intensity and period are those of Erlang/OTP supervisors: more than restarts_max failures within
// `period` is giving up. The wait is Akka's: min(wait_max, wait_min * 2^n) * (1 + jitter * rand),
// where n counts the failures within the period.
//
// Threading: none of its own; the supervising actor owns it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace parlance {

struct RestartOptions {
  std::uint32_t restarts_max = 5;
  std::chrono::milliseconds period{30'000};
  std::chrono::milliseconds wait_min{100};
  std::chrono::milliseconds wait_max{5'000};
  double jitter = 0.2;  // waits are longer by up to this share, so that not all come back at once
};

class RestartPolicy {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RestartPolicy(RestartOptions options) : options_(options) {}

  // Something failed now. How long to wait before it is started again; none: give up. `random` is
  // uniform in [0, 1).
  std::optional<std::chrono::milliseconds> failed(Time now, double random);

  std::size_t failures() const { return failures_.size(); }

 private:
  const RestartOptions options_;
  std::deque<Time> failures_;  // within the period; at most restarts_max + 1
};

}  // namespace parlance
