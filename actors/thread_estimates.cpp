// ThreadActor's estimates: what the first call to a model of a turn would be reserved with, if it
// was sent now.
//
// The turn begins like any other, from where the thread stands, and is thrown away: what it would
// write is not written. What its nodes search for before the call is searched, as the passages are
// part of the prompt; the call is weighed by what reserves calls (thread_money.cpp), and not made.
#include "actors/thread_actor.hpp"

#include <utility>

namespace parlance::actors {

void ThreadActor::handle(EstimateTurn& wanted) {
  TurnAccepted accepted;
  if (auto refusal = refusal_of(wanted.request, accepted)) return wanted.done(*refusal);
  if (estimates_.size() >= estimates_max) {
    return wanted.done(
        Error{ErrorCode::mailbox_full, "too many estimates of the thread at once", {}, {}});
  }
  accepted.turn = turns_ + 1;
  take_over(wanted.request, accepted);
  const auto agent = tools_.agents.at(accepted.agent);
  const Checkpoint from = state_.start_of(accepted);
  Turn turn(std::move(accepted), wanted.request.deadline, std::move(wanted.request.request_id));
  turn.begin(agent, from, tools_.clock.now());
  Effect effect = turn.step(tools_.clock);
  estimate_on({std::move(turn), std::move(wanted.done)}, std::move(effect));
}

void ThreadActor::estimate_on(Estimating estimating, Effect effect) {
  Turn& turn = estimating.turn;
  while (std::holds_alternative<WaitEffect>(effect))
    effect = turn.answer(Waited{}, tools_.clock);
  if (const auto* ask = std::get_if<AskEffect>(&effect))
    return estimating.done(std::optional(call_estimate(turn, *ask->request)));
  if (const auto* find = std::get_if<FindEffect>(&effect)) {
    const auto pool = tools_.retriever_pool->part();
    if (!pool.actor) {
      return estimating.done(
          Error{ErrorCode::component_restarted, "a pool is being restarted", {}, {}});
    }
    const std::uint64_t call = next_call();
    send_search(pool.actor, call, turn, *find);
    estimating.generation = pool.generation;
    estimates_.emplace(call, std::move(estimating));
    return;
  }
  for (const Event& event : turn.take_unwritten()) {
    const auto* const ended = get_if<TurnEnded>(&event);
    if (ended != nullptr && !succeeded(ended->outcome)) return estimating.done(error_of(*ended));
  }
  estimating.done(std::optional<CallEstimate>());
}

CallEstimate ThreadActor::call_estimate(const Turn& turn, const ChatRequest& request) const {
  BudgetBook& book = tools_.money.book;
  const Charge charge = worst_charge(turn, request);
  CallEstimate estimate;
  estimate.node = charge.row.node;
  estimate.role = request.role;
  estimate.model_override = request.model_override;
  estimate.provider = charge.row.provider;
  estimate.model = charge.row.model;
  estimate.usage = charge.row.usage;
  estimate.amount = charge.worst;
  estimate.price_version = charge.row.price_version;
  estimate.refusal = thread_refusal(charge);
  if (!estimate.refusal)
    estimate.refusal = book.refusal_of(charge.payers, charge.worst, charge.row.key.at_ms);
  return estimate;
}

// The answer to a search of an estimate.
void ThreadActor::searched(Found& report) {
  auto found = estimates_.extract(report.call);
  if (found.empty()) return;
  Estimating& estimating = found.mapped();
  if (*report.passages) {
    Effect effect = estimating.turn.answer(std::move(**report.passages), tools_.clock);
    estimate_on(std::move(estimating), std::move(effect));
  } else {
    Effect effect = estimating.turn.answer(report.passages->error(), tools_.clock);
    estimate_on(std::move(estimating), std::move(effect));
  }
  leave_if_empty();
}

// Those that wait for this generation of a pool, or all.
void ThreadActor::close_estimates(std::optional<std::uint64_t> generation) {
  for (auto each = estimates_.begin(); each != estimates_.end();) {
    if (generation && each->second.generation != *generation) {
      ++each;
      continue;
    }
    each->second.done(
        Error{ErrorCode::component_restarted, "the estimate was lost on its way", {}, {}});
    each = estimates_.erase(each);
  }
}

}  // namespace parlance::actors
