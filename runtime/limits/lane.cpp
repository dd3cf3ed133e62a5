#include "runtime/limits/lane.hpp"

#include "runtime/base/seconds.hpp"
#include "runtime/limits/backoff.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace parlance {
namespace {

using std::chrono::milliseconds;

constexpr double margin_max = 4;
constexpr double margin_step = 0.15;
constexpr double missed_share = 1.0 / 125;
// Answers' times are skewed: of those that are gamma distributed, missed_share lies beyond this.
constexpr double margin_untaught = 3;
// Of a usual answer's time: a call that has less left is not worth a slot that others wait for.
constexpr double hopeless_share = 1;

// Whole seconds, as clients are told to wait.
milliseconds advised_wait(double seconds) {
  return milliseconds(static_cast<std::int64_t>(std::clamp(std::ceil(seconds), 1.0, 60.0)) * 1'000);
}

}  // namespace

std::optional<Lane::Refusal> Lane::enter(const Wish& wish, Time now) {
  if (mode_ == LaneMode::drained) return Refusal{Why::drained, advised_wait(60)};
  if (!breaker_.would_pass(now)) return down(now);
  const std::size_t places = std::size_t{limit_.limit()} + limits_.calls_waiting_max;
  const auto retry_after = [&] {
    return advised_wait(in_seconds(wait(wish.tenant, wish.tokens, now, wish.call_class)));
  };
  if (is_shed(wish, now)) return Refusal{Why::shed, retry_after()};
  if (quotas_.fits_at(wish.tokens.at_most, now) > wish.deadline)
    return Refusal{Why::used_up, retry_after()};
  if (!can_be_answered(wish, now)) return Refusal{Why::would_miss_deadline, retry_after()};
  if (running_.size() + queue_.size() >= places && !make_place_for(wish, now))
    return Refusal{Why::queue_full, retry_after()};
  WaitingCall call;
  call.call = wish.call;
  call.tenant = wish.tenant;
  call.tokens = expected(wish.tenant, wish.tokens);
  call.may_cost = wish.tokens;
  call.deadline = wish.deadline;
  call.since = now;
  call.call_class = wish.call_class;
  queue_.add(std::move(call));
  return std::nullopt;
}

std::uint64_t Lane::expected(const std::string& tenant, const CallTokens& tokens) const {
  const AnswerSizes* const own = answer_sizes_of_tenants_.look(tenant);
  return (own != nullptr && own->is_known() ? *own : answer_sizes_).expected(tokens);
}

// Calls of one tenant that count for unlike much, though their answers are alike, would bend the
// order: those that wait are counted anew with the others.
void Lane::learn_size(const std::string& tenant, std::uint32_t tokens_answered) {
  if (tokens_answered == 0) return;
  const bool is_new_for_all = answer_sizes_.add(tokens_answered);
  const bool is_new_for_own =
      answer_sizes_of_tenants_.find_or_make(tenant, [] { return AnswerSizes(); })
          .add(tokens_answered);
  if (is_new_for_all || is_new_for_own)
    queue_.recount([&](const WaitingCall& call) { return expected(call.tenant, call.may_cost); });
}

bool Lane::is_shed(const Wish& wish, Time now) const {
  return wish.call_class.criticality == Criticality::sheddable && codel_.stands(now) &&
         queue_.has_above(Criticality::sheddable);
}

bool Lane::make_place_for(const Wish& wish, Time now) {
  const auto taken = queue_.take_for(wish.tenant, wish.call_class);
  if (!taken) return false;
  const double seconds = in_seconds(wait(taken->tenant, taken->may_cost, now, taken->call_class));
  given_up_.push_back({taken->call, taken->since, Refusal{Why::queue_full, advised_wait(seconds)}});
  return true;
}

// Those for which there is a free slot wait for nobody.
double Lane::calls_before(const std::string& tenant,
                          const CallTokens& tokens,
                          Time now,
                          const CallClass& call_class) const {
  const double slots = limit_.limit();
  const double free = std::max(0.0, slots - static_cast<double>(running_.size()));
  const double rate = rates_.calls_per_second(limit_.limit());
  const double calls = queue_.calls_until(tenant, expected(tenant, tokens), rate, now, call_class);
  return std::max(0.0, calls - free);
}

milliseconds Lane::wait(const std::string& tenant,
                        const CallTokens& tokens,
                        Time now,
                        const CallClass& call_class) const {
  const double before = calls_before(tenant, tokens, now, call_class);
  const double rate = rates_.calls_per_second(limit_.limit());
  double seconds = rate > 0 ? before / rate : 0;
  const double others = std::max(0.0, before - 1);
  const auto held = [&](Time fits_at, double per_second) {
    const double after_that = per_second > 0 ? others / per_second : seconds;
    return fits_at > now ? in_seconds(fits_at - now) + after_that : 0;
  };
  const std::uint64_t most = tokens.at_most;
  const auto size = static_cast<double>(most);
  const double minute = held(minute_.fits_at(most, now), minute_.calls_per_second_max(size));
  const double told = held(quotas_.fits_at(most, now), quotas_.calls_per_second_max(size));
  seconds = std::max({seconds, minute, told});
  return milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

bool Lane::can_be_answered(const Wish& wish, Time now) const {
  const double seconds = in_seconds(wait(wish.tenant, wish.tokens, now, wish.call_class));
  if (seconds <= 0) return true;
  const double before = calls_before(wish.tenant, wish.tokens, now, wish.call_class);
  const double deviation = rates_.answer_deviation(before, limit_.limit());
  return seconds + rates_.seconds_mean() + margin_ * deviation <= in_seconds(wish.deadline - now);
}

// Its mean step is nothing when the share of calls that miss is missed_share.
void Lane::learn_margin(bool missed) {
  const double step = missed ? margin_step * (1 - missed_share) : -margin_step * missed_share;
  margin_ = std::clamp(margin_ + step, 0.0, margin_max);
}

Lane::Refusal Lane::down(Time now) const {
  return {Why::provider_down, advised_wait(in_seconds(breaker_.probe_at() - now))};
}

Lane::Time Lane::usable_at() const {
  if (mode_ == LaneMode::drained || breaker_.state() == Breaker::State::half_open)
    return Time::max();
  return breaker_.state() == Breaker::State::closed ? Time::min() : breaker_.probe_at();
}

std::optional<Lane::Step> Lane::next(Time now) {
  if (!given_up_.empty()) {
    const Step step = given_up_.front();
    given_up_.pop_front();
    return step;
  }
  const WaitingCall* first = queue_.first(now);
  if (first == nullptr) {
    if (queue_.empty()) codel_.emptied();
    return std::nullopt;
  }
  std::optional<Refusal> refusal;
  if (!breaker_.would_pass(now)) refusal = down(now);
  if (is_hopeless(*first, now)) refusal = Refusal{Why::would_miss_deadline, advised_wait(0)};
  if (!refusal && mode_ == LaneMode::paused) return std::nullopt;
  if (refusal) {
    const Step step{first->call, first->since, refusal};
    queue_.take_first(now);
    if (refusal->why == Why::would_miss_deadline) learn_margin(true);
    return step;
  }
  if (!has_room(*first, now)) return std::nullopt;
  return send(now);
}

bool Lane::is_hopeless(const WaitingCall& call, Time now) const {
  return codel_.stands(now) &&
         in_seconds(call.deadline - now) < hopeless_share * rates_.seconds_mean();
}

std::size_t Lane::running_before(std::uint64_t call) const {
  const auto sent_at = running_.at(call).mark.sent_at;
  return static_cast<std::size_t>(
      std::count_if(running_.begin(), running_.end(), [&](const auto& each) {
        return each.second.mark.sent_at < sent_at;
      }));
}

bool Lane::has_room(const WaitingCall& call, Time now) const {
  if (running_.size() >= limit_.limit()) return false;
  if (limits_.tokens_at_once_max > 0 && !running_.empty() &&
      tokens_running_ + call.tokens > limits_.tokens_at_once_max)
    return false;
  return fits_at(call.may_cost.at_most, now) <= now;
}

Lane::Time Lane::fits_at(std::uint64_t tokens, Time now) const {
  return std::max(minute_.fits_at(tokens, now), quotas_.fits_at(tokens, now));
}

std::uint64_t Lane::next_tokens(Time now) {
  const WaitingCall* const first = queue_.first(now);
  return first == nullptr ? 1 : first->may_cost.at_most;
}

HeldBy Lane::held_by(Time now) {
  const std::uint64_t tokens = next_tokens(now);
  if (quotas_.requests().fits_at(1, now) > now) return HeldBy::requests_told;
  if (quotas_.tokens().fits_at(tokens, now) > now) return HeldBy::tokens_told;
  return minute_.fits_at(tokens, now) > now ? HeldBy::minute : HeldBy::nothing;
}

Lane::Step Lane::send(Time now) {
  Running run;
  run.call = *queue_.take_first(now);
  run.is_probe = breaker_.state() != Breaker::State::closed;
  (void)breaker_.try_pass(now);
  ++run.call.attempts;
  codel_.left(run.call.since, now);
  minute_.sent(run.call.may_cost.at_most, now);
  run.quota_mark = quotas_.sent(run.call.may_cost.at_most, now);
  tokens_running_ += run.call.tokens;
  run.running = running_.size() + 1;
  run.others_waited = !queue_.empty();
  run.mark = limit_.sent(now, run.running);
  const Step step{run.call.call, run.call.since, std::nullopt};
  running_.insert_or_assign(step.call, std::move(run));
  return step;
}

void Lane::bound(std::uint32_t calls_at_once_min,
                 std::uint32_t calls_at_once_max,
                 std::uint32_t calls_waiting_max) {
  limit_.bound(calls_at_once_min, calls_at_once_max);
  limits_.calls_waiting_max = calls_waiting_max;
}

std::optional<Lane::Time> Lane::wake_at(Time now) {
  std::optional<Time> wake = queue_.next_time(now);
  const WaitingCall* first = queue_.first(now);
  if (first == nullptr) return wake;
  const Time fits = fits_at(first->may_cost.at_most, now);
  return fits > now && (!wake || fits < *wake) ? fits : wake;
}

void Lane::told(std::uint64_t call, const ToldQuotas& quotas, Time now) {
  const auto found = running_.find(call);
  if (found == running_.end()) return;
  quotas_.told(quotas, found->second.quota_mark, now);
  give_up_used_up(now);
}

void Lane::first_token(std::uint64_t call, Time now) {
  const auto found = running_.find(call);
  if (found != running_.end()) limit_.first_token(found->second.mark, now);
}

void Lane::extend(std::uint64_t call, Time deadline, const CallClass& call_class) {
  queue_.extend(call, deadline);
  queue_.raise(call, call_class);
  const auto found = running_.find(call);
  if (found == running_.end()) return;
  Time& known = found->second.call.deadline;
  known = std::max(known, deadline);
}

void Lane::leave(std::uint64_t call, Time now) {
  if (std::erase_if(given_up_, [&](const Step& step) { return step.call == call; }) > 0) return;
  if (const auto waited = queue_.remove(call)) {
    if (now >= waited->deadline) learn_margin(true);
  } else {
    ended(call, {Outcome::cancelled, 0, 0, {}, false, 0}, now);
  }
}

Lane::After Lane::ended(std::uint64_t call, const Ending& ending, Time now) {
  const auto found = running_.find(call);
  if (found == running_.end()) return After::over;
  Running run = std::move(found->second);
  running_.erase(found);
  tokens_running_ -= run.call.tokens;
  learn(run, ending, now);
  switch (ending.outcome) {
    case Outcome::throttled:
      return may_wait_again(run, ending) ? wait_again(run, ending, now) : After::elsewhere;
    case Outcome::outage:
      return may_retry(run, ending, now) ? wait_again(run, ending, now) : After::elsewhere;
    case Outcome::unfit:
      return After::elsewhere;
    case Outcome::answered:
    case Outcome::cut:
    case Outcome::rejected:
    case Outcome::cancelled:
      break;
  }
  return After::over;
}

void Lane::learn(const Running& run, const Ending& ending, Time now) {
  const bool waited = run.mark.sent_at > run.call.since;
  const bool missed = now >= run.call.deadline;
  if (waited && (missed || ending.outcome == Outcome::answered)) learn_margin(missed);
  switch (ending.outcome) {
    case Outcome::answered:
      learn_size(run.call.tenant, ending.tokens_answered);
      limit_.finished(run.mark, now);
      note_held(run, FlowRates::Until::answered, now);
      hurry_those_short_of_time(now);
      retries_.succeeded();
      breaker_.succeeded(now);
      break;
    case Outcome::throttled:
      limit_.refused(run.mark, now, ending.retry_after);
      if (run.is_probe) breaker_.probe_untold(now);
      break;
    case Outcome::outage:
    case Outcome::cut:
      breaker_.failed(now);
      break;
    case Outcome::rejected:
    case Outcome::unfit:
      breaker_.succeeded(now);
      break;
    case Outcome::cancelled:
      note_held(run, FlowRates::Until::cut_off, now);
      if (run.is_probe) breaker_.probe_untold(now);
      return;  // what it used is not known
  }
  minute_.settled(run.call.may_cost.at_most, ending.tokens_used, run.mark.sent_at, now);
}

// With this one, which has ended; none when at one of its ends nobody waited.
std::optional<double> Lane::ran_at_once(const Running& run) const {
  if (!run.others_waited || queue_.empty()) return std::nullopt;
  return static_cast<double>(run.running + running_.size() + 1) / 2;
}

// A provider that has become slower is another one: what its calls taught about the margin is void.
void Lane::note_held(const Running& run, FlowRates::Until until, Time now) {
  if (!rates_.held(run.mark.sent_at, until, ran_at_once(run), now)) return;
  margin_ = std::max(margin_, margin_untaught);
  give_up_late(now);
}

// Short of time is a call whose answer, should it take longer than usual and begin only after a
// turn of every tenant, would come too late.
void Lane::hurry_those_short_of_time(Time now) {
  const double rate = rates_.calls_per_second(limit_.limit());
  const double turn = rate > 0 ? queue_.calls_until({}, queue_.turn_tokens(), rate, now) / rate : 0;
  const double seconds = turn + rates_.seconds_mean() + rates_.answer_deviation(0, 1);
  queue_.hurry_below(
      std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds)));
}

// Those that would not be let in again, now that the provider is slower: they hear of it at once,
// and the others wait less.
void Lane::give_up_late(Time now) {
  const std::size_t slots = limit_.limit();
  const double rate = rates_.calls_per_second(slots);
  const auto is_late = [&](const WaitingCall& call, double calls) {
    const double needs =
        calls / rate + rates_.seconds_mean() + margin_ * rates_.answer_deviation(calls, slots);
    return needs > in_seconds(call.deadline - now);
  };
  for (const auto& call : queue_.take_late(is_late, rate, now)) {
    given_up_.push_back(
        {call.call, call.since, Refusal{Why::would_miss_deadline, advised_wait(0)}});
  }
}

// Those that another lane may still serve in time.
void Lane::give_up_used_up(Time now) {
  const Time anything_fits = quotas_.fits_at(std::numeric_limits<std::uint64_t>::max(), now);
  const auto is_late = [&](const WaitingCall& call) {
    return quotas_.fits_at(call.may_cost.at_most, now) > call.deadline;
  };
  for (const auto& call : queue_.take_of_ending(anything_fits, is_late)) {
    const double seconds = in_seconds(quotas_.fits_at(call.may_cost.at_most, now) - now);
    given_up_.push_back({call.call, call.since, Refusal{Why::used_up, advised_wait(seconds)}});
  }
}

Lane::After Lane::wait_again(Running& run, const Ending& ending, Time now) {
  const milliseconds wait = std::max(
      ending.retry_after.value_or(milliseconds(0)),
      full_jitter(
          limits_.retry_wait_min, limits_.retry_wait_max, run.call.attempts, ending.random));
  const double seconds = in_seconds(wait) + rates_.seconds_mean();
  if (seconds > in_seconds(run.call.deadline - now)) return After::elsewhere;
  if (quotas_.fits_at(run.call.may_cost.at_most, now + wait) > run.call.deadline)
    return After::elsewhere;
  run.call.not_before = now + wait;
  run.call.since = run.call.not_before;
  queue_.add_first(std::move(run.call));
  return After::again;
}

bool Lane::may_wait_again(const Running& run, const Ending& ending) const {
  return run.call.attempts <= limits_.throttled_max &&
         ending.retry_after.value_or(milliseconds(0)) <= limits_.throttled_wait_max;
}

bool Lane::may_retry(const Running& run, const Ending& ending, Time now) {
  return !ending.has_elsewhere && run.call.attempts < limits_.attempts_max &&
         may_wait_again(run, ending) && breaker_.state() == Breaker::State::closed &&
         !codel_.stands(now) && retries_.take();
}

}  // namespace parlance
