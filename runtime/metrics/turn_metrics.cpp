#include "runtime/metrics/turn_metrics.hpp"

namespace parlance {

TurnMetrics::TurnMetrics(Registry& registry)
    : accepted_(registry.counter("parlance_turns_accepted_total", "Turns that were accepted")),
      turn_seconds_(
          registry.seconds("parlance_turn_seconds", "Time from a turn's acceptance to its end")),
      repeated_(registry.counter("parlance_turns_repeated_total",
                                 "Requests that were answered by the turn that their "
                                 "Idempotency-Key had made before")),
      recovered_(registry.counter("parlance_turns_recovered_total",
                                  "Unfinished turns found on disk and taken up again")),
      steps_(registry.counter("parlance_steps_total", "Steps of turns done")),
      pieces_(registry.counter("parlance_pieces_total", "Pieces of streamed text written")),
      inside_(registry.gauge("parlance_mailbox_turns",
                             "Turns that hold a place in a thread's mailbox")),
      quarantined_(registry.gauge("parlance_turns_quarantined",
                                  "Turns that took their process down and wait for an operator")),
      resident_(registry.gauge("parlance_threads_resident", "Threads in memory")),
      thread_failures_(registry.counter("parlance_thread_failures_total",
                                        "Thread actors that ended by an exception")),
      evicted_(
          registry.counter("parlance_threads_evicted_total", "Idle threads that left memory")) {
  for (const auto& kind : all_error_kinds()) {
    refused_.push_back(&registry.counter("parlance_turns_refused_total",
                                         "Turns that were refused, by code",
                                         {{"code", std::string(kind.name)}}));
  }
  for (const char* outcome : {"finished", "failed", "cancelled", "paused", "rolled_back"}) {
    ended_.push_back(&registry.counter(
        "parlance_turns_ended_total", "Turns that ended, by outcome", {{"outcome", outcome}}));
  }
}

void TurnMetrics::turn_ended(TurnOutcome outcome, std::chrono::milliseconds took) {
  ended_[static_cast<std::size_t>(outcome)]->Increment();
  turn_seconds_.Observe(std::chrono::duration<double>(took).count());
}

}  // namespace parlance
