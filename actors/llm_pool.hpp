// Every call to a model goes through here, and leaves by one of three doors: answered, failed, or
// refused before anything was spent on it.
//
//   Ask --> a place in a lane's queue (CallAdmitted), or Answered with a refusal
//   Proceed --> runs as soon as a slot is free; its pieces go straight to the asker (Said)
//   Abandon --> the place or slot is free at once, the provider's socket is closed, no answer comes
//
// A lane is one provider and model with a fixed number of slots and a bounded queue. A call tries
// the lanes of its role in order: it moves on only when its lane could not be reached
// (model_unavailable), was throttled by its provider (model_throttled) or has too short a context
// (context_length_exceeded), and nothing was said yet. A full queue is a refusal, not a reason to
// move on.
//
// A call whose turn would end before its slot is free is refused on entry: the wait is estimated as
// queued calls * mean call time / slots.
//
// Bounds: calls_at_once_max running and calls_waiting_max waiting calls a lane.
// Threading: an actor. Providers report from their own threads, as messages.
// Failure: an exception ends the pool; on its way out it cancels every call at its provider. The
// supervisor starts a new one and tells the askers (PartDown).
#pragma once

#include "actors/messages.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/limits/call_queue.hpp"
#include "runtime/metrics/lane_metrics.hpp"
#include "runtime/metrics/pool_metrics.hpp"
#include "runtime/ports/chat_provider.hpp"

#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace parlance::actors {

struct LaneOptions {
  std::string provider;
  std::string model;
  std::uint32_t calls_at_once_max = 8;
  std::uint32_t calls_waiting_max = 64;
};

// Role ("main") -> its lanes, in order of preference.
using RoleOptions = std::map<std::string, std::vector<LaneOptions>>;

// What the pool works with; outlives every generation of it.
struct LlmPoolTools {
  std::map<std::string, std::unique_ptr<ChatProvider>>& providers;
  Registry& registry;
  const Clock& clock;
};

class LlmPool : public caf::event_based_actor {
 public:
  LlmPool(caf::actor_config& config, const RoleOptions& roles, LlmPoolTools tools);

  const char* name() const override { return "llm_pool"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct Lane {
    Lane(LaneOptions options_in, ChatProvider& provider_in, Registry& registry);

    const LaneOptions options;
    ChatProvider& provider;
    PoolMetrics metrics;
    LaneMetrics tokens;
    CallQueue queue;
    double call_seconds_mean = 0;  // moving average of the time that a call holds its slot
  };
  struct Call {
    Ask ask;
    std::vector<Lane*>* lanes = nullptr;
    std::size_t lane = 0;                         // index into *lanes
    std::chrono::steady_clock::time_point since;  // it entered its queue, or took its slot
    CancelCall cancel;                            // set while it runs
  };

  void accept(Ask& ask);
  // Takes a place in the call's lane; an Error says why there is none.
  Result<void> enter_lane(std::uint64_t number, Call& call);
  void fill(Lane& lane);
  void start(std::uint64_t number, Lane& lane);
  void ended(CallEnded& report);
  void abandon(std::uint64_t number);
  void refuse(const Ask& ask, Error error);
  static void log_failure(const Lane& lane, const Call& call, const Error& error);

  const LlmPoolTools tools_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::map<std::string, std::vector<Lane*>> roles_;
  std::unordered_map<std::uint64_t, Call> calls_;
};

}  // namespace parlance::actors
