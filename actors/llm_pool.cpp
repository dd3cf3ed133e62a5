#include "actors/llm_pool.hpp"

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"
#include "runtime/llm/call_identity.hpp"
#include "runtime/llm/text.hpp"
#include "runtime/llm/tokens.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace parlance::actors {

// provider -> pool: the first piece of a call's answer is there.
struct FirstToken {
  std::uint64_t call = 0;
};

// provider -> pool: what it says of its limits, at the head of a call's answer.
struct LimitsTold {
  std::uint64_t call = 0;
  ToldQuotas quotas;
};

}  // namespace parlance::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parlance::actors::FirstToken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parlance::actors::LimitsTold)

namespace parlance::actors {
namespace {

using Outcome = Lane::Outcome;

constexpr std::uint32_t shared_answer_bytes_max = 256 * 1024;

LaneLimits limits_of(const LaneOptions& options) {
  LaneLimits limits;
  limits.at_once = {options.calls_at_once_min, options.calls_at_once_max, options.adapts};
  limits.calls_waiting_max = options.calls_waiting_max;
  limits.tokens_at_once_max = options.tokens_at_once_max;
  limits.minute = {options.requests_per_minute_max, options.tokens_per_minute_max};
  return limits;
}

// A call that its deadline or its client ended tells nothing of the provider.
Outcome outcome_of(const Result<ChatAnswer>& answer, bool said_something) {
  if (answer) return Outcome::answered;
  switch (answer.error().code) {
    case ErrorCode::model_throttled:
      return said_something ? Outcome::cut : Outcome::throttled;
    case ErrorCode::model_unavailable:
      return said_something ? Outcome::cut : Outcome::outage;
    case ErrorCode::context_length_exceeded:
    case ErrorCode::credentials_refused:
    case ErrorCode::provider_refused:
      return said_something ? Outcome::rejected : Outcome::unfit;
    case ErrorCode::provider_failed:
    case ErrorCode::answer_unfit:
      return Outcome::cut;
    case ErrorCode::deadline_passed:
    case ErrorCode::cancelled:
      return Outcome::cancelled;
    default:
      return Outcome::rejected;
  }
}

// Uniform in [0, 1), and another for each request and attempt: calls that failed together come back
// apart. The same whenever it is asked.
double random_of(const std::string& request_id, std::uint32_t attempt) {
  std::uint64_t mixed =
      (std::hash<std::string>()(request_id) * 31 + attempt + 1) * 0x9E3779B97F4A7C15U;
  mixed = (mixed ^ (mixed >> 31U)) * 0xBF58476D1CE4E5B9U;
  return static_cast<double>((mixed ^ (mixed >> 29U)) >> 11U) / 9007199254740992.0;
}

Error error_of(const Lane::Refusal& refusal, const LaneOptions& lane) {
  switch (refusal.why) {
    case Lane::Why::queue_full:
      return {ErrorCode::model_queue_full,
              "all places of " + lane.model + " are taken",
              {},
              refusal.retry_after};
    case Lane::Why::shed:
      return {ErrorCode::model_queue_full,
              "the queue of " + lane.model + " is kept for calls that are more critical",
              {},
              refusal.retry_after};
    case Lane::Why::would_miss_deadline:
      return {ErrorCode::would_miss_deadline,
              "the queue is longer than the turn has time",
              {},
              refusal.retry_after};
    case Lane::Why::used_up:
      return {ErrorCode::would_miss_deadline,
              "what " + lane.provider +
                  " lets go in a minute is used up for longer than the turn has time",
              {},
              refusal.retry_after};
    case Lane::Why::drained:
      return {ErrorCode::model_unavailable,
              lane.model + " is taken out of service",
              {},
              refusal.retry_after};
    case Lane::Why::provider_down:
      break;
  }
  return {ErrorCode::model_unavailable,
          lane.provider + " has failed too often and is left alone for a while",
          {},
          refusal.retry_after};
}

// Another lane may take the call.
bool is_the_lanes(Lane::Why why) {
  return why == Lane::Why::provider_down || why == Lane::Why::used_up || why == Lane::Why::drained;
}

}  // namespace

LlmPool::PoolLane::PoolLane(LaneOptions options_in, ChatProvider& provider_in, Registry& registry)
    : options(std::move(options_in)),
      provider(provider_in),
      metrics(registry, "llm", options.provider + "/" + options.model),
      lane_metrics(registry, options.provider + "/" + options.model),
      lane(limits_of(options)) {}

bool LlmPool::Call::has_elsewhere() const {
  return lane + 1 < lanes->size() && ask.request->model_override.empty();
}

Deadline LlmPool::Call::provider_deadline() const {
  return ask.request->joins_identical ? Deadline::at(Deadline::Clock::time_point::max())
                                      : ask.deadline;
}

const std::string& LlmPool::Call::model() const {
  const std::string& chosen = ask.request->model_override;
  return chosen.empty() ? at().options.model : chosen;
}

LlmPool::LlmPool(caf::actor_config& config, const RoleOptions& roles, LlmPoolTools tools)
    : caf::event_based_actor(config),
      tools_(tools) {
  for (const auto& [name, lanes] : roles) {
    Role& role = roles_.try_emplace(name, tools_.registry, name).first->second;
    for (const auto& lane : lanes) {
      role.lanes.push_back(&lane_of(lane));
      role.lane_names += lane.provider + '/' + lane.model + '\n';
    }
  }
  for (const auto& lane : lanes_) {
    show_bounds(*lane);
    show(*lane);
  }
}

LlmPool::PoolLane& LlmPool::lane_of(const LaneOptions& options) {
  const auto named = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
    return lane->options.provider == options.provider && lane->options.model == options.model;
  });
  if (named != lanes_.end()) return **named;
  return *lanes_.emplace_back(
      std::make_unique<PoolLane>(options, *tools_.providers.at(options.provider), tools_.registry));
}

caf::behavior LlmPool::make_behavior() {
  return {
      [this](Ask& ask) { accept(ask); },
      [this](Proceed proceed) {
        const auto shared = joined_.ready(proceed.call);
        if (!shared) return;
        PoolLane& lane = calls_.at(*shared).at();
        lane.lane.ready(*shared);
        advance(lane);
      },
      [this](Abandon gone) { abandon(gone.call); },
      [this](FirstToken first) {
        const auto found = calls_.find(first.call);
        if (found == calls_.end()) return;
        PoolLane& lane = found->second.at();
        lane.lane.first_token(first.call, tools_.clock.now());
        advance(lane);
      },
      [this](const LimitsTold& told) { limited(told.call, told.quotas); },
      [this](CallEnded& report) { ended(report); },
      [this](TuneLanes& tuning) { tune(*tuning.job); },
      [this](Tick) { wake(); },
  };
}

void LlmPool::on_exit() {
  for (auto& [number, call] : calls_) {
    if (call.cancel) call.cancel();
  }
  calls_.clear();
  askers_.clear();
  for (auto& lane : lanes_)
    lane->metrics.filled(0, 0);
}

void LlmPool::tune(LaneJob& job) {
  const auto tell = std::exchange(job.done, nullptr);
  if (const auto* wish = std::get_if<CallWish>(&job.what)) return tell(lanes_for(*wish));
  const auto* const wanted = std::get_if<LaneChange>(&job.what);
  if (wanted != nullptr) {
    if (auto changed = change(*wanted); !changed) return tell(changed.error());
  }
  std::vector<LaneView> views;
  for (const auto& lane : lanes_) {
    if (wanted == nullptr || lane->is(*wanted)) views.push_back(view_of(*lane));
  }
  tell(std::move(views));
}

std::vector<LaneView> LlmPool::lanes_for(const CallWish& wish) const {
  std::vector<LaneView> views;
  const auto role = roles_.find(wish.role);
  if (role == roles_.end()) return views;
  for (PoolLane* const lane : role->second.lanes) {
    LaneView& view = views.emplace_back(view_of(*lane));
    view.wait =
        lane->lane.wait(wish.tenant, wish.tokens, tools_.clock.now(), class_of(wish.caller_key));
    if (wish.keeps_lane) break;
  }
  return views;
}

// All of them, or none.
Result<void> LlmPool::change(const LaneChange& change) {
  std::vector<PoolLane*> named;
  for (const auto& lane : lanes_) {
    if (lane->is(change)) named.push_back(lane.get());
  }
  if (named.empty()) return Error{ErrorCode::not_found, "there is no such lane", {}, {}};
  const auto min_of = [&](const PoolLane& lane) {
    return change.calls_at_once_min.value_or(lane.lane.limit().options().calls_at_once_min);
  };
  const auto max_of = [&](const PoolLane& lane) {
    return change.calls_at_once_max.value_or(lane.lane.limit().options().calls_at_once_max);
  };
  for (const PoolLane* lane : named) {
    if (min_of(*lane) > max_of(*lane)) {
      return Error{ErrorCode::invalid_value,
                   "must not be above calls_at_once_max",
                   change.calls_at_once_min ? "calls_at_once_min" : "calls_at_once_max",
                   {}};
    }
  }
  for (PoolLane* lane : named) {
    lane->lane.bound(min_of(*lane),
                     max_of(*lane),
                     change.calls_waiting_max.value_or(lane->lane.calls_waiting_max()));
    show_bounds(*lane);
    if (change.mode) lane->lane.set_mode(*change.mode);
    log_info("lane_changed",
             {{"provider", change.provider},
              {"model", change.model},
              {"mode", to_string(lane->lane.mode())},
              {"calls_at_once_min", min_of(*lane)},
              {"calls_at_once_max", max_of(*lane)},
              {"calls_waiting_max", lane->lane.calls_waiting_max()}});
    advance(*lane);
  }
  return {};
}

LaneView LlmPool::view_of(PoolLane& lane) const {
  LaneView view;
  view.provider = lane.options.provider;
  view.model = lane.options.model;
  for (const auto& [name, role] : roles_) {
    const auto& lanes = role.lanes;
    if (std::find(lanes.begin(), lanes.end(), &lane) != lanes.end()) view.roles.push_back(name);
  }
  const auto now = tools_.clock.now();
  const ConcurrencyLimit& limit = lane.lane.limit();
  view.mode = lane.lane.mode();
  view.calls_at_once = limit.limit();
  view.calls_at_once_min = limit.options().calls_at_once_min;
  view.calls_at_once_max = limit.options().calls_at_once_max;
  view.adapts = limit.options().adapts;
  view.reason = limit.reason();
  view.running = lane.lane.running();
  view.waiting = lane.lane.waiting();
  view.calls_waiting_max = lane.lane.calls_waiting_max();
  view.waiting_by_tenant = lane.lane.waiting_by_tenant();
  view.weight_by_tenant = lane.lane.weight_by_tenant();
  for (std::size_t each = 0; each < criticality_names.size(); ++each)
    view.waiting_by_criticality.at(each) = lane.lane.waiting_of(static_cast<Criticality>(each));
  view.wait = lane.lane.wait({}, 1, now);
  for (const auto& [tenant, calls] : view.waiting_by_tenant)
    view.wait = std::max(view.wait, lane.lane.wait(tenant, 1, now));
  view.breaker = lane.lane.breaker().state();
  view.retries_left = lane.lane.retries_left();
  view.held_by = lane.lane.held_by(now);
  view.requests_told = lane.lane.quotas().requests().left(now);
  view.tokens_told = lane.lane.quotas().tokens().left(now);
  view.requests_per_minute_max = lane.options.requests_per_minute_max;
  view.tokens_per_minute_max = lane.options.tokens_per_minute_max;
  view.takes_calls = lane.lane.usable_at() <= now;
  return view;
}

void LlmPool::refuse(const Ask& ask, Error error) {
  caf::anon_send(ask.asker,
                 Answered{ask.call, std::make_shared<Result<ChatAnswer>>(std::move(error))});
}

void LlmPool::accept(Ask& ask) {
  PARLANCE_FAILPOINT("llm_pool.ask");
  const auto role = roles_.find(ask.request->role);
  if (role == roles_.end() || role->second.lanes.empty()) {
    return refuse(ask,
                  {ErrorCode::model_unavailable, "no lane for role " + ask.request->role, {}, {}});
  }
  const ChatRequest& request = *ask.request;
  const bool has_like = request.joins_identical || request.answer_kept_time.count() > 0;
  const std::string identity =
      has_like ? call_identity(ask.tenant, role->second.lane_names, request) : std::string();
  if (answer_as_before(ask, identity, role->second)) return;
  const auto shared = request.joins_identical ? joined_.find(identity) : std::nullopt;
  if (!shared || is_forgotten(calls_.at(*shared)) || !follow(*shared, ask))
    return lead(ask, role->second, identity);
  role->second.metrics.joined();
}

bool LlmPool::is_forgotten(const Call& call) const {
  return tools_.kept_answers != nullptr && call.forgets_before != tools_.kept_answers->forgets();
}

bool LlmPool::answer_as_before(const Ask& ask, const std::string& identity, Role& role) {
  if (tools_.kept_answers == nullptr || ask.request->answer_kept_time.count() == 0) return false;
  auto kept = tools_.kept_answers->find(identity, tools_.clock.unix_ms());
  role.metrics.looked_up(kept.has_value());
  if (!kept) return false;
  caf::anon_send(ask.asker, CallAdmitted{ask.call});
  if (auto pieces = pieces_of(kept->text); !pieces.empty())
    caf::anon_send(ask.asker, Said{ask.call, std::move(pieces), true});
  caf::anon_send(
      ask.asker,
      Answered{ask.call, std::make_shared<Result<ChatAnswer>>(std::move(*kept)), {}, {}, true});
  return true;
}

void LlmPool::watch_prompts(PoolLane& lane, const Usage& usage) {
  if (PromptCacheWatch::is_miss(usage.tokens_in, usage.tokens_in_cached))
    lane.lane_metrics.long_prompt_missed();
  if (lane.prompt_cache.answered(usage.tokens_in, usage.tokens_in_cached)) {
    log_warn("prompts_not_kept",
             {{"provider", lane.options.provider},
              {"model", lane.options.model},
              {"long_prompts", PromptCacheWatch::misses_max}});
  }
}

void LlmPool::account(PoolLane& lane, const Call& call, const ChatAnswer& answer) {
  const Usage& usage = answer.usage;
  lane.lane_metrics.answered(usage.tokens_in, usage.tokens_in_cached, usage.tokens_out);
  roles_.at(call.ask.request->role).metrics.read(usage.tokens_in, usage.tokens_in_cached);
  if (call.ask.request->embeds) return;  // no provider keeps what it embeds
  if (answer.usage_is_told) watch_prompts(lane, usage);
  const auto time = call.ask.request->answer_kept_time;
  if (tools_.kept_answers == nullptr || time.count() == 0) return;
  tools_.kept_answers->keep({call.ask.tenant, call.identity},
                            answer,
                            tools_.clock.unix_ms() + time.count(),
                            call.forgets_before);
}

bool LlmPool::follow(std::uint64_t shared, const Ask& ask) {
  Call& call = calls_.at(shared);
  if (!call.audience->add(listener(ask, call.bill))) return false;
  joined_.follow(ask.call, shared);
  askers_[ask.call] = ask.asker;
  if (ask.deadline.when() > call.ask.deadline.when()) call.ask.deadline = ask.deadline;
  call.at().lane.extend(shared, call.ask.deadline.when(), class_of(ask.caller_key));
  return true;
}

CallClass LlmPool::class_of(const std::string& key) const {
  return tools_.class_of_key ? tools_.class_of_key(key) : CallClass{};
}

void LlmPool::lead(Ask& ask, const Role& role, const std::string& identity) {
  const std::uint64_t number = ask.call;
  const bool is_joined = ask.request->joins_identical;
  const CallTokens tokens(tokens_max_of(*ask.request), ask.request->tokens_out_max);
  Call call{std::move(ask),
            &role.lanes,
            tokens,
            identity,
            tools_.kept_answers != nullptr ? tools_.kept_answers->forgets() : 0,
            std::make_shared<Audience>(is_joined ? shared_answer_bytes_max : 0)};
  if (auto entered = enter_lane(number, call); !entered) return refuse(call.ask, entered.error());
  call.audience->add(listener(call.ask, call.bill));
  joined_.lead(number, is_joined ? identity : std::string());
  askers_[number] = call.ask.asker;
  PoolLane& lane = calls_.insert_or_assign(number, std::move(call)).first->second.at();
  advance(lane);  // another call may have lost its place to it
}

Audience::Listener LlmPool::listener(const Ask& ask, std::shared_ptr<SharedBill> bill) {
  return {ask.call,
          [asker = ask.asker, call = ask.call, run = ask.run.value, bill = std::move(bill)] {
            bill->join(call, run);
            caf::anon_send(asker, CallAdmitted{call, bill});
          },
          [asker = ask.asker, call = ask.call](std::vector<std::string> pieces, bool are_last) {
            caf::anon_send(asker, Said{call, std::move(pieces), are_last});
          }};
}

Result<void> LlmPool::enter_lane(std::uint64_t number, Call& call) {
  PoolLane& lane = call.at();
  const auto refusal = lane.lane.enter({number,
                                        call.ask.tenant,
                                        call.tokens,
                                        call.ask.deadline.when(),
                                        class_of(call.ask.caller_key)},
                                       tools_.clock.now());
  if (!refusal) {
    show(lane);
    return {};
  }
  if (is_the_lanes(refusal->why) && call.has_elsewhere()) return enter_next_lane(number, call);
  Error error = error_of(*refusal, lane.options);
  lane.metrics.call_refused(error.code);
  return error;
}

Result<void> LlmPool::enter_next_lane(std::uint64_t number, Call& call) {
  ++call.lane;
  return enter_lane(number, call);
}

void LlmPool::advance(PoolLane& lane) {
  while (const auto step = lane.lane.next(tools_.clock.now())) {
    if (!step->refusal) {
      start(*step, lane);
      continue;
    }
    Error error = error_of(*step->refusal, lane.options);
    lane.metrics.call_refused(error.code);
    auto failed = std::make_shared<Result<ChatAnswer>>(std::move(error));
    if (is_the_lanes(step->refusal->why)) {
      move_on(step->call, std::move(failed));
    } else {
      answer(step->call, std::move(failed));
    }
  }
  show(lane);
  wake_later(lane);
}

void LlmPool::show(PoolLane& lane) {
  lane.metrics.filled(lane.lane.running(), lane.lane.waiting());
  lane.lane_metrics.limited(lane.lane.limit().limit());
  lane.lane_metrics.held(lane.lane.waiting() > 0 &&
                         lane.lane.held_by(tools_.clock.now()) != HeldBy::nothing);
  tell_usable();
}

void LlmPool::show_bounds(PoolLane& lane) {
  const ConcurrencyOptions& bounds = lane.lane.limit().options();
  lane.lane_metrics.bounded(bounds.calls_at_once_max, lane.lane.calls_waiting_max(), bounds.adapts);
}

void LlmPool::tell_usable() {
  Lane::Time all = Lane::Time::min();
  for (const auto& [name, role] : roles_) {
    Lane::Time any = Lane::Time::max();
    for (const PoolLane* lane : role.lanes)
      any = std::min(any, lane->lane.usable_at());
    all = std::max(all, any);
  }
  *tools_.usable_at = all;
}

void LlmPool::wake_later(PoolLane& lane) {
  const auto now = tools_.clock.now();
  if (const auto wake = lane.lane.wake_at(now)) wake_later(*wake, now);
}

void LlmPool::wake_later(Lane::Time wake, Lane::Time now) {
  if (wakes_at_ && *wakes_at_ <= wake) return;
  wakes_at_ = wake;
  delayed_send(this, wake - now, Tick{});
}

// A Tick that comes earlier than the next one is wanted is one that an earlier took the place of.
void LlmPool::wake() {
  const auto now = tools_.clock.now();
  if (!wakes_at_ || now < *wakes_at_) return;
  wakes_at_ = Lane::Time::min();  // so that no lane sends one of its own
  for (auto& lane : lanes_)
    advance(*lane);
  wakes_at_.reset();
  std::optional<Lane::Time> next;
  for (auto& lane : lanes_) {
    const auto wake = lane->lane.wake_at(now);
    if (wake && (!next || *wake < *next)) next = wake;
  }
  if (next) wake_later(*next, now);
}

void LlmPool::start(const Lane::Step& step, PoolLane& lane) {
  const std::uint64_t number = step.call;
  Call& call = calls_.at(number);
  const auto now = tools_.clock.now();
  lane.metrics.call_started(now - step.since);
  call.sent_at = now;
  ++call.attempts;
  call.bill->sent(lane.options.provider, call.model());
  const auto self = caf::actor_cast<caf::actor>(this);
  ProviderReports reports;
  reports.said = [self, audience = call.audience, number](std::vector<std::string> pieces,
                                                          bool are_last) {
    if (audience->say(std::move(pieces), are_last)) caf::anon_send(self, FirstToken{number});
  };
  const auto told = std::make_shared<Usage>();
  reports.used = [told](const Usage& usage) { *told = usage; };
  // A client that chose another model is told the limits of that.
  if (lane.options.reads_limits && call.model() == lane.options.model) {
    reports.limited = [self, number](const ToldQuotas& quotas) {
      caf::anon_send(self, LimitsTold{number, quotas});
    };
  }
  reports.ended = [self, audience = call.audience, told, number](Result<ChatAnswer> answer) {
    caf::anon_send(self,
                   CallEnded{number,
                             audience->has_heard(),
                             std::make_shared<Result<ChatAnswer>>(std::move(answer)),
                             *told});
  };
  call.cancel = lane.provider.start(
      {call.model(), *call.ask.request, call.provider_deadline(), call.ask.request_id},
      std::move(reports));
}

void LlmPool::limited(std::uint64_t number, const ToldQuotas& quotas) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;  // abandoned
  PoolLane& lane = found->second.at();
  lane.lane.told(number, quotas, tools_.clock.now());
  advance(lane);
}

void LlmPool::ended(CallEnded& report) {
  const auto found = calls_.find(report.call);
  if (found == calls_.end()) return;  // abandoned
  Call& call = found->second;
  PoolLane& lane = call.at();
  const auto now = tools_.clock.now();
  const bool ok = static_cast<bool>(*report.answer);
  Lane::Ending ending;
  ending.outcome = outcome_of(*report.answer, report.said_something);
  ending.has_elsewhere = call.has_elsewhere();
  ending.random = random_of(call.ask.request_id, call.attempts);
  if (ok) {
    ChatAnswer& answer = **report.answer;
    answer.usage_is_told = answer.usage != Usage{};
    if (!answer.usage_is_told) answer.usage = estimated_usage(*call.ask.request, answer);
    const Usage& usage = answer.usage;
    ending.tokens_used = std::uint64_t{usage.tokens_in} + usage.tokens_out;
    ending.tokens_answered = usage.tokens_out;
    account(lane, call, answer);
  } else {
    ending.retry_after = report.answer->error().retry_after;
    log_failure(lane, call, report.answer->error());
  }
  lane.metrics.call_ended(ok, now - call.sent_at);
  if (ending.outcome == Outcome::throttled)
    lane.lane_metrics.throttled_beside(lane.lane.running_before(report.call));
  call.cancel = nullptr;
  switch (lane.lane.ended(report.call, ending, now)) {
    case Lane::After::over:
      answer(report.call, std::move(report.answer), report.told);
      break;
    case Lane::After::again:
      call.bill->failed(report.told);
      break;
    case Lane::After::elsewhere:
      call.bill->failed(report.told);
      move_on(report.call, std::move(report.answer));
      break;
  }
  advance(lane);
}

void LlmPool::move_on(std::uint64_t number, std::shared_ptr<Result<ChatAnswer>> failed) {
  Call& call = calls_.at(number);
  if (!call.has_elsewhere() || !enter_next_lane(number, call))
    return answer(number, std::move(failed));
  PoolLane& next = call.at();
  if (joined_.is_ready(number)) next.lane.ready(number);
  advance(next);
}

void LlmPool::answer(std::uint64_t number,
                     std::shared_ptr<Result<ChatAnswer>> answer,
                     const Usage& told) {
  const auto found = calls_.find(number);
  const std::string provider = found->second.at().options.provider;
  const std::string model = found->second.model();
  const auto payer = found->second.bill->end(*answer ? (*answer)->usage : told);
  calls_.erase(found);
  for (const std::uint64_t member : joined_.end(number)) {
    const auto asker = askers_.extract(member);
    const bool is_paid_for = member != payer;
    auto own = std::make_shared<Result<ChatAnswer>>(*answer);
    if (is_paid_for && *own) {
      (*own)->usage = {};
      (*own)->source = AnswerSource::shared_call;
    }
    caf::anon_send(asker.mapped(), Answered{member, std::move(own), provider, model, is_paid_for});
  }
}

void LlmPool::abandon(std::uint64_t member) {
  const auto left = joined_.leave(member);
  if (!left) return;
  askers_.erase(member);
  const std::uint64_t number = left->shared;
  const auto found = calls_.find(number);
  PoolLane& lane = found->second.at();
  found->second.bill->leave(member);
  if (!left->is_empty) {
    found->second.audience->remove(member);
    if (!left->has_ready) lane.lane.hold(number);
    return;
  }
  const auto now = tools_.clock.now();
  if (found->second.cancel) {
    found->second.cancel();
    lane.metrics.call_ended(false, now - found->second.sent_at);
  }
  lane.lane.leave(number, now);
  calls_.erase(found);
  advance(lane);
}

void LlmPool::log_failure(const PoolLane& lane, const Call& call, const Error& error) const {
  const auto took = tools_.clock.now() - call.sent_at;
  log_warn("model_call_failed",
           {{"request", call.ask.request_id},
            {"tenant", call.ask.tenant},
            {"provider", lane.options.provider},
            {"model", lane.options.model},
            {"code", to_string(error.code)},
            {"detail", own_words_of(error)},
            {"attempt", call.attempts},
            {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
}

}  // namespace parlance::actors
