// Every search of an agent's knowledge goes through here: answered, failed, or refused before it
// began.
//
//   Find --> a place in the queue (CallAdmitted), or Found with a refusal; runs when a slot is free
//   Abandon --> no answer comes; a search that runs keeps its slot until the index has answered
//
// Bounds: searches_at_once_max running, searches_waiting_max waiting. A search that takes longer
// than search_time_max fails typed (retriever_failed); so does one whose deadline passes while it
// waits (deadline_passed).
// Threading: an actor. The index reports from its own threads, as messages.
// Failure: as LlmPool.
#pragma once

#include "actors/messages.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/limits/call_queue.hpp"
#include "runtime/metrics/pool_metrics.hpp"
#include "runtime/ports/passage_index.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <unordered_map>

namespace parlance::actors {

struct RetrieverOptions {
  std::uint32_t searches_at_once_max = 2;
  std::uint32_t searches_waiting_max = 256;
  std::chrono::milliseconds search_time_max{10'000};
};

struct RetrieverPoolTools {
  PassageIndex& index;
  Registry& registry;
  const Clock& clock;
};

class RetrieverPool : public caf::event_based_actor {
 public:
  RetrieverPool(caf::actor_config& config, RetrieverOptions options, RetrieverPoolTools tools);

  const char* name() const override { return "retriever_pool"; }

 protected:
  caf::behavior make_behavior() override;

 private:
  struct Search {
    Find find;
    std::chrono::steady_clock::time_point since;
    bool running = false;
    bool answered = false;  // typed, before the index did; keeps its slot until it does
  };

  void accept(Find& find);
  void fill();
  void ended(SearchEnded& report);
  void check_times();
  void answer(Search& search, Result<Passages> passages);

  const RetrieverOptions options_;
  const RetrieverPoolTools tools_;
  PoolMetrics metrics_;
  CallQueue queue_;
  std::unordered_map<std::uint64_t, Search> searches_;
};

}  // namespace parlance::actors
