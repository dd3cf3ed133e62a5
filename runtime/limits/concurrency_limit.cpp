#include "runtime/limits/concurrency_limit.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>
#include <cmath>

namespace parlance {
namespace {

constexpr std::uint32_t calls_at_start = 4;
constexpr double growth_of_start = 1.5;
constexpr double left_by_refusal = 0.9;
constexpr std::chrono::seconds round_min{1};
constexpr std::chrono::seconds rest_min{20};
constexpr double calls_between_refusals = 200;
constexpr std::chrono::seconds quiet_time_age_max{60};
constexpr double experiment_step = 0.1;
constexpr double total_weight = 0.05;
// The least of many rounds is less than what a first token takes: it counts for a part.
constexpr double quiet_weight = 0.3;

// The limit grows while fewer calls than this are queued at the provider.
double queued_min(std::uint32_t limit) {
  return std::max(0.5, limit / 20.0);
}

// It falls when more are.
double queued_max(std::uint32_t limit) {
  return std::max(1.25, limit / 5.0);
}

}  // namespace

ConcurrencyLimit::ConcurrencyLimit(ConcurrencyOptions options)
    : options_(options),
      limit_(options.calls_at_once_max) {
  if (options_.adapts) {
    set(calls_at_start);
  } else {
    reason_ = Reason::fixed;
  }
}

void ConcurrencyLimit::bound(std::uint32_t calls_at_once_min, std::uint32_t calls_at_once_max) {
  options_.calls_at_once_min = calls_at_once_min;
  options_.calls_at_once_max = calls_at_once_max;
  experiment_.reset();
  if (reason_ == Reason::experimenting) reason_ = Reason::queued;
  set(options_.adapts ? limit_ : calls_at_once_max);
}

ConcurrencyLimit::Mark ConcurrencyLimit::sent(Time now, std::size_t running) {
  const bool full = running >= limit();
  if (full && !round_began_) round_began_ = now;
  return {now, round_, full};
}

void ConcurrencyLimit::first_token(const Mark& call, Time now) {
  if (!options_.adapts || !call.judged || call.round != round_) return;
  first_seconds_sum_ += in_seconds(now - call.sent_at);
  ++judged_;
  const std::uint32_t enough =
      reason_ == Reason::starting ? std::clamp(limit_, 8U, 64U) : std::clamp(2 * limit_, 16U, 128U);
  if (judged_ >= enough && now - *round_began_ >= round_min) end_round(now);
}

void ConcurrencyLimit::finished(const Mark& call, Time now) {
  const double took = in_seconds(now - call.sent_at);
  total_seconds_ += (total_seconds_ == 0 ? 1 : total_weight) * (took - total_seconds_);
}

void ConcurrencyLimit::refused(const Mark& call,
                               Time now,
                               std::optional<std::chrono::milliseconds> retry_after) {
  // Calls that were under way when the limit fell say nothing new.
  if (!options_.adapts || call.round != round_) return;
  const auto calls_rest = std::chrono::duration_cast<Time::duration>(
      std::chrono::duration<double>(calls_between_refusals * total_seconds_ / limit_));
  rests_until_ = now + std::max<Time::duration>(
                           {rest_min, calls_rest, retry_after.value_or(std::chrono::seconds(0))});
  ceiling_ = std::max(limit_ - 1, options_.calls_at_once_min);
  experiment_.reset();
  reason_ = Reason::refused;
  step_ = 1;
  set(std::min<double>(ceiling_, std::ceil(left_by_refusal * limit_)));
}

void ConcurrencyLimit::end_round(Time now) {
  const double first = first_seconds_sum_ / judged_;
  if (experiment_) return end_step(now, first);
  if (!quiet_seconds_) quiet_seconds_ = first;
  if (first <= *quiet_seconds_) {
    *quiet_seconds_ += quiet_weight * (first - *quiet_seconds_);
    quiet_at_ = now;
  }
  const double queued = calls_queued(first);
  if (queued > queued_max(limit_)) {
    reason_ = Reason::queued;
    step_ = 1;
    return lower(std::min(queued - (queued_min(limit_) + queued_max(limit_)) / 2, limit_ / 2.0));
  }
  // What the quiet time is, few calls tell in the beginning; and a provider that refuses has no
  // queue to look for.
  if (reason_ != Reason::queued || queued < queued_min(limit_)) return grow(now);
  if (now - quiet_at_ > quiet_time_age_max && limit_ > options_.calls_at_once_min)
    return start_experiment(first);
  set(limit_);
}

void ConcurrencyLimit::start_experiment(double first) {
  experiment_ = Experiment{limit_, limit_, first};
  reason_ = Reason::experimenting;
  lower(experiment_step * limit_);
}

// A lower limit that made first tokens come earlier took calls out of a queue: there may be more,
// unless they come as early as they ever did.
void ConcurrencyLimit::end_step(Time now, double first) {
  const double fewer = experiment_->limit_last - limit_;
  const double left_queue =
      experiment_->limit_last * (experiment_->first_last - first) / total_seconds_;
  const bool is_quiet = calls_queued(first) < queued_min(limit_);
  if (!is_quiet && left_queue > fewer / 4 && limit_ > options_.calls_at_once_min) {
    experiment_->limit_last = limit_;
    experiment_->first_last = first;
    return lower(experiment_step * limit_);
  }
  quiet_seconds_ = first;
  quiet_at_ = now;
  const std::uint32_t before = experiment_->limit_before;
  experiment_.reset();
  reason_ = Reason::queued;
  set(before);
}

void ConcurrencyLimit::grow(Time now) {
  if (reason_ == Reason::starting) return set(limit_ * growth_of_start);
  if (ceiling_ > 0 && now < rests_until_)
    return set(limit_ + (ceiling_ - std::min(limit_, ceiling_) + 1) / 2);
  const std::uint32_t larger = limit_ + step_;
  step_ = std::min(2 * step_, std::max(1U, limit_ / 8));
  set(larger);
}

// By whole calls, at least one.
void ConcurrencyLimit::lower(double by) {
  set(limit_ - std::max(1.0, std::floor(by)));
}

// Begins a new round, whether or not the limit is another one.
void ConcurrencyLimit::set(double limit) {
  limit_ = static_cast<std::uint32_t>(
      std::clamp<double>(limit, options_.calls_at_once_min, options_.calls_at_once_max));
  ++round_;
  round_began_.reset();
  judged_ = 0;
  first_seconds_sum_ = 0;
}

// Little's law: as the share of its time that a call waits, so the share of the calls.
double ConcurrencyLimit::calls_queued(double first) const {
  if (total_seconds_ <= 0) return 0;
  return limit_ * (first - *quiet_seconds_) / total_seconds_;
}

}  // namespace parlance
