#include "runtime/limits/restart_policy.hpp"

#include <algorithm>
#include <cmath>

namespace parlance {

std::optional<std::chrono::milliseconds> RestartPolicy::failed(Time now, double random) {
  while (!failures_.empty() && now - failures_.front() > options_.period)
    failures_.pop_front();
  failures_.push_back(now);
  if (failures_.size() > options_.restarts_max) return std::nullopt;
  const double doubled = static_cast<double>(options_.wait_min.count()) *
                         std::exp2(static_cast<double>(failures_.size() - 1));
  const double wait = std::min(static_cast<double>(options_.wait_max.count()), doubled);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(wait * (1.0 + options_.jitter * random)));
}

}  // namespace parlance
