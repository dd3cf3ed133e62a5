// What calls cost: tokens, and money in nano-units (1e-9) of the operator's currency, whole numbers
// both, so that sums are exact.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance {

struct Amount {
  std::int64_t tokens = 0;
  std::int64_t nanos = 0;

  Amount& operator+=(const Amount& more) {
    tokens += more.tokens;
    nanos += more.nanos;
    return *this;
  }
  friend Amount operator+(Amount one, const Amount& other) { return one += other; }
  friend Amount operator-(const Amount& one, const Amount& other) {
    return {one.tokens - other.tokens, one.nanos - other.nanos};
  }
  bool operator==(const Amount&) const = default;
};

// "12.5" as nano-units, with at most nine decimals, from 0 to 1,000,000,000. invalid_value.
Result<std::int64_t> parse_money(std::string_view text);

// The shortest decimal: "12.5", "0", "-0.000000001".
std::string money_text(std::int64_t nanos);

}  // namespace parlance
