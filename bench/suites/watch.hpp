// Looks at a server again and again while a suite goes on: what its process holds, by the kernel,
// and the gauges of its /metrics.
//
// Threading: a thread of its own; `samples` and `follow` from any other.
// Bounds: one ServerSample for each interval.
#pragma once

#include "bench/load/plan.hpp"
#include "bench/load/server_sample.hpp"

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace parlance::bench {

// None: it does not answer.
std::optional<ServerSample> sample_of(const Target& target, pid_t process);

class Watch {
 public:
  Watch(Target target, pid_t process, std::chrono::milliseconds interval);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  double now_s() const;
  // The same server in another process. Nothing is seen of one that has ended.
  void follow(pid_t process);
  std::vector<ServerSample> samples() const;

 private:
  void run();

  const Target target_;
  const std::chrono::milliseconds interval_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;  // guarded by mutex_, as is what follows
  pid_t process_;
  std::vector<ServerSample> samples_;

  std::thread thread_;
};

}  // namespace parlance::bench
