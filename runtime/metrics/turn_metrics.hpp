// What is counted of turns and threads.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/journal/event.hpp"
#include "runtime/metrics/registry.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace parlance {

// Threading: from any thread.
class TurnMetrics {
 public:
  explicit TurnMetrics(Registry& registry);

  void turn_accepted() { accepted_.Increment(); }
  void turn_refused(ErrorCode code) { refused_[static_cast<std::size_t>(code)]->Increment(); }
  void turn_ended(TurnOutcome outcome, std::chrono::milliseconds took);
  void turn_rolled_back() { ended_.back()->Increment(); }
  void turn_repeated() { repeated_.Increment(); }
  void turn_recovered() { recovered_.Increment(); }
  void step_done() { steps_.Increment(); }
  void pieces_shown(std::size_t pieces) { pieces_.Increment(static_cast<double>(pieces)); }

  void turn_inside() { inside_.Increment(); }
  void turn_left() { inside_.Decrement(); }

  void turn_quarantined() { quarantined_.Increment(); }
  void quarantine_left() { quarantined_.Decrement(); }

  void thread_resident() { resident_.Increment(); }
  void thread_gone() { resident_.Decrement(); }
  void thread_failed() { thread_failures_.Increment(); }
  void thread_evicted() { evicted_.Increment(); }

 private:
  Counter& accepted_;
  std::vector<Counter*> refused_;  // by error code
  std::vector<Counter*> ended_;    // by outcome; rolled back is the last one
  Histogram& turn_seconds_;
  Counter& repeated_;
  Counter& recovered_;
  Counter& steps_;
  Counter& pieces_;
  Gauge& inside_;
  Gauge& quarantined_;
  Gauge& resident_;
  Counter& thread_failures_;
  Counter& evicted_;
};

}  // namespace parlance
