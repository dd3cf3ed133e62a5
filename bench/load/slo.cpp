#include "bench/load/slo.hpp"

#include "bench/load/bound.hpp"

#include <algorithm>
#include <array>

namespace parlance::bench {
namespace {

using std::chrono::nanoseconds;
using Measured = std::optional<nanoseconds>;

struct Named {
  std::string_view name;
  Measured (*measure)(const TurnTimes&);
};

constexpr std::array measures{
    Named{"turn", [](const TurnTimes& turn) -> Measured { return turn.ended - turn.intended; }},
    Named{"first_text",
          [](const TurnTimes& turn) -> Measured {
            if (!turn.first_text) return std::nullopt;
            return *turn.first_text - turn.intended;
          }},
    Named{"stall", [](const TurnTimes& turn) { return turn.stall; }},
    Named{"per_text", [](const TurnTimes& turn) { return turn.per_text(); }}};

Error not_an_slo(std::string_view text, const std::string& why) {
  return {ErrorCode::invalid_value, '"' + std::string(text) + "\": " + why, {}, {}};
}

}  // namespace

std::optional<nanoseconds> TurnTimes::per_text() const {
  if (texts < 2) return std::nullopt;
  return (*last_text - *first_text) / static_cast<std::int64_t>(texts - 1);
}

Result<Slo> parse_slo(std::string_view text) {
  const auto parts = split_bound(text);
  if (!parts) return not_an_slo(text, parts.error().detail);
  const auto* const named = std::find_if(measures.begin(), measures.end(), [&](const Named& each) {
    return each.name == parts->figure;
  });
  if (named == measures.end())
    return not_an_slo(text, "it is none of turn, first_text, stall and per_text");
  auto holds = parse_bound(parts->bound, /*is_time=*/true);
  if (!holds) return not_an_slo(text, holds.error().detail);
  return Slo{std::string(text), named->measure, std::move(*holds)};
}

bool keeps(const Slo& slo, const TurnTimes& turn) {
  const auto measured = slo.measure(turn);
  return measured && slo.holds(std::chrono::duration<double, std::milli>(*measured).count());
}

}  // namespace parlance::bench
