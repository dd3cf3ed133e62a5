// Durations and sizes as people write them: "250ms", "30s", "5m", "30d"; "64KiB", "16MiB".
#pragma once

#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance {

// ms, s, m, h, d. invalid_value when the unit is missing or the number is not whole.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// B, KiB, MiB, GiB.
Result<std::uint64_t> parse_size(std::string_view text);

// In the largest unit that leaves a whole number: "90s", "64KiB".
std::string to_text(std::chrono::milliseconds duration);
std::string size_to_text(std::uint64_t bytes);

}  // namespace parlance
