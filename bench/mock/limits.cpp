#include "bench/mock/limits.hpp"

#include <algorithm>
#include <cmath>

namespace parlance::bench {

using std::chrono::milliseconds;

namespace {

constexpr double minute_ms = 60'000;

}  // namespace

milliseconds MockBucket::time_of(double amount) const {
  const double ms = amount / static_cast<double>(limit_) * minute_ms;
  return milliseconds(static_cast<std::int64_t>(std::ceil(std::max(0.0, ms))));
}

double MockBucket::amount_at(Clock::time_point now) const {
  const auto most = static_cast<double>(limit_);
  const double ms = std::chrono::duration<double, std::milli>(now - at_).count();
  return std::min(most, amount_ + ms / minute_ms * most);
}

void MockBucket::refill(std::uint64_t limit, Clock::time_point now) {
  amount_ = limit == limit_ ? amount_at(now) : static_cast<double>(limit);
  limit_ = limit;
  at_ = now;
}

milliseconds MockBucket::wait(std::uint64_t amount) const {
  const double needed = static_cast<double>(std::min(amount, limit_));
  return amount_ >= needed ? milliseconds(0) : time_of(needed - amount_);
}

void MockBucket::take(std::uint64_t amount) {
  amount_ = std::max(0.0, amount_ - static_cast<double>(amount));
}

std::optional<MockBucket::Left> MockBucket::left(Clock::time_point now) const {
  if (limit_ == 0) return std::nullopt;
  const double amount = amount_at(now);
  return Left{
      limit_, static_cast<std::uint64_t>(amount), time_of(static_cast<double>(limit_) - amount)};
}

std::optional<milliseconds> MockLimits::take(const MockSettings& settings,
                                             std::uint64_t tokens,
                                             MockBucket::Clock::time_point now) {
  requests_.refill(settings.requests_per_minute, now);
  tokens_.refill(settings.tokens_per_minute, now);
  const milliseconds wait = std::max(requests_.wait(1), tokens_.wait(tokens));
  if (wait.count() > 0) return wait;
  requests_.take(1);
  tokens_.take(tokens);
  return std::nullopt;
}

}  // namespace parlance::bench
