// One HTTP exchange on a connection of its own, for what is asked now and then beside a load.
//
// Threading: any thread; blocks until the answer is there or the time is over.
#pragma once

#include "bench/load/http_connection.hpp"
#include "bench/load/plan.hpp"

#include <chrono>
#include <string_view>

namespace parlance::bench {

inline constexpr std::chrono::milliseconds call_time_max{5'000};

// `path` goes behind the target's. `timed_out` after `time_max`. `key`: as x-api-key, if any.
Exchange http_call(const Target& target,
                   std::string_view method,
                   std::string_view path,
                   std::string_view body = {},
                   std::chrono::milliseconds time_max = call_time_max,
                   std::string_view key = {});

}  // namespace parlance::bench
