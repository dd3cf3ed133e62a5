#include "actors/llm_pool.hpp"

#include "runtime/base/failpoint.hpp"
#include "runtime/base/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

namespace parlance::actors {
namespace {

bool another_lane_may_help(ErrorCode code) {
  return code == ErrorCode::model_unavailable || code == ErrorCode::model_throttled ||
         code == ErrorCode::context_length_exceeded;
}

}  // namespace

LlmPool::Lane::Lane(LaneOptions options_in, ChatProvider& provider_in, Registry& registry)
    : options(std::move(options_in)),
      provider(provider_in),
      metrics(registry, "llm", options.provider + "/" + options.model),
      tokens(registry, options.provider + "/" + options.model),
      queue({options.calls_at_once_max, options.calls_waiting_max}) {}

LlmPool::LlmPool(caf::actor_config& config, const RoleOptions& roles, LlmPoolTools tools)
    : caf::event_based_actor(config),
      tools_(tools) {
  for (const auto& [role, lanes] : roles) {
    for (const auto& lane : lanes) {
      lanes_.push_back(
          std::make_unique<Lane>(lane, *tools_.providers.at(lane.provider), tools_.registry));
      roles_[role].push_back(lanes_.back().get());
    }
  }
}

caf::behavior LlmPool::make_behavior() {
  return {
      [this](Ask& ask) { accept(ask); },
      [this](Proceed proceed) {
        const auto found = calls_.find(proceed.call);
        if (found == calls_.end()) return;
        Lane& lane = *(*found->second.lanes)[found->second.lane];
        lane.queue.ready(proceed.call);
        fill(lane);
      },
      [this](Abandon gone) { abandon(gone.call); },
      [this](CallEnded& report) { ended(report); },
  };
}

void LlmPool::on_exit() {
  for (auto& [number, call] : calls_) {
    if (call.cancel) call.cancel();
  }
  calls_.clear();
  for (auto& lane : lanes_)
    lane->metrics.filled(0, 0);
}

void LlmPool::refuse(const Ask& ask, Error error) {
  caf::anon_send(ask.asker,
                 Answered{ask.call, std::make_shared<Result<ChatAnswer>>(std::move(error))});
}

void LlmPool::accept(Ask& ask) {
  PARLANCE_FAILPOINT("llm_pool.ask");
  const auto role = roles_.find(ask.request->role);
  if (role == roles_.end() || role->second.empty()) {
    return refuse(ask,
                  {ErrorCode::model_unavailable, "no lane for role " + ask.request->role, {}, {}});
  }
  const std::uint64_t number = ask.call;
  Call& call = calls_.insert_or_assign(number, Call{std::move(ask), &role->second, 0, {}, nullptr})
                   .first->second;
  if (auto entered = enter_lane(number, call); !entered) {
    refuse(call.ask, entered.error());
    calls_.erase(number);
    return;
  }
  caf::anon_send(call.ask.asker, CallAdmitted{number});
}

Result<void> LlmPool::enter_lane(std::uint64_t number, Call& call) {
  Lane& lane = *(*call.lanes)[call.lane];
  const auto now = tools_.clock.now();
  const double slots = std::max<double>(1, lane.options.calls_at_once_max);
  // Nobody waits while a slot is free.
  const bool all_busy =
      lane.queue.running() + lane.queue.waiting() >= lane.options.calls_at_once_max;
  const double wait_seconds =
      all_busy ? static_cast<double>(lane.queue.waiting() + 1) * lane.call_seconds_mean / slots : 0;
  const auto advice = std::chrono::milliseconds(
      std::clamp(
          static_cast<std::int64_t>(std::ceil(wait_seconds)), std::int64_t{1}, std::int64_t{60}) *
      1'000);
  Error refusal;
  if (wait_seconds > std::chrono::duration<double>(call.ask.deadline.left(now)).count()) {
    refusal = {
        ErrorCode::would_miss_deadline, "the queue is longer than the turn has time", {}, advice};
  } else if (!lane.queue.add(number)) {
    refusal = {ErrorCode::model_queue_full,
               "all places of " + lane.options.model + " are taken",
               {},
               advice};
  } else {
    call.since = now;
    lane.metrics.filled(lane.queue.running(), lane.queue.waiting());
    return {};
  }
  lane.metrics.call_refused(refusal.code);
  return refusal;
}

void LlmPool::fill(Lane& lane) {
  while (const auto number = lane.queue.next())
    start(*number, lane);
  lane.metrics.filled(lane.queue.running(), lane.queue.waiting());
}

void LlmPool::start(std::uint64_t number, Lane& lane) {
  Call& call = calls_.at(number);
  const auto now = tools_.clock.now();
  lane.metrics.call_started(now - call.since);
  call.since = now;
  const auto said_something = std::make_shared<std::atomic<bool>>(false);
  ProviderReports reports;
  reports.said = [asker = call.ask.asker, number, said_something](std::string piece) {
    said_something->store(true);
    caf::anon_send(asker, Said{number, std::move(piece)});
  };
  reports.ended = [self = caf::actor_cast<caf::actor>(this), number, said_something](
                      Result<ChatAnswer> answer) {
    caf::anon_send(self,
                   CallEnded{number,
                             said_something->load(),
                             std::make_shared<Result<ChatAnswer>>(std::move(answer))});
  };
  const std::string& override_model = call.ask.request->model_override;
  call.cancel = lane.provider.start({override_model.empty() ? lane.options.model : override_model,
                                     *call.ask.request,
                                     call.ask.deadline,
                                     call.ask.request_id},
                                    std::move(reports));
}

void LlmPool::ended(CallEnded& report) {
  const auto found = calls_.find(report.call);
  if (found == calls_.end()) return;  // abandoned
  Call& call = found->second;
  Lane& lane = *(*call.lanes)[call.lane];
  const auto took = tools_.clock.now() - call.since;
  const bool ok = static_cast<bool>(*report.answer);
  lane.queue.remove(report.call);
  lane.metrics.call_ended(ok, took);
  if (ok) {
    const Usage& usage = (*report.answer)->usage;
    lane.tokens.answered(usage.tokens_in, usage.tokens_in_cached, usage.tokens_out);
    constexpr double weight = 0.1;
    const double seconds = std::chrono::duration<double>(took).count();
    lane.call_seconds_mean +=
        (lane.call_seconds_mean == 0 ? 1 : weight) * (seconds - lane.call_seconds_mean);
  }
  call.cancel = nullptr;
  if (!ok) log_failure(lane, call, report.answer->error());
  const bool may_move_on =
      !ok && !report.said_something && another_lane_may_help(report.answer->error().code) &&
      call.lane + 1 < call.lanes->size() && call.ask.request->model_override.empty();
  if (may_move_on) {
    ++call.lane;
    if (enter_lane(report.call, call)) {
      Lane& next = *(*call.lanes)[call.lane];
      next.queue.ready(report.call);
      fill(next);
      return fill(lane);
    }
  }
  caf::anon_send(call.ask.asker, Answered{report.call, std::move(report.answer)});
  calls_.erase(found);
  fill(lane);
}

void LlmPool::abandon(std::uint64_t number) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  Lane& lane = *(*found->second.lanes)[found->second.lane];
  if (found->second.cancel) {
    found->second.cancel();
    lane.metrics.call_ended(false, tools_.clock.now() - found->second.since);
  }
  lane.queue.remove(number);
  calls_.erase(found);
  fill(lane);
}

// What a provider said of its failure may quote the conversation: only what stands before it is
// logged ("the provider answered 401").
void LlmPool::log_failure(const Lane& lane, const Call& call, const Error& error) {
  log_warn("model_call_failed",
           {{"request", call.ask.request_id},
            {"tenant", call.ask.tenant},
            {"provider", lane.options.provider},
            {"model", lane.options.model},
            {"code", to_string(error.code)},
            {"detail", error.detail.substr(0, error.detail.find(':'))}});
}

}  // namespace parlance::actors
