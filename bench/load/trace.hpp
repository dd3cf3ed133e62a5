// Recorded loads, read from a file.
//
//   *.jsonl   a line each: {"timestamp": MS, "input_length": N, "output_length": N}, with
//             "session_id" (a number), or "hash_ids" as Mooncake's (arXiv 2407.00079)
//   *.csv     a head line with the columns TIMESTAMP ("2023-11-16 18:15:46.68" or seconds),
//             ContextTokens or "Request tokens", GeneratedTokens or "Response tokens", and perhaps
//             "Session ID": as Azure's and BurstGPT's
//
// Threading: pure functions.
// Bounds: trace_rows_max rows.
#pragma once

#include "bench/load/plan.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

inline constexpr std::size_t trace_rows_max = 2'000'000;

// In order of time, the first at 0. `scale` 2: twice as fast. invalid_value, with the line.
Result<std::vector<TraceRow>> parse_trace_jsonl(std::string_view text, double scale);
Result<std::vector<TraceRow>> parse_trace_csv(std::string_view text, double scale);
Result<std::vector<TraceRow>> read_trace(const std::string& file, double scale);

}  // namespace parlance::bench
