// A bound on a figure, as text: `< 250ms`, `>=0.99`, `in 0.18..0.26`, with both ends included.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/result.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace parlance::bench {

// "turn.p99<250ms" is the figure "turn.p99" and the bound "<250ms". invalid_value without a bound.
struct BoundText {
  std::string_view figure;
  std::string_view bound;
};
Result<BoundText> split_bound(std::string_view text);

// Of durations in milliseconds, or of plain numbers. invalid_value, with the reason.
Result<std::function<bool(double)>> parse_bound(std::string_view text, bool is_time);

std::optional<double> parse_number(std::string_view text);

}  // namespace parlance::bench
