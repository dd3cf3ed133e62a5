#include "runtime/base/clock.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace parlance {

std::string iso_time(std::int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const int length = std::snprintf(text.data(),
                                   text.size(),
                                   "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                   utc.tm_year + 1900,
                                   utc.tm_mon + 1,
                                   utc.tm_mday,
                                   utc.tm_hour,
                                   utc.tm_min,
                                   utc.tm_sec,
                                   static_cast<int>(unix_ms % 1000));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace parlance
