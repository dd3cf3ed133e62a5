// Every call to a model goes through here, and leaves by one of three doors: answered, failed, or
// refused before anything was spent on it.
//
//   Ask --> a place in a lane's queue (CallAdmitted), or Answered with a refusal
//   Proceed --> runs as soon as a slot is free; its pieces go straight to the asker (Said)
//   Abandon --> the place or slot is free at once, the provider's socket is closed, no answer comes
//
// Calls of a tenant that are the same (runtime/llm/call_identity.hpp) and under way at once are one
// call: those who ask later follow it. They take no place in a lane, hear all that is said in it
// from its start, and get its answer, be it a failure. Each keeps its own deadline and may abandon
// it; the call ends when nobody wants it. Until it runs it is as critical as the most critical of
// them. It is charged to the oldest who is there when it ends, the newest of one run (SharedBill):
// the others are told a usage of 0 (AnswerSource::shared_call).
//
// An answer that an agent lets be kept answers later calls like its own at once, and costs nothing.
//
// A lane (runtime/limits/lane.hpp) is one provider and model, with as many slots as it turns out to
// bear and a bounded queue, and is one however many roles name it. It decides what becomes of a
// call; the pool carries it out.
//
// A call tries the lanes of its role in order. It moves on when its lane is down, throttles or has
// used its provider's limits up beyond the call's deadline, has a model whose context is too short,
// or a key or an account that its provider refuses, and nothing was said yet. A full queue, or one
// too long for the deadline, is a refusal, not a reason to move on. A call whose client chose the
// provider's model stays on its lane.
//
// Bounds: a lane's limits, and those of JoinedCalls; see there. A call of which more than 256 KiB
// were said is not followed any more.
// Threading: an actor. Providers report from their own threads, as messages.
// Failure: an exception ends the pool; on its way out it cancels every call at its provider. The
// supervisor starts a new one, whose lanes learn anew, and tells the askers (PartDown).
#pragma once

#include "actors/lane_job.hpp"
#include "actors/messages.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/limits/audience.hpp"
#include "runtime/limits/joined_calls.hpp"
#include "runtime/limits/lane.hpp"
#include "runtime/limits/prompt_cache_watch.hpp"
#include "runtime/llm/kept_answers.hpp"
#include "runtime/metrics/lane_metrics.hpp"
#include "runtime/metrics/pool_metrics.hpp"
#include "runtime/metrics/role_metrics.hpp"
#include "runtime/ports/chat_provider.hpp"
#include "runtime/ports/pools.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parlance::actors {

struct LaneOptions {
  std::string provider;
  std::string model;
  std::uint32_t calls_at_once_max = 256;
  std::uint32_t calls_waiting_max = 64;
  std::uint32_t calls_at_once_min = 1;
  bool adapts = true;                    // else calls_at_once_max is the limit
  std::uint64_t tokens_at_once_max = 0;  // 0: no limit, here and below
  std::uint64_t requests_per_minute_max = 0;
  std::uint64_t tokens_per_minute_max = 0;
  bool reads_limits = true;  // what the provider says of its limits binds the lane
};

// Role ("main") -> its lanes, in order of preference.
using RoleOptions = std::map<std::string, std::vector<LaneOptions>>;

// What the keys say of their calls, by their id, as it is now: so a turn that goes on after a
// restart, whose record names its key, has its place among the others again.
//
// Threading: called from the pool; must not block.
using ClassOfKey = std::function<CallClass(const std::string& key)>;

// What the pool works with; outlives every generation of it.
struct LlmPoolTools {
  std::map<std::string, std::unique_ptr<ChatProvider>>& providers;
  Registry& registry;
  const Clock& clock;
  KeptAnswers* kept_answers = nullptr;  // null: none are kept
  // Told by the pool, for readiness: from when on each role has a lane that takes calls. A lane
  // that is left alone is taken for usable once it may be tried again, so that a node from which
  // calls are kept away because it is not ready finds out.
  std::shared_ptr<std::atomic<Lane::Time>> usable_at =
      std::make_shared<std::atomic<Lane::Time>>(Lane::Time::min());
  ClassOfKey class_of_key = nullptr;  // null: all keys are alike
};

class LlmPool : public caf::event_based_actor {
 public:
  LlmPool(caf::actor_config& config, const RoleOptions& roles, LlmPoolTools tools);

  const char* name() const override { return "llm_pool"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;

 private:
  struct PoolLane {
    PoolLane(LaneOptions options_in, ChatProvider& provider_in, Registry& registry);

    bool is(const LaneChange& named) const {
      return options.provider == named.provider && options.model == named.model;
    }

    const LaneOptions options;  // as configured
    ChatProvider& provider;
    PoolMetrics metrics;
    LaneMetrics lane_metrics;
    PromptCacheWatch prompt_cache;
    Lane lane;
  };
  struct Role {
    Role(Registry& registry, const std::string& name) : metrics(registry, name) {}

    std::vector<PoolLane*> lanes;
    std::string lane_names;  // "provider/model" of each, a line each
    RoleMetrics metrics;
  };
  // One that is made, for those who share it.
  struct Call {
    Ask ask;  // of the first of them; its deadline is the latest of theirs
    const std::vector<PoolLane*>* lanes = nullptr;
    CallTokens tokens;
    std::string identity{};            // of a call that others may be answered with, else empty
    std::uint64_t forgets_before = 0;  // KeptAnswers::forgets()
    std::shared_ptr<Audience> audience = nullptr;
    std::shared_ptr<SharedBill> bill = std::make_shared<SharedBill>();
    std::size_t lane = 0;                             // index into *lanes
    std::uint32_t attempts = 0;                       // that were made, at all lanes
    std::chrono::steady_clock::time_point sent_at{};  // while it runs
    CancelCall cancel = nullptr;                      // set while it runs

    PoolLane& at() const { return *(*lanes)[lane]; }
    bool has_elsewhere() const;
    // What the provider is told: of a call that others may join, none, because each has its own.
    Deadline provider_deadline() const;
    const std::string& model() const;  // that its lane asks for
  };

  void tune(LaneJob& job);
  Result<void> change(const LaneChange& change);
  LaneView view_of(PoolLane& lane) const;
  std::vector<LaneView> lanes_for(const CallWish& wish) const;
  void accept(Ask& ask);
  // True when there was an answer for it.
  bool answer_as_before(const Ask& ask, const std::string& identity, Role& role);
  // Kept answers were forgotten since it was asked for: who asks now wants another answer.
  bool is_forgotten(const Call& call) const;
  // False when the call that `ask` is like cannot be followed any more.
  bool follow(std::uint64_t shared, const Ask& ask);
  void lead(Ask& ask, const Role& role, const std::string& identity);
  CallClass class_of(const std::string& key) const;
  static Audience::Listener listener(const Ask& ask, std::shared_ptr<SharedBill> bill);
  // Takes a place in the first lane, from the call's on, that is not down; an Error says why there
  // is none.
  Result<void> enter_lane(std::uint64_t number, Call& call);
  Result<void> enter_next_lane(std::uint64_t number, Call& call);
  PoolLane& lane_of(const LaneOptions& options);
  void show(PoolLane& lane);
  void show_bounds(PoolLane& lane);
  void tell_usable();
  // Carries out what the lane says, until it says nothing.
  void advance(PoolLane& lane);
  void start(const Lane::Step& step, PoolLane& lane);
  void limited(std::uint64_t number, const ToldQuotas& quotas);
  void ended(CallEnded& report);
  // What is left for a call whose lane does not serve it: the next one, or `answer`.
  void move_on(std::uint64_t number, std::shared_ptr<Result<ChatAnswer>> answer);
  void abandon(std::uint64_t member);
  void wake_later(PoolLane& lane);
  void wake_later(Lane::Time wake, Lane::Time now);
  void wake();
  void watch_prompts(PoolLane& lane, const Usage& usage);
  // Counts what an answer cost, and keeps it where it may be given again.
  void account(PoolLane& lane, const Call& call, const ChatAnswer& answer);
  // `told`: by the provider, of a call that was cut.
  void answer(std::uint64_t number,
              std::shared_ptr<Result<ChatAnswer>> answer,
              const Usage& told = {});
  void refuse(const Ask& ask, Error error);
  void log_failure(const PoolLane& lane, const Call& call, const Error& error) const;

  const LlmPoolTools tools_;
  std::vector<std::unique_ptr<PoolLane>> lanes_;
  std::map<std::string, Role> roles_;
  std::unordered_map<std::uint64_t, Call> calls_;
  std::unordered_map<std::uint64_t, caf::actor> askers_;
  JoinedCalls joined_;
  std::optional<Lane::Time> wakes_at_;  // the next Tick that is wanted is under way
};

}  // namespace parlance::actors
