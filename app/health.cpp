#include "app/health.hpp"

#include <algorithm>
#include <utility>

namespace parlance {

AppHealth::AppHealth(const Journal& journal,
                     Parts parts,
                     const std::atomic<Lane::Time>& lanes_usable_at,
                     const Clock& clock)
    : journal_(journal),
      parts_(std::move(parts)),
      lanes_usable_at_(lanes_usable_at),
      clock_(clock) {}

bool AppHealth::ready() const {
  return !draining_ && !failed_ && journal_.writable() && parts_up() && lanes_usable();
}

Json AppHealth::details() const {
  Json parts = Json::object();
  for (const auto& [name, slot] : parts_)
    parts[name] = slot->part().actor ? "up" : "down";
  parts["journal"] = journal_.writable() ? "up" : "down";
  parts["lanes"] = lanes_usable() ? "up" : "down";
  return {{"parts", parts}, {"draining", draining_.load()}, {"failed", failed_.load()}};
}

bool AppHealth::parts_up() const {
  return std::all_of(
      parts_.begin(), parts_.end(), [](const auto& part) { return part.second->part().actor; });
}

bool AppHealth::lanes_usable() const {
  return clock_.now() >= lanes_usable_at_.load();
}

}  // namespace parlance
