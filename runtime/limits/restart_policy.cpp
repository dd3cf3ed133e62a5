#include "runtime/limits/restart_policy.hpp"

#include "runtime/limits/backoff.hpp"

namespace parlance {

std::optional<std::chrono::milliseconds> RestartPolicy::failed(Time now, double random) {
  while (!failures_.empty() && now - failures_.front() > options_.period)
    failures_.pop_front();
  failures_.push_back(now);
  if (failures_.size() > options_.restarts_max) return std::nullopt;
  const double wait = doubled_wait(options_.wait_min, options_.wait_max, failures_.size());
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(wait * (1.0 + options_.jitter * random)));
}

}  // namespace parlance
