// ThreadActor's money: every call to a model is charged to those who asked for it.
//
//   admitted   the worst case is reserved and written; the provider is called once that is on disk
//   ended      what it came to (actors/charge.hpp) takes the place of that, written with what the
//              answer leads to
//
// A call that is left while it waits for its slot is charged for what it asked: only the pool
// knows. One that is lost with the process stays the worst case.
//
// Where nobody has a budget, nothing is reserved: a call's row of the ledger is written with what
// its answer leads to, and that is all.
#include "actors/thread_actor.hpp"

#include <utility>

namespace parlance::actors {

void ThreadActor::admitted() {
  pending_->admitted = true;
  if (auto refusal = reserve()) {
    tell_pool_to_abandon();
    return refused(std::move(*refusal));
  }
  write(front());
  write_charges();
  write_waiting();
  pending_->needs_appends = appends_;
  proceed_if_durable();
}

// The error: it does not fit a budget, and nothing is reserved.
std::optional<Error> ThreadActor::reserve() {
  if (!pending_->is_model_call) return std::nullopt;
  Money& money = tools_.money;
  const Turn& turn = front().turn;
  const TurnAccepted& accepted = turn.accepted();
  LedgerRow row;
  row.key = {tools_.clock.unix_ms(), key_, epoch_, ++calls_};
  row.caller_key = accepted.caller_key;
  row.user = accepted.user;
  row.turn = turn.number();
  row.run = accepted.run;
  row.agent = accepted.agent;
  row.node = turn.node();
  Charge charge = money.charge_of(*std::get<AskEffect>(pending_->effect).request, std::move(row));
  if (money.book.has_budgets()) {
    const Account spent = head_ ? head_->spent : Account{};
    if (auto refusal = money.book.refusal_of(spent, charge.worst, charge.row.key.at_ms))
      return refusal;
    if (auto refusal = money.reserve(charge)) return refusal;
    if (!head_) make_head(options_.thread_ttl.count());
    spend(charge, charge.reserved);
    ledger_.push_back(charge.row);
  }
  pending_->charge = std::move(charge);
  return std::nullopt;
}

// What is written of it next.
void ThreadActor::spend(const Charge& charge, const Amount& change) {
  if (change == Amount{}) return;
  const std::int64_t at_ms = charge.row.key.at_ms;
  for (const auto& payer : charge.payers)
    spendings_.push_back({payer, change, at_ms});
  if (!tools_.money.book.has_thread_budget()) return;
  head_->spent.add(change, at_ms);
  has_spent_ = true;
}

void ThreadActor::charge_answered(const Answered& report) {
  if (pending_->charge) charge(cost_of_answered(*pending_->charge, report));
}

void ThreadActor::charge_unanswered() {
  if (pending_->charge) charge(cost_of_left(*pending_->charge, pending_->proceeded));
}

void ThreadActor::charge_lost() {
  if (pending_->charge) charge(cost_of_lost(*pending_->charge, pending_->proceeded));
}

void ThreadActor::charge(const CallCost& cost) {
  Charge charged = std::move(*std::exchange(pending_->charge, std::nullopt));
  const Amount change = tools_.money.settle(charged, cost);
  if (tools_.money.book.has_budgets()) spend(charged, change);
  ledger_.push_back(std::move(charged.row));
}

// For what is not written with something else.
void ThreadActor::write_charges() {
  if (spendings_.empty() && ledger_.empty() && !has_spent_) return;
  append({}, /*with_head=*/false, /*deltas_only=*/false, nullptr);
}

}  // namespace parlance::actors
