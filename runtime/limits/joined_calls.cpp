#include "runtime/limits/joined_calls.hpp"

#include <algorithm>
#include <utility>

namespace parlance {

std::optional<std::uint64_t> JoinedCalls::find(const std::string& identity) const {
  const auto open = open_.find(identity);
  if (open == open_.end()) return std::nullopt;
  if (shared_.at(open->second).members.size() >= members_max_) return std::nullopt;
  return open->second;
}

void JoinedCalls::follow(std::uint64_t call, std::uint64_t shared) {
  shared_.at(shared).members.push_back({call, false});
  follows_[call] = shared;
}

void JoinedCalls::lead(std::uint64_t call, std::string identity) {
  if (!identity.empty()) open_[identity] = call;
  shared_[call] = {std::move(identity), {{call, false}}};
  follows_[call] = call;
}

std::optional<std::uint64_t> JoinedCalls::ready(std::uint64_t call) {
  const auto found = follows_.find(call);
  if (found == follows_.end()) return std::nullopt;
  for (auto& member : shared_.at(found->second).members) {
    if (member.call == call) member.ready = true;
  }
  return found->second;
}

bool JoinedCalls::is_ready(std::uint64_t shared) const {
  const auto& members = shared_.at(shared).members;
  return std::any_of(
      members.begin(), members.end(), [](const Member& member) { return member.ready; });
}

std::optional<JoinedCalls::Left> JoinedCalls::leave(std::uint64_t call) {
  const auto found = follows_.find(call);
  if (found == follows_.end()) return std::nullopt;
  const std::uint64_t shared = found->second;
  follows_.erase(found);
  auto& members = shared_.at(shared).members;
  std::erase_if(members, [&](const Member& member) { return member.call == call; });
  const bool is_empty = members.empty();
  const bool has_ready = std::any_of(
      members.begin(), members.end(), [](const Member& member) { return member.ready; });
  if (is_empty) forget(shared);
  return Left{shared, is_empty, has_ready};
}

std::vector<std::uint64_t> JoinedCalls::end(std::uint64_t shared) {
  std::vector<std::uint64_t> calls;
  const auto found = shared_.find(shared);
  if (found == shared_.end()) return calls;
  calls.reserve(found->second.members.size());
  for (const auto& member : found->second.members) {
    calls.push_back(member.call);
    follows_.erase(member.call);
  }
  forget(shared);
  return calls;
}

void JoinedCalls::forget(std::uint64_t shared) {
  const auto found = shared_.find(shared);
  const auto open = open_.find(found->second.identity);
  if (open != open_.end() && open->second == shared) open_.erase(open);
  shared_.erase(found);
}

}  // namespace parlance
