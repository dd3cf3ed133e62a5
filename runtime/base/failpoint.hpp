// Named places where a test can make the shipped program fail.
//
//   PARLANCE_FAILPOINT("journal.before_write");
//
// PARLANCE_FAILPOINTS in the environment arms them: `name=action@n`, several with commas. `n` is
// the hit on which it happens (1 when left out); `@n+` means from the n-th hit on, `@n*k` k times
// in a row from there. Actions: `throw` (std::runtime_error), `abort`, `sleep(ms)`, `fire` (only
// tells failpoint_fires(), for places that have their own way to fail).
//
// Compiled in by the CMake option PARLANCE_FAILPOINTS; without it both calls are empty.
//
// Threading: from any thread; hits are counted exactly.
#pragma once

#include "runtime/base/result.hpp"

#include <string_view>

namespace parlance {

// Reads a list such as "journal.sync=fire@3,llm_pool.ask=throw@2*3". Call before threads run.
Result<void> arm_failpoints(std::string_view list);

// Forgets them all, and how often each was hit. Call while no other thread runs.
void disarm_failpoints();

// True when failpoints are compiled in.
bool failpoints_compiled_in();

namespace detail {
bool hit_failpoint(std::string_view name);
}

#ifdef PARLANCE_FAILPOINTS
inline bool failpoint_fires(std::string_view name) {
  return detail::hit_failpoint(name);
}
#else
inline bool failpoint_fires(std::string_view) {
  return false;
}
#endif

}  // namespace parlance

#define PARLANCE_FAILPOINT(name) static_cast<void>(::parlance::failpoint_fires(name))
