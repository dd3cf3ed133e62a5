// What a turn has to keep to count as good: a bound on one of its times.
//
//   turn<5s   first_text<500ms   stall<=200ms   per_text<50ms
//
// Times count from the turn's intended start; docs/bench.md has their meaning.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/result.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::bench {

// The times of one turn that was answered.
struct TurnTimes {
  using Time = std::chrono::steady_clock::time_point;

  Time intended;  // when it was meant to begin
  Time sent;      // when it began
  Time ended;
  std::optional<Time> first_text;                 // of streams that brought any, as below
  std::optional<Time> last_text;                  // the last piece
  std::optional<std::chrono::nanoseconds> stall;  // the longest gap, of two pieces and more
  std::uint64_t texts = 0;                        // pieces
  std::optional<std::chrono::nanoseconds> per_text() const;  // mean gap
};

struct Slo {
  std::string text;
  // None: the turn has no such time, and is not good.
  std::function<std::optional<std::chrono::nanoseconds>(const TurnTimes&)> measure;
  std::function<bool(double)> holds;  // milliseconds
};

// invalid_value, with the reason.
Result<Slo> parse_slo(std::string_view text);

bool keeps(const Slo& slo, const TurnTimes& turn);

}  // namespace parlance::bench
