// Looks at a server again and again while a suite goes on: what its process holds, by the kernel,
// and the gauges of its /metrics.
//
// Threading: a thread of its own; `samples` and `follow` from any other.
// Bounds: one ServerSample for each interval.
#pragma once

#include "bench/load/plan.hpp"

#include <sys/types.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace parlance::bench {

struct ServerSample {
  double at_s = 0;  // after the watch began
  double resident_bytes = 0;
  double descriptors = 0;
  double sockets = 0;
  double threads_resident = 0;
  double turns_inside = 0;
  double calls_running = 0;
  double calls_waiting = 0;
  double streams_open = 0;
  double connections_open = 0;
};

struct SampledFigure {
  std::string_view name;
  double ServerSample::*value;
};
inline constexpr std::array sampled_figures{
    SampledFigure{"resident_bytes", &ServerSample::resident_bytes},
    SampledFigure{"descriptors", &ServerSample::descriptors},
    SampledFigure{"sockets", &ServerSample::sockets},
    SampledFigure{"threads_resident", &ServerSample::threads_resident},
    SampledFigure{"turns_inside", &ServerSample::turns_inside},
    SampledFigure{"calls_running", &ServerSample::calls_running},
    SampledFigure{"calls_waiting", &ServerSample::calls_waiting},
    SampledFigure{"streams_open", &ServerSample::streams_open},
    SampledFigure{"connections_open", &ServerSample::connections_open}};

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
