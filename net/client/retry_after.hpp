// How long a server asks to be left alone.
//
// Threading: pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace parlance::net {

// Retry-After as seconds or as a date, or retry-after-ms; none when there is no good one. At most
// wait_max.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view retry_after,
                                                          std::string_view retry_after_ms,
                                                          std::chrono::milliseconds wait_max);

}  // namespace parlance::net
