// The lanes of the model pool, as operators see and tune them.
//
// A change holds until the pool or the process starts anew: what is to stay stands in the
// configuration.
//
// Threading: every call may come from any thread and returns at once. Callbacks run once, on any
// thread, and must not block.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/limits/answer_sizes.hpp"
#include "runtime/limits/breaker.hpp"
#include "runtime/limits/call_class.hpp"
#include "runtime/limits/concurrency_limit.hpp"
#include "runtime/limits/held_by.hpp"
#include "runtime/limits/lane_mode.hpp"
#include "runtime/limits/told_quotas.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

std::string_view to_string(LaneMode mode);
std::string_view to_string(ConcurrencyLimit::Reason reason);
std::string_view to_string(Breaker::State state);
std::string_view to_string(HeldBy held_by);
std::optional<LaneMode> lane_mode_from(std::string_view name);

struct LaneView {
  std::string provider;
  std::string model;
  std::vector<std::string> roles;
  LaneMode mode = LaneMode::open;
  std::uint32_t calls_at_once = 0;  // that it may run now
  std::uint32_t calls_at_once_min = 0;
  std::uint32_t calls_at_once_max = 0;
  bool adapts = true;
  ConcurrencyLimit::Reason reason = ConcurrencyLimit::Reason::fixed;
  std::uint64_t requests_per_minute_max = 0;  // 0: no limit
  std::uint64_t tokens_per_minute_max = 0;
  std::optional<ToldQuota> requests_told;  // by the provider, as of now; none: nothing that binds
  std::optional<ToldQuota> tokens_told;
  HeldBy held_by = HeldBy::nothing;
  std::size_t running = 0;
  std::size_t waiting = 0;
  std::uint32_t calls_waiting_max = 0;
  std::map<std::string, std::size_t> waiting_by_tenant;
  std::map<std::string, std::uint32_t> weight_by_tenant;  // of those who wait
  std::array<std::size_t, criticality_names.size()> waiting_by_criticality{};
  std::chrono::milliseconds wait{0};  // of a new call for its slot, whose tenant waits longest
  Breaker::State breaker = Breaker::State::closed;
  double retries_left = 0;
  bool takes_calls = true;  // neither drained nor left alone after failures
};

// Of every lane with this provider and model; what is none stays as it is.
struct LaneChange {
  std::string provider;
  std::string model;
  std::optional<LaneMode> mode;
  std::optional<std::uint32_t> calls_at_once_min;
  std::optional<std::uint32_t> calls_at_once_max;
  std::optional<std::uint32_t> calls_waiting_max;
};

// A call that somebody thinks of making.
struct CallWish {
  std::string role;
  std::string tenant;
  CallTokens tokens;
  bool keeps_lane = false;   // its client chose the model: it tries the first lane alone
  std::string caller_key{};  // the id of the key that would ask
};

class Pools {
 public:
  using Answer = std::function<void(Result<std::vector<LaneView>>)>;

  virtual ~Pools() = default;

  // In the order of the configuration. component_restarted.
  virtual void lanes(Answer done) = 0;

  // Answers with the lanes that such a call tries, in this order; `wait` is that of this call. None
  // for a role that there is not.
  virtual void lanes_for(CallWish wish, Answer done) = 0;

  // Answers with the lanes that were changed, as they are now. not_found: there is none of this
  // name. invalid_value: the bounds would cross.
  virtual void change(LaneChange change, Answer done) = 0;
};

}  // namespace parlance
