// A bound on one figure of a load run, as text: what a gate asks for, and what find-max holds.
//
//   turn.p99<250ms   refused.share in 0.18..0.26   wrong_answers==0   finished.rate>=1000
//
//   sent, finished, refused, failed, good, wrong_answers, not_sent   counts; with .share, of all
//                       that were due (sent and not_sent), wrong_answers of the finished ones
//   sessions_finished, sessions_good   counts; with .share, of all sessions
//   with_retry_after    count; with .share, of the refused ones
//   finished.rate       a second
//   turn, service, first_text, first_text_service, gap, stall, per_text, session, refusal,
//   new_thread, start_delay
//                       with .mean, .min, .max or .p50 (any percentile: .p99.9); a duration
//
// Operators are < <= > >= == and `in LEAST..MOST`, both included.
//
// Threading: pure functions.
#pragma once

#include "bench/load/figures.hpp"
#include "runtime/base/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

struct Expectation {
  std::string text;
  // None: nothing was measured, such as the gaps of a run without streams.
  std::function<std::optional<double>(const Figures&)> measure;
  std::function<bool(double)> holds;
  bool is_time = false;  // milliseconds
};

// invalid_value, with the reason.
Result<Expectation> parse_expectation(std::string_view text);

struct Judgement {
  std::string text;  // of the expectation
  bool held = false;
  std::string measured;  // "213.4 ms"; "nothing measured", which does not hold
};

std::vector<Judgement> judge(const std::vector<Expectation>& expectations, const Figures& figures);
bool all_held(const std::vector<Judgement>& judgements);

}  // namespace parlance::bench
