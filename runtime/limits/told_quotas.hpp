// What a provider says of its own limits beside an answer: how much of a quantity there is in all,
// how much of it is left, and in what time all of it is there again.
//
// Threading: plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace parlance {

struct ToldQuota {
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> remaining;
  std::optional<std::chrono::milliseconds> reset;

  bool operator==(const ToldQuota&) const = default;
};

struct ToldQuotas {
  ToldQuota requests;
  ToldQuota tokens;
  bool refused = false;  // the answer is a 429

  bool says_something() const { return !(requests == ToldQuota{} && tokens == ToldQuota{}); }
};

}  // namespace parlance
