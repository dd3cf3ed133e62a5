// A load run second by second: what was sent, what became of it, and how long it took.
//
// Threading: one thread.
// Bounds: one Interval of 80 bytes for each period that passes.
#pragma once

#include "bench/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace parlance::bench {

enum class TurnOutcome : std::uint8_t {
  finished,  // answered to its end
  refused,   // 429 or 503
  failed,    // any other status, an error inside an answer, a broken connection, a timeout
};

// What ended in it; `sent` is what began.
struct Interval {
  std::uint32_t sent = 0;
  std::uint32_t finished = 0;
  std::uint32_t refused = 0;
  std::uint32_t failed = 0;
  std::uint32_t good = 0;
  std::uint32_t at_once_max = 0;  // turns under way
  double turn_p50_ms = 0;         // 0 where none finished
  double turn_p99_ms = 0;
  double first_text_p50_ms = 0;
  double first_text_p99_ms = 0;
};

class Timeline {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds period{500};

  void begin(Time start);
  void sent(Time now);
  void first_text(Time now, std::chrono::nanoseconds took);
  // `took`, of a finished turn.
  void ended(Time now, TurnOutcome outcome, bool good, std::chrono::nanoseconds took);
  // What has not been told by then does not belong to the past.
  void pass(Time now);
  void end(Time now);

  const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  void close_interval();

  Time until_;
  Interval current_;
  Histogram turns_;
  Histogram first_texts_;
  std::uint32_t at_once_ = 0;
  std::vector<Interval> intervals_;
};

}  // namespace parlance::bench
