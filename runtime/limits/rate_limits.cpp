#include "runtime/limits/rate_limits.hpp"

#include "runtime/base/units.hpp"

#include <algorithm>
#include <utility>

namespace parlance {

std::string_view to_string(RateUnit unit) {
  return unit == RateUnit::requests ? "requests" : "tokens";
}

std::string_view to_string(RateOf of) {
  switch (of) {
    case RateOf::address:
      return "address";
    case RateOf::key:
      return "key";
    case RateOf::tenant:
      return "tenant";
    case RateOf::user:
      break;
  }
  return "user";
}

Error RateLimits::Refusal::error() const {
  return {ErrorCode::rate_limited,
          "more than " + std::to_string(limit.most) + ' ' + std::string(to_string(limit.unit)) +
              " of one " + std::string(to_string(limit.of)) + " in " + to_text(window),
          {},
          wait};
}

// The same name is somebody else with another tenant.
RateLimits::Client RateLimits::user_of(const std::string& tenant, const std::string& user) {
  return {RateOf::user, user.empty() ? std::string() : tenant + '\n' + user};
}

RateLimits::RateLimits(RateOptions options) : window_(options.window) {
  for (const auto& limit : options.limits) {
    if (limit.most > 0) limits_.push_back({limit, LruMap<SlidingWindow>(options.clients_max)});
  }
}

bool RateLimits::has(RateUnit unit) const {
  return std::any_of(
      limits_.begin(), limits_.end(), [&](const Limit& each) { return each.limit.unit == unit; });
}

std::optional<RateLimits::Refusal> RateLimits::refusal_of(RateUnit unit,
                                                          const Clients& clients,
                                                          std::uint64_t amount,
                                                          Time now) {
  const std::scoped_lock lock(mutex_);
  return judge(counted(unit, clients), amount, now);
}

std::optional<RateLimits::Refusal> RateLimits::take(RateUnit unit,
                                                    const Clients& clients,
                                                    std::uint64_t amount,
                                                    Time now) {
  const std::scoped_lock lock(mutex_);
  const auto all = counted(unit, clients);
  if (auto refusal = judge(all, amount, now)) return refusal;
  count(all, amount, now);
  return std::nullopt;
}

void RateLimits::add(RateUnit unit, const Clients& clients, std::uint64_t amount, Time now) {
  const std::scoped_lock lock(mutex_);
  count(counted(unit, clients), amount, now);
}

void RateLimits::take_back(RateUnit unit, const Clients& clients, std::uint64_t amount, Time at) {
  const std::scoped_lock lock(mutex_);
  for (const auto& each : counted(unit, clients)) {
    if (each.window != nullptr) each.window->take_back(at, amount);
  }
}

std::optional<RateLimits::Left> RateLimits::left(RateUnit unit, const Clients& clients, Time now) {
  const std::scoped_lock lock(mutex_);
  std::optional<Left> nearest;
  for (const auto& each : counted(unit, clients)) {
    SlidingWindow nothing(window_);
    SlidingWindow& window = each.window == nullptr ? nothing : *each.window;
    const std::uint64_t most = each.limit->limit.most;
    const std::uint64_t left = most - std::min(most, window.used(now));
    if (nearest && left >= nearest->left) continue;
    const auto reset = window.wait_for(now, most, most);
    nearest = Left{most, left, std::chrono::ceil<std::chrono::milliseconds>(reset)};
  }
  return nearest;
}

// The caller holds mutex_. Each limit is counted for one client.
std::vector<RateLimits::Counted> RateLimits::counted(RateUnit unit, const Clients& clients) {
  std::vector<Counted> found;
  for (auto& each : limits_) {
    const auto client = std::find_if(clients.begin(), clients.end(), [&](const Client& one) {
      return one.of == each.limit.of && !one.name.empty();
    });
    if (each.limit.unit != unit || client == clients.end()) continue;
    found.push_back({&each, &client->name, each.windows.find(client->name)});
  }
  return found;
}

// The caller holds mutex_.
std::optional<RateLimits::Refusal> RateLimits::judge(const std::vector<Counted>& all,
                                                     std::uint64_t amount,
                                                     Time now) const {
  for (const auto& each : all) {
    if (each.window == nullptr) continue;
    const auto wait = each.window->wait_for(now, amount, each.limit->limit.most);
    if (wait.count() > 0)
      return Refusal{
          each.limit->limit, window_, std::chrono::ceil<std::chrono::milliseconds>(wait)};
  }
  return std::nullopt;
}

// The caller holds mutex_.
void RateLimits::count(const std::vector<Counted>& all, std::uint64_t amount, Time now) const {
  for (const auto& each : all) {
    each.limit->windows.find_or_make(*each.name, [this] { return SlidingWindow(window_); })
        .add(now, amount);
  }
}

}  // namespace parlance
