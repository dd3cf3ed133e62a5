#include "runtime/limits/fair_queue.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

namespace parlance {
namespace {

constexpr double flow_memory_seconds = 20;
constexpr std::size_t flows_kept = 1'000;
constexpr std::uint32_t passed_over_max = 3;
constexpr std::array criticalities{Criticality::high, Criticality::normal, Criticality::sheddable};

bool may_leave(const WaitingCall& call, FairQueue::Time now) {
  return call.ready && call.not_before <= now;
}

}  // namespace

FairQueue::Part FairQueue::Tenant::from(Criticality criticality) const {
  Part sum;
  for (auto each = static_cast<std::size_t>(criticality); each < parts.size(); ++each) {
    sum.calls += parts.at(each).calls;
    sum.tokens += parts.at(each).tokens;
  }
  return sum;
}

std::size_t FairQueue::Tenant::up_to(Criticality criticality) const {
  std::size_t sum = 0;
  for (std::size_t each = 0; each <= static_cast<std::size_t>(criticality); ++each)
    sum += parts.at(each).calls;
  return sum;
}

Criticality FairQueue::Tenant::least_critical() const {
  const auto part =
      std::find_if(parts.begin(), parts.end(), [](const Part& each) { return each.calls > 0; });
  return static_cast<Criticality>(part - parts.begin());
}

FairQueue::Tenant& FairQueue::tenant_of(const WaitingCall& call) {
  const auto [found, is_new] = tenants_.try_emplace(call.tenant);
  if (is_new) turns_.push_back(call.tenant);
  Part& part = found->second.part_of(call.call_class.criticality);
  ++part.calls;
  part.tokens += call.tokens;
  found->second.weight = call.call_class.weight;
  found->second.deadlines.emplace(call.deadline, call.call);
  tokens_ += call.tokens;
  return found->second;
}

void FairQueue::add(WaitingCall call) {
  note_flow(call);
  Tenant& tenant = tenant_of(call);
  tenant.calls.push_back(std::move(call));
  const auto place = std::prev(tenant.calls.end());
  places_[place->call] = place;
}

void FairQueue::add_first(WaitingCall call) {
  Tenant& tenant = tenant_of(call);
  tenant.deficit += call.tokens;
  tenant.calls.push_front(std::move(call));
  const auto place = tenant.calls.begin();
  places_[place->call] = place;
  early_.emplace(place->not_before, place->call);
}

void FairQueue::ready(std::uint64_t call) {
  const auto found = places_.find(call);
  if (found != places_.end()) found->second->ready = true;
}

void FairQueue::hold(std::uint64_t call) {
  const auto found = places_.find(call);
  if (found != places_.end()) found->second->ready = false;
}

void FairQueue::raise(std::uint64_t call, const CallClass& call_class) {
  const auto found = places_.find(call);
  if (found == places_.end()) return;
  CallClass& known = found->second->call_class;
  known.weight = std::max(known.weight, call_class.weight);
  if (call_class.criticality <= known.criticality) return;
  Tenant& tenant = tenants_.at(found->second->tenant);
  Part& left = tenant.part_of(known.criticality);
  Part& joined = tenant.part_of(call_class.criticality);
  --left.calls;
  left.tokens -= found->second->tokens;
  ++joined.calls;
  joined.tokens += found->second->tokens;
  known.criticality = call_class.criticality;
}

void FairQueue::extend(std::uint64_t call, Time deadline) {
  const auto found = places_.find(call);
  if (found == places_.end() || deadline <= found->second->deadline) return;
  auto& deadlines = tenants_.at(found->second->tenant).deadlines;
  deadlines.erase({found->second->deadline, call});
  found->second->deadline = deadline;
  deadlines.emplace(deadline, call);
}

void FairQueue::recount(const Count& count) {
  std::map<std::string_view, std::uint64_t> largest;
  tokens_ = 0;
  for (auto& [name, tenant] : tenants_) {
    for (Part& part : tenant.parts)
      part.tokens = 0;
    for (WaitingCall& call : tenant.calls) {
      call.tokens = count(call);
      tenant.part_of(call.call_class.criticality).tokens += call.tokens;
      largest[name] = std::max(largest[name], call.tokens);
      tokens_ += call.tokens;
    }
  }
  for (auto& [name, tenant] : tenants_)
    tenant.deficit =
        std::min(tenant.deficit, std::max(largest[name], turn_tokens() * tenant.weight));
}

std::uint64_t FairQueue::turn_tokens() const {
  return empty() ? 1 : std::max<std::uint64_t>(tokens_ / size(), 1);
}

// Of those that may leave and are as critical at least.
std::optional<FairQueue::Calls::iterator> FairQueue::oldest_of(Tenant& tenant,
                                                               Time now,
                                                               Criticality least) {
  if (tenant.from(least).calls == 0) return std::nullopt;
  const auto call =
      std::find_if(tenant.calls.begin(), tenant.calls.end(), [&](const WaitingCall& each) {
        return each.call_class.criticality >= least && may_leave(each, now);
      });
  return call == tenant.calls.end() ? std::nullopt : std::optional(call);
}

std::optional<FairQueue::Calls::iterator> FairQueue::first_of(Tenant& tenant, Time now) const {
  if (tenant.passed_over >= passed_over_max) return oldest_of(tenant, now, Criticality::sheddable);
  std::optional<Calls::iterator> oldest;
  for (const Criticality least : criticalities) {
    oldest = oldest_of(tenant, now, least);
    if (oldest) break;
  }
  if (!oldest) return std::nullopt;
  for (const auto& [deadline, number] : tenant.deadlines) {
    if (deadline - now >= hurry_below_) break;
    const auto call = places_.at(number);
    const bool is_as_critical = call->call_class.criticality == (*oldest)->call_class.criticality;
    if (is_as_critical && may_leave(*call, now)) return call;
  }
  return oldest;
}

std::optional<FairQueue::Calls::iterator> FairQueue::find_first(Time now) {
  if (!any_may_leave(now)) return std::nullopt;
  for (;;) {
    Tenant& tenant = tenants_.at(turns_.front());
    if (const auto call = first_of(tenant, now)) {
      if (!std::exchange(tenant.has_its_turn, true))
        tenant.deficit += turn_tokens() * (*call)->call_class.weight;
      if ((*call)->tokens <= tenant.deficit) return call;
    }
    end_turn(tenant);
  }
}

const WaitingCall* FairQueue::first(Time now) {
  const auto found = find_first(now);
  return found ? &**found : nullptr;
}

std::optional<WaitingCall> FairQueue::take_first(Time now) {
  const auto found = find_first(now);
  if (!found) return std::nullopt;
  Tenant& tenant = tenants_.at((*found)->tenant);
  tenant.deficit -= (*found)->tokens;
  const auto oldest = oldest_of(tenant, now, Criticality::sheddable);
  const bool passes_over = (*oldest)->call_class.criticality < (*found)->call_class.criticality;
  tenant.passed_over = passes_over ? tenant.passed_over + 1 : 0;
  return take(*found);
}

void FairQueue::end_turn(Tenant& tenant) {
  tenant.has_its_turn = false;
  turns_.push_back(std::move(turns_.front()));
  turns_.pop_front();
}

bool FairQueue::any_may_leave(Time now) const {
  return std::any_of(tenants_.begin(), tenants_.end(), [&](const auto& tenant) {
    const auto& calls = tenant.second.calls;
    return std::any_of(
        calls.begin(), calls.end(), [&](const WaitingCall& call) { return may_leave(call, now); });
  });
}

WaitingCall FairQueue::take(Calls::iterator call) {
  const auto tenant = tenants_.find(call->tenant);
  WaitingCall taken = std::move(*call);
  tenant->second.calls.erase(call);
  tenant->second.deadlines.erase({taken.deadline, taken.call});
  Part& part = tenant->second.part_of(taken.call_class.criticality);
  --part.calls;
  part.tokens -= taken.tokens;
  tokens_ -= taken.tokens;
  places_.erase(taken.call);
  early_.erase({taken.not_before, taken.call});
  if (tenant->second.calls.empty()) {
    std::erase(turns_, tenant->first);
    tenants_.erase(tenant);
  }
  return taken;
}

std::optional<WaitingCall> FairQueue::remove(std::uint64_t call) {
  const auto found = places_.find(call);
  if (found == places_.end()) return std::nullopt;
  return take(found->second);
}

FairQueue::Calls::iterator FairQueue::newest_of(Tenant& tenant, Criticality criticality) {
  const auto newest =
      std::find_if(tenant.calls.rbegin(), tenant.calls.rend(), [&](const WaitingCall& each) {
        return each.call_class.criticality == criticality;
      });
  return std::prev(newest.base());
}

FairQueue::Tenants::iterator FairQueue::largest(Criticality most) {
  return std::max_element(
      tenants_.begin(), tenants_.end(), [&](const auto& one, const auto& other) {
        return one.second.up_to(most) * other.second.weight <
               other.second.up_to(most) * one.second.weight;
      });
}

std::optional<WaitingCall> FairQueue::take_for(const std::string& tenant,
                                               const CallClass& call_class) {
  if (tenants_.empty()) return std::nullopt;
  const bool is_sheddable = call_class.criticality == Criticality::sheddable;
  const auto sheds = largest(Criticality::sheddable);
  if (!is_sheddable && sheds->second.up_to(Criticality::sheddable) > 0)
    return take(newest_of(sheds->second, Criticality::sheddable));
  const Criticality counts = is_sheddable ? Criticality::sheddable : Criticality::high;
  const auto most = largest(counts);
  const auto own = tenants_.find(tenant);
  const std::size_t with_one_more = own == tenants_.end() ? 1 : own->second.up_to(counts) + 1;
  if (most != own &&
      most->second.up_to(counts) * call_class.weight > with_one_more * most->second.weight)
    return take(newest_of(most->second, most->second.least_critical()));
  if (own == tenants_.end() || own->second.least_critical() >= call_class.criticality)
    return std::nullopt;
  return take(newest_of(own->second, own->second.least_critical()));
}

bool FairQueue::has_above(Criticality criticality) const {
  return std::any_of(tenants_.begin(), tenants_.end(), [&](const auto& tenant) {
    return tenant.second.up_to(criticality) < tenant.second.calls.size();
  });
}

double FairQueue::faded(const Flow& flow, Time now) {
  return flow.tokens_per_second * std::exp(-in_seconds(now - flow.at) / flow_memory_seconds);
}

void FairQueue::note_flow(const WaitingCall& call) {
  Flow& flow = flows_[call.tenant];
  flow.tokens_per_second =
      faded(flow, call.since) + static_cast<double>(call.tokens) / flow_memory_seconds;
  flow.at = call.since;
  flow.weight = call.call_class.weight;
  if (flows_.size() <= flows_kept + tenants_.size()) return;
  std::erase_if(flows_, [&](const auto& each) {
    return in_seconds(call.since - each.second.at) > 5 * flow_memory_seconds;
  });
}

double FairQueue::calls_until(const std::string& tenant,
                              std::uint64_t tokens,
                              double calls_per_second,
                              Time now,
                              const CallClass& call_class) const {
  const auto own = tenants_.find(tenant);
  const std::uint64_t before =
      own == tenants_.end() ? 0 : own->second.from(call_class.criticality).tokens;
  return calls_until_own(tenant, tokens + before, call_class.weight, calls_per_second, now);
}

// While a tenant's calls leave, each of the others lets as many tokens go as it, times its weight
// by the tenant's, if it has them. How long that takes depends on how many they will have: the
// third look at it is near enough.
double FairQueue::calls_until_own(const std::string& tenant,
                                  std::uint64_t own,
                                  std::uint32_t own_weight,
                                  double calls_per_second,
                                  Time now) const {
  const auto own_tokens = static_cast<double>(own);
  const double mean = places_.empty()
                          ? own_tokens
                          : static_cast<double>(tokens_) / static_cast<double>(places_.size());
  const double tokens_per_second = calls_per_second * mean;
  double before = own_tokens;
  for (int look = 0; look < 3; ++look) {
    const double seconds = tokens_per_second > 0 ? before / tokens_per_second : 0;
    before = own_tokens;
    for (const auto& [name, flow] : flows_) {
      if (name == tenant) continue;
      const auto other = tenants_.find(name);
      const double waiting =
          other == tenants_.end()
              ? 0
              : static_cast<double>(other->second.from(Criticality::sheddable).tokens);
      const double share = own_tokens * flow.weight / own_weight;
      before += std::min(waiting + faded(flow, now) * seconds, share);
    }
  }
  return before / mean;
}

std::vector<WaitingCall> FairQueue::take_late(const IsLate& is_late,
                                              double calls_per_second,
                                              Time now) {
  std::vector<std::uint64_t> late;
  for (const auto& [name, tenant] : tenants_) {
    std::uint64_t kept = 0;
    const auto judge = [&](const WaitingCall& call) {
      const double calls =
          calls_until_own(name, kept + call.tokens, call.call_class.weight, calls_per_second, now);
      if (is_late(call, calls)) {
        late.push_back(call.call);
      } else {
        kept += call.tokens;
      }
    };
    for (const Criticality each : criticalities) {
      for (const auto& call : tenant.calls)
        if (call.call_class.criticality == each) judge(call);
    }
  }
  return take_all(late);
}

std::vector<WaitingCall> FairQueue::take_of_ending(Time until, const Leaves& leaves) {
  std::vector<std::uint64_t> leaving;
  for (const auto& [name, tenant] : tenants_) {
    for (const auto& [deadline, call] : tenant.deadlines) {
      if (deadline >= until) break;
      if (leaves(*places_.at(call))) leaving.push_back(call);
    }
  }
  return take_all(leaving);
}

std::vector<WaitingCall> FairQueue::take_all(const std::vector<std::uint64_t>& calls) {
  std::vector<WaitingCall> taken;
  for (const std::uint64_t call : calls)
    taken.push_back(*remove(call));
  return taken;
}

std::optional<FairQueue::Time> FairQueue::next_time(Time now) const {
  const auto next = early_.upper_bound({now, std::numeric_limits<std::uint64_t>::max()});
  if (next == early_.end()) return std::nullopt;
  return next->first;
}

std::map<std::string, std::size_t> FairQueue::size_by_tenant() const {
  std::map<std::string, std::size_t> sizes;
  for (const auto& [name, tenant] : tenants_)
    sizes.emplace(name, tenant.calls.size());
  return sizes;
}

std::map<std::string, std::uint32_t> FairQueue::weight_by_tenant() const {
  std::map<std::string, std::uint32_t> weights;
  for (const auto& [name, tenant] : tenants_)
    weights.emplace(name, tenant.weight);
  return weights;
}

std::size_t FairQueue::size_of(Criticality criticality) const {
  std::size_t size = 0;
  for (const auto& [name, tenant] : tenants_)
    size += tenant.parts.at(static_cast<std::size_t>(criticality)).calls;
  return size;
}

}  // namespace parlance
