// Calls that wait for a lane, in an order that no tenant can bend: deficit round robin.
//
// Tenants take turns. In its turn a tenant is given turn_tokens() more to spend, times the weight
// of the call that would leave, and its calls leave while it can pay for them; what it has left it
// keeps for its next turn, and loses when nothing of it waits. So tenants share by tokens, not by
// calls, and as their weights are. Weights of a tenant's keys do not add up: in its turns its share
// is that of the key whose call is next.
//
// Of a tenant's calls the most critical leave first, and else first come first served. Every fourth
// that leaves is the oldest, so that none waits for ever behind more critical ones. A call that is
// short of time (hurry_below()) leaves before others as critical, the shortest first. Whom a tenant
// calls critical is nothing to other tenants: it has no larger share by it.
//
// A call may not be able to leave yet: what it depends on is not on disk (ready() tells), or it is
// to be sent again later. It then holds back nobody but itself.
//
// The order is else first come first served, not newest first, also under overload: how long a new
// call will wait can then be told at the door.
//
// Bounds: its lane refuses beyond its places, of which take_for() gives each tenant its share; a
// few words for each tenant that waits or sent a call in the last minutes. Threading: none of its
// own; its lane owns it.
#pragma once

#include "runtime/limits/answer_sizes.hpp"
#include "runtime/limits/call_class.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parlance {

struct WaitingCall {
  using Time = std::chrono::steady_clock::time_point;

  std::uint64_t call = 0;
  std::string tenant;
  std::uint64_t tokens = 1;  // what it counts for, at least 1
  CallTokens may_cost;
  Time deadline{};
  Time since{};                // it waits, and could leave
  Time not_before{};           // it may not leave earlier
  bool ready = false;          // all that it depends on is on disk
  std::uint32_t attempts = 0;  // that were made of it
  CallClass call_class{};
};

class FairQueue {
 public:
  using Time = WaitingCall::Time;

  void add(WaitingCall call);
  // For a call that had left and comes back: it stands before its tenant's others, who is given
  // back what it paid.
  void add_first(WaitingCall call);

  void ready(std::uint64_t call);
  // It is not, after all.
  void hold(std::uint64_t call);
  // Somebody more critical may want its answer too.
  void raise(std::uint64_t call, const CallClass& call_class);
  // It has at least that long.
  void extend(std::uint64_t call, Time deadline);

  // What the calls that wait count for has become another. Of what it has to spend, a tenant keeps
  // no more than a turn brings or its largest call needs.
  using Count = std::function<std::uint64_t(const WaitingCall& call)>;
  void recount(const Count& count);

  // From now on a call with less time left than this is short of it.
  void hurry_below(Time::duration left) { hurry_below_ = left; }

  // The call that leaves next; none while no call may leave. Valid until the queue changes.
  const WaitingCall* first(Time now);
  // Takes that call out.
  std::optional<WaitingCall> take_first(Time now);

  // None when it does not wait here.
  std::optional<WaitingCall> remove(std::uint64_t call);

  // Takes out the call that gives its place up for a new one of this tenant and class; none when
  // none does. That is, newest first,
  //   a sheddable one, of the tenant that has the most of them, for one that is not
  //   the least critical of the tenant that has the most here for its weight, if that leaves it no
  //   fewer than `tenant` has with one more; for a sheddable call, only sheddable ones count
  //   a less critical one of the same tenant
  std::optional<WaitingCall> take_for(const std::string& tenant, const CallClass& call_class = {});

  // Whether a call waits that is more critical.
  bool has_above(Criticality criticality) const;

  // How many calls would leave before a new one of this tenant, and it, when `calls_per_second`
  // leave: those that wait, and those that other tenants will send as they did lately.
  double calls_until(const std::string& tenant,
                     std::uint64_t tokens,
                     double calls_per_second,
                     Time now,
                     const CallClass& call_class = {}) const;

  // Takes out the calls that `is_late` says of, given how many leave until each: itself, those
  // before it that are not late, and other tenants'.
  using IsLate = std::function<bool(const WaitingCall& call, double calls_until)>;
  std::vector<WaitingCall> take_late(const IsLate& is_late, double calls_per_second, Time now);
  // Takes out those of the calls that end before `until` that `leaves` says of; it looks at no
  // other.
  using Leaves = std::function<bool(const WaitingCall& call)>;
  std::vector<WaitingCall> take_of_ending(Time until, const Leaves& leaves);

  // A tenant's quantum, for a weight of 1: what a call that waits counts for in the mean, so that a
  // turn is about a call for each weight, however small or large calls are. At least 1.
  std::uint64_t turn_tokens() const;

  // When the first call that is only early may leave.
  std::optional<Time> next_time(Time now) const;

  // How many wait, of those who do.
  std::map<std::string, std::size_t> size_by_tenant() const;
  // The weight with which each of them came last.
  std::map<std::string, std::uint32_t> weight_by_tenant() const;
  std::size_t size_of(Criticality criticality) const;

  std::size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }

 private:
  // Of a tenant's calls, those of one criticality.
  struct Part {
    std::size_t calls = 0;
    std::uint64_t tokens = 0;
  };
  struct Tenant {
    std::list<WaitingCall> calls;
    std::set<std::pair<Time, std::uint64_t>> deadlines;  // of its calls
    std::array<Part, criticality_names.size()> parts{};
    std::uint64_t deficit = 0;      // what it may still spend
    bool has_its_turn = false;      // and was given what it may spend in it
    std::uint32_t passed_over = 0;  // times in a row that its oldest call saw a newer one leave
    std::uint32_t weight = 1;       // of its newest call

    Part& part_of(Criticality criticality) {
      return parts.at(static_cast<std::size_t>(criticality));
    }
    // Of those as critical at least.
    Part from(Criticality criticality) const;
    // How many are as critical at most.
    std::size_t up_to(Criticality criticality) const;
    Criticality least_critical() const;
  };
  using Tenants = std::map<std::string, Tenant>;
  using Calls = std::list<WaitingCall>;
  // What a tenant sent lately, in tokens a second: a sum that fades; and with which weight.
  struct Flow {
    double tokens_per_second = 0;
    Time at{};
    std::uint32_t weight = 1;
  };

  void note_flow(const WaitingCall& call);
  static double faded(const Flow& flow, Time now);
  Tenant& tenant_of(const WaitingCall& call);
  // The call of this tenant that leaves next.
  std::optional<Calls::iterator> first_of(Tenant& tenant, Time now) const;
  static std::optional<Calls::iterator> oldest_of(Tenant& tenant, Time now, Criticality least);
  static Calls::iterator newest_of(Tenant& tenant, Criticality criticality);
  // Turns tenants around until one can pay for its call.
  std::optional<Calls::iterator> find_first(Time now);
  WaitingCall take(Calls::iterator call);
  std::vector<WaitingCall> take_all(const std::vector<std::uint64_t>& calls);
  // `own_tokens`: of the tenant's calls until the last that counts.
  double calls_until_own(const std::string& tenant,
                         std::uint64_t own_tokens,
                         std::uint32_t own_weight,
                         double calls_per_second,
                         Time now) const;
  // The tenant with the most calls up to this criticality, for its weight.
  Tenants::iterator largest(Criticality most);
  bool any_may_leave(Time now) const;
  void end_turn(Tenant& tenant);

  Tenants tenants_;                // that have a call here
  std::deque<std::string> turns_;  // their names, the one whose turn it is first
  std::unordered_map<std::uint64_t, Calls::iterator> places_;
  std::set<std::pair<Time, std::uint64_t>> early_;  // calls that came back, by when they may leave
  std::uint64_t tokens_ = 0;
  Time::duration hurry_below_{0};
  std::map<std::string, Flow> flows_;
};

}  // namespace parlance
