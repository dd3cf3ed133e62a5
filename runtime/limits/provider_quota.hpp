// How much of one quantity, requests or tokens, a provider will still take, as it says itself.
//
// It speaks of the credential, and others may use that too: what it says is left binds until its
// reset, or until it says anew. Calls that were sent later than the one whose answer says it are
// taken off, as though it had not seen them.
//
// There are two kinds of resets:
//   a bucket's   it refills evenly and is full at the reset (OpenAI, Anthropic)
//   a window's   nothing comes back before the reset, and all of it then
// A bucket of so much a minute is known by its reset, which is as far away as what is missing takes
// to come back. That can be true of a window by chance. What has become of both 2 s later tells:
// where less than half of what refills is taken, by whomever, a bucket's remainder has risen by the
// other half at least; where more is taken, its reset has been put off. A window does neither.
// Others may take part of what refills: a refusal halves the part that is counted on, a call that
// was taken gives a little back.
//
// What a provider says may be wrong. A remainder without a reset to come binds nothing. None binds
// for longer than hold_max: behind a reset further away than that, one call goes each hold_max, and
// the next as soon as an answer says that there is more. After a reset that came, what there is in
// all binds the calls until an answer says more, for one more minute.
//
// Bounds: a few numbers. A call that costs more than there is in all goes when all is there.
// Threading: none of its own; its lane owns it.
#pragma once

#include "runtime/limits/told_quotas.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace parlance {

class ProviderQuota {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds hold_max{75};

  // All that was sent until a call, and it.
  using Mark = std::uint64_t;

  Mark sent(std::uint64_t amount, Time now);
  // `call`: whose answer says it.
  void told(const ToldQuota& quota, Mark call, bool refused, Time now);

  // When a call of this size may be sent.
  Time fits_at(std::uint64_t amount, Time now) const;
  // The most calls of this size that fit into a second while it binds; 0: nobody knows.
  double calls_per_second_max(double amount) const;

  // What was said last, now: less what was sent since, and with a reset that comes nearer.
  std::optional<ToldQuota> left(Time now) const;

 private:
  struct Level {
    double amount = 0;
    double per_second = 0;  // that it rises
    Time at{};
    std::optional<std::uint64_t> most;
    Time reset{};
    bool is_far = false;       // the reset is not waited for
    bool lets_one_go = false;  // whatever it costs
    bool is_assumed = false;   // nothing was said since a reset
  };
  struct Seen {
    Time at{};
    Time reset{};
    double remaining = 0;
  };

  static double amount_at(const Level& level, Time now);
  std::optional<Level> level_at(Time now) const;
  void watch(const ToldQuota& quota, Time now);
  bool is_bucket(const ToldQuota& quota) const;

  std::optional<Level> level_;
  Mark sent_ = 0;
  Mark told_by_ = 0;
  std::optional<Seen> seen_;  // a reset and a remainder that are watched
  bool is_window_ = false;    // they stood still
  double share_ = 1;          // of what refills
};

// Both quantities of a lane.
class ProviderQuotas {
 public:
  using Time = ProviderQuota::Time;

  struct Mark {
    ProviderQuota::Mark requests = 0;
    ProviderQuota::Mark tokens = 0;
  };

  Mark sent(std::uint64_t tokens, Time now) {
    return {requests_.sent(1, now), tokens_.sent(tokens, now)};
  }
  void told(const ToldQuotas& told, const Mark& call, Time now);

  Time fits_at(std::uint64_t tokens, Time now) const;
  double calls_per_second_max(double tokens) const;

  const ProviderQuota& requests() const { return requests_; }
  const ProviderQuota& tokens() const { return tokens_; }

 private:
  ProviderQuota requests_;
  ProviderQuota tokens_;
};

}  // namespace parlance
