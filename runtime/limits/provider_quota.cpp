#include "runtime/limits/provider_quota.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>
#include <cmath>

namespace parlance {
namespace {

using std::chrono::milliseconds;

constexpr double minute_seconds = 60;
constexpr std::chrono::seconds assumed_time{60};
constexpr std::chrono::hours reset_max{24};
constexpr double amount_max = 1e15;
// Resets are told in whole seconds by some.
constexpr std::chrono::seconds rounding{1};
constexpr std::chrono::seconds stands_still{2};
constexpr double bucket_tolerance = 0.1;
constexpr double refilled_share_min = 1.0 / 16;
constexpr double refilled_share_step = 1.0 / 32;

ProviderQuota::Time::duration duration_of(double seconds) {
  return std::chrono::duration_cast<ProviderQuota::Time::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

double ProviderQuota::amount_at(const Level& level, Time now) {
  const double risen = level.amount + level.per_second * std::max(0.0, in_seconds(now - level.at));
  return level.most ? std::min(risen, static_cast<double>(*level.most)) : risen;
}

// What was told, or what follows from it when its reset has come.
std::optional<ProviderQuota::Level> ProviderQuota::level_at(Time now) const {
  if (!level_ || now < level_->reset) return level_;
  Level next = *level_;
  next.at = now;
  if (level_->is_far) {
    next.lets_one_go = true;
    next.reset = now + hold_max;
    return next;
  }
  if (!level_->most || level_->is_assumed) return std::nullopt;
  next.amount = static_cast<double>(*level_->most);
  next.per_second = 0;
  next.reset = now + assumed_time;
  next.is_assumed = true;
  return next;
}

ProviderQuota::Mark ProviderQuota::sent(std::uint64_t amount, Time now) {
  sent_ += amount;
  level_ = level_at(now);
  if (level_) {
    level_->amount = amount_at(*level_, now) - static_cast<double>(amount);
    level_->at = now;
    level_->lets_one_go = false;
  }
  return sent_;
}

// What is told is whole: it is waited for until half of what a bucket gives back would be seen.
void ProviderQuota::watch(const ToldQuota& quota, Time now) {
  const Seen seen{now, now + *quota.reset, static_cast<double>(*quota.remaining)};
  if (!seen_ || now >= seen_->reset) {
    seen_ = seen;
    return;
  }
  const bool is_put_off = seen.reset > seen_->reset + rounding;
  const double refills =
      quota.limit ? static_cast<double>(*quota.limit) * in_seconds(now - seen_->at) / minute_seconds
                  : 0;
  const double seen_least = refills / 2 - 1;
  if (!is_put_off && (now - seen_->at < stands_still || seen_least < 0)) return;
  is_window_ = !is_put_off && seen.remaining - seen_->remaining <= seen_least;
  seen_ = seen;
}

bool ProviderQuota::is_bucket(const ToldQuota& quota) const {
  if (is_window_ || !quota.limit || *quota.remaining >= *quota.limit) return false;
  const double missing = static_cast<double>(*quota.limit - *quota.remaining);
  const double seconds = missing / static_cast<double>(*quota.limit) * minute_seconds;
  return std::abs(in_seconds(*quota.reset) - seconds) <=
         bucket_tolerance * seconds + in_seconds(rounding);
}

void ProviderQuota::told(const ToldQuota& as_told, Mark call, bool refused, Time now) {
  ToldQuota quota = as_told;
  if (quota.reset) quota.reset = std::min<milliseconds>(*quota.reset, reset_max);
  share_ = std::clamp(refused ? share_ / 2 : share_ + refilled_share_step, refilled_share_min, 1.0);
  if (!quota.remaining || call < told_by_) return;
  told_by_ = call;
  const bool binds = quota.reset && quota.reset->count() > 0;
  if (!binds) {
    level_.reset();
    return;
  }
  watch(quota, now);
  Level level;
  if (quota.limit && *quota.limit > 0) level.most = quota.limit;
  const double remaining = std::min(static_cast<double>(*quota.remaining), amount_max);
  level.amount = remaining - static_cast<double>(sent_ - call);
  level.at = now;
  level.reset = now + std::min<milliseconds>(*quota.reset, hold_max);
  level.is_far = *quota.reset > hold_max;
  if (is_bucket(quota))
    level.per_second = share_ * static_cast<double>(*quota.limit) / minute_seconds;
  level_ = level;
}

ProviderQuota::Time ProviderQuota::fits_at(std::uint64_t amount, Time now) const {
  const auto level = level_at(now);
  if (!level || level->lets_one_go) return now;
  const auto needed = static_cast<double>(level->most ? std::min(amount, *level->most) : amount);
  const double lacking = needed - amount_at(*level, now);
  if (lacking <= 0) return now;
  const double until_reset = in_seconds(level->reset - now);
  const double seconds =
      level->per_second > 0 ? std::min(until_reset, lacking / level->per_second) : until_reset;
  return now + std::max(duration_of(seconds), Time::duration(milliseconds(1)));
}

double ProviderQuota::calls_per_second_max(double amount) const {
  if (!level_) return 0;
  if (level_->is_far) return 1 / in_seconds(hold_max);
  return level_->per_second / std::max(amount, 1.0);
}

std::optional<ToldQuota> ProviderQuota::left(Time now) const {
  const auto level = level_at(now);
  if (!level) return std::nullopt;
  ToldQuota left;
  left.limit = level->most;
  left.remaining = static_cast<std::uint64_t>(std::max(0.0, amount_at(*level, now)));
  left.reset = std::chrono::duration_cast<milliseconds>(level->reset - now);
  return left;
}

void ProviderQuotas::told(const ToldQuotas& told, const Mark& call, Time now) {
  requests_.told(told.requests, call.requests, told.refused, now);
  tokens_.told(told.tokens, call.tokens, told.refused, now);
}

ProviderQuotas::Time ProviderQuotas::fits_at(std::uint64_t tokens, Time now) const {
  return std::max(requests_.fits_at(1, now), tokens_.fits_at(tokens, now));
}

double ProviderQuotas::calls_per_second_max(double tokens) const {
  const double by_requests = requests_.calls_per_second_max(1);
  const double by_tokens = tokens_.calls_per_second_max(tokens);
  return by_requests > 0 && by_tokens > 0 ? std::min(by_requests, by_tokens)
                                          : std::max(by_requests, by_tokens);
}

}  // namespace parlance
