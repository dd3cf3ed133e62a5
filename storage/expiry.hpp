// When a thread has expired.
#pragma once

#include <chrono>
#include <cstdint>

namespace parlance::storage {

// `expires_ms` 0: never.
inline bool expired(std::int64_t expires_ms,
                    std::int64_t now_ms,
                    std::chrono::milliseconds grace = {}) {
  return expires_ms != 0 && expires_ms <= now_ms - grace.count();
}

}  // namespace parlance::storage
