// Where the time comes from, so that a test can own it.
//
// Threading: may be asked from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace parlance {

class Clock {
 public:
  virtual ~Clock() = default;

  virtual std::chrono::steady_clock::time_point now() const {
    return std::chrono::steady_clock::now();
  }

  // Milliseconds since 1970: what goes to disk and to clients.
  virtual std::int64_t unix_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

// 2026-11-22T08:15:30.125Z
std::string iso_time(std::int64_t unix_ms);

}  // namespace parlance
