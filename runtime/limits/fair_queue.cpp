#include "runtime/limits/fair_queue.hpp"

#include "runtime/base/seconds.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace parlance {
namespace {

constexpr double flow_memory_seconds = 20;
constexpr std::size_t flows_kept = 1'000;

bool may_leave(const WaitingCall& call, FairQueue::Time now) {
  return call.ready && call.not_before <= now;
}

}  // namespace

FairQueue::Tenant& FairQueue::tenant_of(const WaitingCall& call) {
  const auto [found, is_new] = tenants_.try_emplace(call.tenant);
  if (is_new) turns_.push_back(call.tenant);
  found->second.tokens += call.tokens;
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

void FairQueue::extend(std::uint64_t call, Time deadline) {
  const auto found = places_.find(call);
  if (found == places_.end() || deadline <= found->second->deadline) return;
  auto& deadlines = tenants_.at(found->second->tenant).deadlines;
  deadlines.erase({found->second->deadline, call});
  found->second->deadline = deadline;
  deadlines.emplace(deadline, call);
}

std::optional<FairQueue::Calls::iterator> FairQueue::first_of(Tenant& tenant, Time now) const {
  for (const auto& [deadline, number] : tenant.deadlines) {
    if (deadline - now >= hurry_below_) break;
    const auto call = places_.at(number);
    if (may_leave(*call, now)) return call;
  }
  const auto call = std::find_if(tenant.calls.begin(),
                                 tenant.calls.end(),
                                 [&](const WaitingCall& each) { return may_leave(each, now); });
  return call == tenant.calls.end() ? std::nullopt : std::optional(call);
}

std::optional<FairQueue::Calls::iterator> FairQueue::find_first(Time now) {
  if (!any_may_leave(now)) return std::nullopt;
  for (;;) {
    Tenant& tenant = tenants_.at(turns_.front());
    if (const auto call = first_of(tenant, now)) {
      if (!std::exchange(tenant.has_its_turn, true)) tenant.deficit += quantum_tokens;
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
  tenants_.at((*found)->tenant).deficit -= (*found)->tokens;
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
  tenant->second.tokens -= taken.tokens;
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

std::optional<WaitingCall> FairQueue::take_for(const std::string& tenant) {
  const auto most =
      std::max_element(tenants_.begin(), tenants_.end(), [](const auto& one, const auto& other) {
        return one.second.calls.size() < other.second.calls.size();
      });
  const auto own = tenants_.find(tenant);
  const std::size_t with_one_more = own == tenants_.end() ? 1 : own->second.calls.size() + 1;
  if (most == tenants_.end() || most->second.calls.size() <= with_one_more) return std::nullopt;
  return take(std::prev(most->second.calls.end()));
}

double FairQueue::faded(const Flow& flow, Time now) {
  return flow.tokens_per_second * std::exp(-in_seconds(now - flow.at) / flow_memory_seconds);
}

void FairQueue::note_flow(const WaitingCall& call) {
  Flow& flow = flows_[call.tenant];
  flow.tokens_per_second =
      faded(flow, call.since) + static_cast<double>(call.tokens) / flow_memory_seconds;
  flow.at = call.since;
  if (flows_.size() <= flows_kept + tenants_.size()) return;
  std::erase_if(flows_, [&](const auto& each) {
    return in_seconds(call.since - each.second.at) > 5 * flow_memory_seconds;
  });
}

double FairQueue::calls_until(const std::string& tenant,
                              std::uint64_t tokens,
                              double calls_per_second,
                              Time now) const {
  const auto own = tenants_.find(tenant);
  return calls_until_own(
      tenant, tokens + (own == tenants_.end() ? 0 : own->second.tokens), calls_per_second, now);
}

// While a tenant's calls leave, each of the others lets as many tokens go as it, if it has them.
// How long that takes depends on how many they will have: the third look at it is near enough.
double FairQueue::calls_until_own(const std::string& tenant,
                                  std::uint64_t own,
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
          other == tenants_.end() ? 0 : static_cast<double>(other->second.tokens);
      before += std::min(waiting + faded(flow, now) * seconds, own_tokens);
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
    for (const auto& call : tenant.calls) {
      if (is_late(call, calls_until_own(name, kept + call.tokens, calls_per_second, now))) {
        late.push_back(call.call);
      } else {
        kept += call.tokens;
      }
    }
  }
  std::vector<WaitingCall> taken;
  for (const std::uint64_t call : late)
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

}  // namespace parlance
