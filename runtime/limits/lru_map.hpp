// A map of bounded size: the least recently used entry leaves when there is no room.
//
//   LruMap<Window> windows(10'000);
//   windows.find_or_make(name, [] { return Window(…); }).add(now, 1);
//
// Bounds: entries_max entries.
// Threading: none of its own; whoever owns it guards it.
#pragma once

#include <cstddef>
#include <iterator>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parlance {

template <class Value>
class LruMap {
 public:
  // At least 1. Without it, whoever owns the map bounds it by remove_oldest().
  explicit LruMap(std::size_t entries_max = std::numeric_limits<std::size_t>::max())
      : entries_max_(entries_max) {}

  std::size_t size() const { return places_.size(); }

  // Null: not there. The entry counts as used.
  Value* find(std::string_view name) {
    const auto place = places_.find(name);
    if (place == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place->second);
    return &place->second->second;
  }

  // The same, but it does not count as used.
  const Value* look(std::string_view name) const {
    const auto place = places_.find(name);
    return place == places_.end() ? nullptr : &place->second->second;
  }

  // Valid until the next call.
  template <class Make>
  Value& find_or_make(std::string_view name, Make make) {
    if (Value* const found = find(name)) return *found;
    if (places_.size() >= entries_max_) remove_oldest();
    entries_.emplace_front(std::string(name), make());
    places_.emplace(entries_.front().first, entries_.begin());
    return entries_.front().second;
  }

  // None: not there.
  std::optional<Value> remove(std::string_view name) {
    const auto place = places_.find(name);
    if (place == places_.end()) return std::nullopt;
    return take(place->second);
  }

  // The least recently used one; none: there are none.
  std::optional<Value> remove_oldest() {
    if (entries_.empty()) return std::nullopt;
    return take(std::prev(entries_.end()));
  }

  // Those of which `leaves` is true.
  template <class Leaves>
  std::vector<Value> remove_if(Leaves leaves) {
    std::vector<Value> removed;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      const auto next = std::next(entry);
      if (leaves(std::as_const(entry->second))) removed.push_back(*take(entry));
      entry = next;
    }
    return removed;
  }

 private:
  using Entries = std::list<std::pair<const std::string, Value>>;

  std::optional<Value> take(typename Entries::iterator entry) {
    std::optional<Value> value(std::move(entry->second));
    places_.erase(entry->first);
    entries_.erase(entry);
    return value;
  }

  std::size_t entries_max_;
  Entries entries_;  // the most recently used first
  std::unordered_map<std::string_view, typename Entries::iterator>
      places_;  // names are in entries_
};

}  // namespace parlance
