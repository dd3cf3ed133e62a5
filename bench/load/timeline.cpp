#include "bench/load/timeline.hpp"

#include <algorithm>

namespace parlance::bench {

void Timeline::begin(Time start) {
  until_ = start + period;
}

void Timeline::sent(Time now) {
  pass(now);
  ++current_.sent;
  current_.at_once_max = std::max(current_.at_once_max, ++at_once_);
}

void Timeline::first_text(Time now, std::chrono::nanoseconds took) {
  pass(now);
  first_texts_.record(took);
}

void Timeline::ended(Time now, TurnOutcome outcome, bool good, std::chrono::nanoseconds took) {
  pass(now);
  --at_once_;
  if (outcome == TurnOutcome::finished) {
    ++current_.finished;
    turns_.record(took);
  } else {
    ++(outcome == TurnOutcome::refused ? current_.refused : current_.failed);
  }
  if (good) ++current_.good;
}

void Timeline::pass(Time now) {
  while (now >= until_)
    close_interval();
}

void Timeline::end(Time now) {
  pass(now);
  close_interval();
}

void Timeline::close_interval() {
  if (turns_.count() > 0) {
    current_.turn_p50_ms = turns_.percentile_ms(50);
    current_.turn_p99_ms = turns_.percentile_ms(99);
    turns_.clear();
  }
  if (first_texts_.count() > 0) {
    current_.first_text_p50_ms = first_texts_.percentile_ms(50);
    current_.first_text_p99_ms = first_texts_.percentile_ms(99);
    first_texts_.clear();
  }
  intervals_.push_back(current_);
  current_ = {};
  current_.at_once_max = at_once_;
  until_ += period;
}

}  // namespace parlance::bench
