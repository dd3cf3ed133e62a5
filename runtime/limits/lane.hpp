// One provider, model and credential, and the calls that want it. A lane alone decides what becomes
// of a call: it waits, is sent, is sent again, is told to go elsewhere, or is refused.
//
//   enter() --> waits --next(): send--> runs --ended(): over--> gone
//           \-> refused    \-> next(): give up   \-> again: waits   \-> elsewhere
//
//   at the door    the breaker lets it by, what the provider says is left comes back before its
//                  deadline (else used_up; where no other lane takes it, that is told to clients as
//                  would_miss_deadline too), it can be answered in time (the wait, a usual answer
//                  and a margin fit into the time that it has), and there is a place; when all are
//                  taken, another call may give its own up (FairQueue::take_for). While calls have
//                  stood in the queue for too long (CoDel), a sheddable one is let in only where
//                  none waits that is more critical
//   in the queue   tenants share by tokens (FairQueue); a call leaves when the limit, the tokens at
//                  once, the minute's budget and what the provider says is left (ProviderQuota)
//                  let it. To the others and to the tokens at once it counts with what answers
//                  usually cost (AnswerSizes; its tenant's, once they are known, else all), to
//                  what must not be overrun with the most
//   when it failed throttled: it waits again, first of its tenant, if the provider wants it soon
//                  and its deadline allows; else elsewhere. What the provider says is left comes
//                  back too late for a call: elsewhere, before it is sent. Outage: elsewhere, if
//                  there is another lane; else again, from the retry budget. Unfit for the call:
//                  elsewhere. Something was said: over.
//
// The margin is as many deviations of the estimate as let about 1 call in 125 miss its deadline: a
// call that waited and missed widens it, one that waited and made it narrows it a little, to
// nothing at least: a call that is short of time leaves before its tenant's others, so most of
// those that turn out to be late make it all the same. When the provider becomes slower, those that
// wait are judged anew, with the margin that nothing learned would want.
//
// A lane acts on nothing: whoever owns it asks next() after every change and at wake_at(), and does
// what it says.
//
// Bounds: calls_waiting_max calls wait beside those for which there is a slot. While n tenants want
// places, each can have an n-th of them, however many another sends. How long answers are is known
// of the tenants_known_max that got one last.
// Threading: none of its own; a pool actor owns it. All times are its caller's.
#pragma once

#include "runtime/limits/answer_sizes.hpp"
#include "runtime/limits/breaker.hpp"
#include "runtime/limits/codel.hpp"
#include "runtime/limits/concurrency_limit.hpp"
#include "runtime/limits/fair_queue.hpp"
#include "runtime/limits/flow_rates.hpp"
#include "runtime/limits/held_by.hpp"
#include "runtime/limits/lane_mode.hpp"
#include "runtime/limits/lru_map.hpp"
#include "runtime/limits/minute_budget.hpp"
#include "runtime/limits/provider_quota.hpp"
#include "runtime/limits/retry_budget.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace parlance {

struct LaneLimits {
  ConcurrencyOptions at_once;
  std::uint32_t calls_waiting_max = 64;
  std::uint64_t tokens_at_once_max = 0;  // 0: no limit
  MinuteBudgetOptions minute;
  std::uint32_t attempts_max = 3;   // of a call that meets outages
  std::uint32_t throttled_max = 3;  // times that a call waits again
  std::chrono::milliseconds throttled_wait_max{
      5'000};  // a provider that wants more is not waited for
  std::chrono::milliseconds retry_wait_min{500};
  std::chrono::milliseconds retry_wait_max{8'000};
};

class Lane {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t tenants_known_max = 1'000;

  struct Wish {
    std::uint64_t call = 0;
    std::string tenant;
    CallTokens tokens;
    Time deadline{};
    CallClass call_class{};
  };

  enum class Why : std::uint8_t {
    queue_full,
    shed,
    would_miss_deadline,
    provider_down,
    used_up,  // the provider lets nothing go before the call's deadline
    drained
  };
  struct Refusal {
    Why why = Why::queue_full;
    std::chrono::milliseconds retry_after{0};
  };

  struct Step {
    std::uint64_t call = 0;
    Time since{};                    // it waited
    std::optional<Refusal> refusal;  // none: it is sent
  };

  enum class Outcome : std::uint8_t {
    answered,
    throttled,  // the provider has too much to do
    outage,     // not reached, or broken before anything was said
    cut,        // broken after something was said
    rejected,   // the request is at fault
    unfit,      // the model's context, its key or account: another lane may do
    cancelled
  };
  struct Ending {
    Outcome outcome = Outcome::answered;
    std::uint64_t tokens_used = 0;
    std::uint32_t tokens_answered = 0;                     // of these, the answer's
    std::optional<std::chrono::milliseconds> retry_after;  // the provider's wish
    bool has_elsewhere = false;                            // another lane could take the call
    double random = 0;                                     // uniform in [0, 1)
  };
  enum class After : std::uint8_t { over, again, elsewhere };

  explicit Lane(LaneLimits limits)
      : limits_(limits),
        limit_(limits.at_once),
        minute_(limits.minute) {}

  // Takes a place; a Refusal says why there is none.
  [[nodiscard]] std::optional<Refusal> enter(const Wish& wish, Time now);

  // All that the call depends on is on disk.
  void ready(std::uint64_t call) { queue_.ready(call); }
  // It is not, after all: it waits until it is.
  void hold(std::uint64_t call) { queue_.hold(call); }
  // Somebody wants its answer until `deadline`, or later, and may be more critical.
  void extend(std::uint64_t call, Time deadline, const CallClass& call_class);

  // What is to be done now; none: nothing until something changes.
  std::optional<Step> next(Time now);
  // When time alone changes what next() says.
  std::optional<Time> wake_at(Time now);

  // What the provider says of its limits, beside its answer to this call.
  void told(std::uint64_t call, const ToldQuotas& quotas, Time now);
  void first_token(std::uint64_t call, Time now);
  After ended(std::uint64_t call, const Ending& ending, Time now);
  // Nobody wants the answer any more.
  void leave(std::uint64_t call, Time now);

  // All at once; calls that run or wait beyond new bounds stay.
  void bound(std::uint32_t calls_at_once_min,
             std::uint32_t calls_at_once_max,
             std::uint32_t calls_waiting_max);
  void set_mode(LaneMode mode) { mode_ = mode; }

  HeldBy held_by(Time now);

  // From when on it takes new calls; Time::max() while nobody can tell.
  Time usable_at() const;

  LaneMode mode() const { return mode_; }
  std::uint32_t calls_waiting_max() const { return limits_.calls_waiting_max; }
  std::map<std::string, std::size_t> waiting_by_tenant() const { return queue_.size_by_tenant(); }
  std::map<std::string, std::uint32_t> weight_by_tenant() const {
    return queue_.weight_by_tenant();
  }
  std::size_t waiting_of(Criticality criticality) const { return queue_.size_of(criticality); }
  std::size_t running() const { return running_.size(); }
  // Of these, those that were sent before `call`, which runs.
  std::size_t running_before(std::uint64_t call) const;
  std::size_t waiting() const { return queue_.size(); }
  const ConcurrencyLimit& limit() const { return limit_; }
  const Breaker& breaker() const { return breaker_; }
  double retries_left() const { return retries_.left(); }
  const ProviderQuotas& quotas() const { return quotas_; }
  // Until a new call of this tenant has its slot.
  std::chrono::milliseconds wait(const std::string& tenant,
                                 const CallTokens& tokens,
                                 Time now,
                                 const CallClass& call_class = {}) const;

 private:
  struct Running {
    WaitingCall call;
    ConcurrencyLimit::Mark mark;
    ProviderQuotas::Mark quota_mark;
    std::size_t running = 1;     // with it, when it was sent
    bool others_waited = false;  // then
    bool is_probe = false;
  };

  std::uint64_t expected(const std::string& tenant, const CallTokens& tokens) const;
  bool make_place_for(const Wish& wish, Time now);
  double calls_before(const std::string& tenant,
                      const CallTokens& tokens,
                      Time now,
                      const CallClass& call_class) const;
  bool is_shed(const Wish& wish, Time now) const;
  bool can_be_answered(const Wish& wish, Time now) const;
  bool is_hopeless(const WaitingCall& call, Time now) const;
  bool has_room(const WaitingCall& call, Time now) const;
  // What the next call may cost; 1 while none may be sent.
  std::uint64_t next_tokens(Time now);
  // When a call that costs so much may be sent, as for what fits into a minute.
  Time fits_at(std::uint64_t tokens, Time now) const;
  Refusal down(Time now) const;
  Step send(Time now);
  void learn_margin(bool missed);
  void hurry_those_short_of_time(Time now);
  void give_up_used_up(Time now);
  void give_up_late(Time now);
  std::optional<double> ran_at_once(const Running& run) const;
  void note_held(const Running& run, FlowRates::Until until, Time now);
  void learn(const Running& run, const Ending& ending, Time now);
  void learn_size(const std::string& tenant, std::uint32_t tokens_answered);
  After wait_again(Running& run, const Ending& ending, Time now);
  bool may_wait_again(const Running& run, const Ending& ending) const;
  bool may_retry(const Running& run, const Ending& ending, Time now);

  LaneLimits limits_;
  LaneMode mode_ = LaneMode::open;
  ConcurrencyLimit limit_;
  MinuteBudget minute_;
  ProviderQuotas quotas_;
  FairQueue queue_;
  std::deque<Step> given_up_;  // left the queue unserved, which next() has yet to say
  Codel codel_;
  Breaker breaker_;
  RetryBudget retries_;
  FlowRates rates_;
  AnswerSizes answer_sizes_;
  LruMap<AnswerSizes> answer_sizes_of_tenants_{tenants_known_max};
  std::unordered_map<std::uint64_t, Running> running_;
  std::uint64_t tokens_running_ = 0;  // as expected
  double margin_ = 0;                 // in deviations
};

}  // namespace parlance
