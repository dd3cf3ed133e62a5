// What is counted of the journal.
#pragma once

#include "runtime/metrics/registry.hpp"
#include "runtime/ports/journal.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace parlance {

// Threading: from any thread.
class JournalMetrics {
 public:
  explicit JournalMetrics(Registry& registry);

  void append_answered(AppendOutcome outcome);
  // A synced one; `records` are events.
  void batch_written(std::size_t records,
                     std::size_t bytes,
                     std::chrono::steady_clock::duration took);
  void opened(bool ok, std::chrono::steady_clock::duration took);
  void read_answered();
  void read_refused();
  void thread_erased();
  void record_damaged();
  void swept(std::uint64_t threads_expired,
             std::size_t ranges_compacted,
             std::chrono::steady_clock::duration took);
  void threads_open(std::size_t count);

 private:
  Counter& appends_committed_;
  Counter& appends_fenced_;
  Counter& appends_failed_;
  Counter& batches_;
  Counter& records_;
  Counter& bytes_;
  Histogram& write_seconds_;
  Counter& opens_ok_;
  Counter& opens_failed_;
  Histogram& open_seconds_;
  Counter& reads_;
  Counter& reads_refused_;
  Counter& erased_;
  Counter& damaged_;
  Counter& sweeps_;
  Counter& compactions_;
  Counter& expired_;
  Histogram& sweep_seconds_;
  Gauge& open_;
};

}  // namespace parlance
