#include "runtime/base/failpoint.hpp"

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace parlance {
namespace {

enum class Effect : std::uint8_t { throws, aborts, sleeps, fires };

struct Failpoint {
  Effect effect = Effect::fires;
  std::chrono::milliseconds sleep_time{0};
  std::uint64_t first_hit = 1;
  std::uint64_t hits = 1;  // how many from first_hit on
  std::atomic<std::uint64_t> seen{0};
};

// Written before there are other threads; only `seen` changes then.
std::map<std::string, std::unique_ptr<Failpoint>, std::less<>>& armed() {
  static auto* table = new std::map<std::string, std::unique_ptr<Failpoint>, std::less<>>();
  return *table;
}

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size();
}

Error bad(std::string_view item) {
  return {
      ErrorCode::invalid_value, "not a failpoint: " + std::string(item), "PARLANCE_FAILPOINTS", {}};
}

Result<void> arm(std::string_view item) {
  const auto equals = item.find('=');
  if (equals == std::string_view::npos) return bad(item);
  auto point = std::make_unique<Failpoint>();
  std::string_view action = item.substr(equals + 1);
  if (const auto at = action.find('@'); at != std::string_view::npos) {
    std::string_view when = action.substr(at + 1);
    action = action.substr(0, at);
    if (const auto star = when.find('*'); star != std::string_view::npos) {
      if (!read_number(when.substr(star + 1), point->hits)) return bad(item);
      when = when.substr(0, star);
    } else if (when.ends_with('+')) {
      point->hits = std::numeric_limits<std::uint64_t>::max();
      when.remove_suffix(1);
    }
    if (!read_number(when, point->first_hit)) return bad(item);
  }
  if (action == "throw") {
    point->effect = Effect::throws;
  } else if (action == "abort") {
    point->effect = Effect::aborts;
  } else if (action == "fire") {
    point->effect = Effect::fires;
  } else if (action.starts_with("sleep(") && action.ends_with(')')) {
    std::uint64_t ms = 0;
    if (!read_number(action.substr(6, action.size() - 7), ms)) return bad(item);
    point->effect = Effect::sleeps;
    point->sleep_time = std::chrono::milliseconds(ms);
  } else {
    return bad(item);
  }
  armed()[std::string(item.substr(0, equals))] = std::move(point);
  return {};
}

}  // namespace

Result<void> arm_failpoints(std::string_view list) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (auto done = arm(list.substr(0, comma)); !done) return done.error();
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return {};
}

void disarm_failpoints() {
  armed().clear();
}

bool failpoints_compiled_in() {
#ifdef PARLANCE_FAILPOINTS
  return true;
#else
  return false;
#endif
}

bool detail::hit_failpoint(std::string_view name) {
  const auto found = armed().find(name);
  if (found == armed().end()) return false;
  Failpoint& point = *found->second;
  const std::uint64_t hit = point.seen.fetch_add(1) + 1;
  if (hit < point.first_hit || hit - point.first_hit >= point.hits) return false;
  switch (point.effect) {
    case Effect::throws:
      throw std::runtime_error("failpoint " + std::string(name));
    case Effect::aborts:
      std::abort();
    case Effect::sleeps:
      std::this_thread::sleep_for(point.sleep_time);
      return false;
    case Effect::fires:
      return true;
  }
  return false;
}

}  // namespace parlance
