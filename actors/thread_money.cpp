// ThreadActor's money: every call to a model is charged to those who asked for it.
//
//   admitted   the worst case is reserved and written; the provider is called once that is on disk
//   ended      what it came to (actors/charge.hpp) takes the place of that, written with what the
//              answer leads to
//
// One that is lost with the process stays the worst case. Where nobody has a budget, nothing is
// reserved: a call's row of the ledger is written with what its answer leads to, and that is all.
#include "actors/budget_alerts.hpp"
#include "actors/thread_actor.hpp"

#include <iterator>
#include <utility>

namespace parlance::actors {

void ThreadActor::admitted(const CallAdmitted& report) {
  pending_->admitted = true;
  if (auto refusal = reserve(report.bill)) {
    if (report.bill) report.bill->leave(report.call);
    tell_pool_to_abandon();
    return refused(std::move(*refusal));
  }
  write(front());
  write_charges();
  write_waiting();
  pending_->needs_appends = appends_;
  proceed_if_durable();
}

// The error: it does not fit a limit, and nothing is reserved. A turn that has been accepted goes
// on, and its tokens count all the same.
std::optional<Error> ThreadActor::reserve(std::shared_ptr<SharedBill> bill) {
  if (!pending_->is_model_call) return std::nullopt;
  Money& money = tools_.money;
  const Turn& turn = front().turn;
  Charge charge = worst_charge(turn, *std::get<AskEffect>(pending_->effect).request);
  charge.row.key.number = ++calls_;
  charge.call = pending_->call;
  charge.bill = std::move(bill);
  const auto now = tools_.clock.now();
  if (auto refusal = money.take_tokens(charge, turn.accepted_seq() != 0, now)) return refusal;
  if (auto refusal = reserve_money(charge)) {
    money.give_back(charge, now);
    return refusal;
  }
  pending_->charge = std::move(charge);
  return std::nullopt;
}

std::optional<Error> ThreadActor::reserve_money(Charge& charge) {
  if (!tools_.money.book.has_budgets()) return std::nullopt;
  if (const auto refusal = thread_refusal(charge)) return refusal->error();
  if (const auto refusal = tools_.money.reserve(charge)) {
    tell_refusal(*refusal,
                 charge.row.key.at_ms,
                 tools_.journal,
                 tools_.money,
                 tools_.webhooks,
                 tools_.clock);
    return refusal->error();
  }
  if (!head_) make_head(options_.thread_ttl.count());
  spend(charge, charge.reserved);
  ledger_.push_back(charge.row);
  return std::nullopt;
}

// Of a call that the turn makes now; nothing is reserved yet.
Charge ThreadActor::worst_charge(const Turn& turn, const ChatRequest& request) const {
  const TurnAccepted& accepted = turn.accepted();
  LedgerRow row;
  row.key = {tools_.clock.unix_ms(), key_, epoch_, 0};
  row.caller_key = accepted.caller_key;
  row.user = accepted.user;
  row.turn = turn.number();
  row.run = accepted.run;
  row.agent = accepted.agent;
  row.node = turn.node();
  return tools_.money.charge_of(request, std::move(row));
}

std::optional<BudgetRefusal> ThreadActor::thread_refusal(const Charge& charge) const {
  const Account spent = head_ ? head_->spent : Account{};
  return tools_.money.book.refusal_of(spent, charge.worst, charge.row.key.at_ms);
}

// What is written of it next.
void ThreadActor::spend(const Charge& charge, const Amount& change) {
  if (change == Amount{}) return;
  const std::int64_t at_ms = charge.row.key.at_ms;
  for (const auto& payer : charge.payers)
    spendings_.push_back({payer, change, at_ms, {}});
  if (!tools_.money.book.has_thread_budget()) return;
  head_->spent.add(change, at_ms);
  has_spent_ = true;
}

void ThreadActor::charge_answered(const Answered& report) {
  if (pending_->charge) charge(cost_of_answered(*pending_->charge, report));
}

void ThreadActor::charge_unanswered() {
  if (pending_->charge) charge(cost_of_left(*pending_->charge));
}

void ThreadActor::charge_lost() {
  if (pending_->charge) charge(cost_of_lost(*pending_->charge, pending_->proceeded));
}

void ThreadActor::charge(CallCost cost) {
  const Charge charged = std::move(*std::exchange(pending_->charge, std::nullopt));
  Money& money = tools_.money;
  auto settled =
      money.settle(charged, std::move(cost), tools_.clock.now(), [this] { return ++calls_; });
  if (money.book.has_budgets()) spend(charged, settled.change);
  std::move(settled.rows.begin(), settled.rows.end(), std::back_inserter(ledger_));
  auto alerts =
      tell_alerts(settled.alerts, charged.row.key.at_ms, money, tools_.webhooks, tools_.clock);
  std::move(alerts.told.begin(), alerts.told.end(), std::back_inserter(spendings_));
  std::move(alerts.webhooks.begin(), alerts.webhooks.end(), std::back_inserter(alerts_));
}

// For what is not written with something else.
void ThreadActor::write_charges() {
  if (spendings_.empty() && ledger_.empty() && !has_spent_) return;
  append({}, /*with_head=*/false, /*deltas_only=*/false, nullptr);
}

}  // namespace parlance::actors
