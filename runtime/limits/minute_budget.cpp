#include "runtime/limits/minute_budget.hpp"

#include <algorithm>

namespace parlance {
namespace {

std::int64_t second_of(MinuteBudget::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

constexpr std::int64_t window_seconds = 60;

}  // namespace

bool MinuteBudget::fits(std::uint64_t tokens, const Slice& inside) const {
  if (options_.requests_max > 0 && inside.requests + 1 > options_.requests_max) return false;
  return options_.tokens_max == 0 || inside.tokens == 0 ||
         inside.tokens + tokens <= options_.tokens_max;
}

MinuteBudget::Time MinuteBudget::fits_at(std::uint64_t tokens, Time now) const {
  const std::int64_t second = second_of(now);
  Slice inside;
  for (const Slice& each : window_) {
    if (each.second < second - window_seconds) continue;
    inside.requests += each.requests;
    inside.tokens += each.tokens;
  }
  if (fits(tokens, inside)) return now;
  for (std::int64_t leaving = second - window_seconds; leaving <= second; ++leaving) {
    const Slice& each = window_[static_cast<std::size_t>(leaving) % slices];
    if (each.second != leaving) continue;
    inside.requests -= each.requests;
    inside.tokens -= each.tokens;
    if (fits(tokens, inside)) return Time(std::chrono::seconds(leaving + window_seconds + 1));
  }
  return Time(std::chrono::seconds(second + window_seconds + 1));
}

void MinuteBudget::sent(std::uint64_t tokens, Time now) {
  const std::int64_t second = second_of(now);
  Slice& current = slice(second);
  if (current.second != second) current = Slice{second, 0, 0};
  ++current.requests;
  current.tokens += tokens;
}

void MinuteBudget::settled(std::uint64_t reserved, std::uint64_t used, Time sent_at, Time now) {
  const std::int64_t second = second_of(sent_at);
  if (second_of(now) - second > window_seconds) return;
  Slice& counted = slice(second);
  if (counted.second != second) return;
  counted.tokens = counted.tokens + used - std::min(reserved, counted.tokens + used);
}

double MinuteBudget::calls_per_second_max(double tokens) const {
  double most = 0;
  if (options_.requests_max > 0) most = static_cast<double>(options_.requests_max) / window_seconds;
  if (options_.tokens_max > 0 && tokens > 0) {
    const double by_tokens = static_cast<double>(options_.tokens_max) / window_seconds / tokens;
    most = most == 0 ? by_tokens : std::min(most, by_tokens);
  }
  return most;
}

}  // namespace parlance
