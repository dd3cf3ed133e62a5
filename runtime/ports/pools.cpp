#include "runtime/ports/pools.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parlance {
namespace {

using Reason = ConcurrencyLimit::Reason;
using State = Breaker::State;

template <class Value>
using Name = std::pair<Value, std::string_view>;

constexpr std::array modes{Name<LaneMode>{LaneMode::open, "open"},
                           Name<LaneMode>{LaneMode::paused, "paused"},
                           Name<LaneMode>{LaneMode::drained, "drained"}};
constexpr std::array reasons{Name<Reason>{Reason::fixed, "fixed"},
                             Name<Reason>{Reason::starting, "starting"},
                             Name<Reason>{Reason::refused, "refused"},
                             Name<Reason>{Reason::queued, "queued"},
                             Name<Reason>{Reason::experimenting, "experimenting"}};
constexpr std::array states{Name<State>{State::closed, "closed"},
                            Name<State>{State::open, "open"},
                            Name<State>{State::half_open, "half_open"}};
constexpr std::array holders{Name<HeldBy>{HeldBy::nothing, "nothing"},
                             Name<HeldBy>{HeldBy::minute, "minute"},
                             Name<HeldBy>{HeldBy::requests_told, "requests_told"},
                             Name<HeldBy>{HeldBy::tokens_told, "tokens_told"}};

template <class Names, class Value>
std::string_view name_in(const Names& names, Value value) {
  return std::find_if(
             names.begin(), names.end(), [&](const auto& each) { return each.first == value; })
      ->second;
}

}  // namespace

std::string_view to_string(LaneMode mode) {
  return name_in(modes, mode);
}

std::string_view to_string(Reason reason) {
  return name_in(reasons, reason);
}

std::string_view to_string(State state) {
  return name_in(states, state);
}

std::string_view to_string(HeldBy held_by) {
  return name_in(holders, held_by);
}

std::optional<LaneMode> lane_mode_from(std::string_view name) {
  const auto* const found = std::find_if(
      modes.begin(), modes.end(), [&](const auto& each) { return each.second == name; });
  return found == modes.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace parlance
