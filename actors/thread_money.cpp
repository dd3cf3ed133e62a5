// ThreadActor's money: every call to a model is charged to those who asked for it.
//
//   admitted   the worst case is reserved and written; the provider is called once that is on disk
//   answered   the provider's own counts take its place, written with what the answer leads to
//   shared     with somebody who pays for it, or answered as it was before: nothing is charged
//   again      after an attempt that failed: what its provider told of it is charged, as a row of
//              its own
//   failed     with nothing served: nothing is charged. Cut: what was asked, and what was said of
//              the answer, both estimated (runtime/llm/tokens.hpp)
//   left       by a cancellation or the deadline: the same, by the last who leaves a call that is
//              shared. Nothing is charged to the others, and for a call that was not sent
//   lost       with its pool, or with the process: it stays the worst case, as the provider may
//              have served it
//
// The tokens that it may come to are taken from what its key, tenant and user may have in a window
// (RateLimits), and what it did not need comes back when it is charged.
//
// Where nobody has a budget, nothing is reserved: a call's row of the ledger is written with what
// its answer leads to, and that is all.
#include "actors/thread_actor.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace parlance::actors {
namespace {

// Whether a provider may charge for a call that failed like this. The others say that it was not
// reached, or refused.
bool may_be_served(ErrorCode code) {
  switch (code) {
    case ErrorCode::provider_failed:
    case ErrorCode::answer_too_long:
    case ErrorCode::deadline_passed:
    case ErrorCode::cancelled:
    case ErrorCode::internal:
      return true;
    default:
      return false;
  }
}

Usage estimate_of(const Usage& worst, std::uint64_t tokens_said) {
  Usage usage = worst;
  usage.tokens_out =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens_said, worst.tokens_out));
  return usage;
}

}  // namespace

void ThreadActor::admitted(const CallAdmitted& report) {
  pending_->admitted = true;
  pending_->bill = report.bill;
  if (auto refusal = reserve()) {
    if (pending_->bill) pending_->bill->leave(pending_->call);
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
  Charge charge = worst_charge(front().turn, *std::get<AskEffect>(pending_->effect).request);
  charge.row.key.number = ++calls_;
  if (auto refusal = take_tokens(charge)) return refusal;
  if (auto refusal = reserve_money(charge)) {
    give_back_tokens(charge, charge.worst.tokens);
    return refusal;
  }
  pending_->charge = std::move(charge);
  return std::nullopt;
}

std::optional<Error> ThreadActor::reserve_money(Charge& charge) {
  BudgetBook& book = tools_.money.book;
  if (!book.has_budgets()) return std::nullopt;
  const LedgerRow& row = charge.row;
  if (const auto refusal = thread_refusal(charge)) return refusal->error();
  if (const auto refusal = book.reserve(charge.payers, charge.worst, row.key.at_ms))
    return refusal->error();
  charge.reserved = charge.worst;
  if (!head_) make_head(options_.thread_ttl.count());
  spend(charge, charge.worst);
  ledger_.push_back(row);
  return std::nullopt;
}

// A turn that has been accepted goes on, and its tokens count all the same.
std::optional<Error> ThreadActor::take_tokens(Charge& charge) {
  RateLimits& rates = *tools_.money.rates;
  if (!rates.has(RateUnit::tokens)) return std::nullopt;
  const LedgerRow& row = charge.row;
  const std::string& tenant = key_.tenant.value;
  charge.clients = {{RateOf::key, row.caller_key},
                    {RateOf::tenant, tenant},
                    RateLimits::user_of(tenant, row.user)};
  charge.since = tools_.clock.now();
  const auto tokens = static_cast<std::uint64_t>(charge.worst.tokens);
  if (front().turn.accepted_seq() != 0) {
    rates.add(RateUnit::tokens, charge.clients, tokens, charge.since);
    return std::nullopt;
  }
  const auto refusal = rates.take(RateUnit::tokens, charge.clients, tokens, charge.since);
  return refusal ? std::optional(refusal->error()) : std::nullopt;
}

// Of those that were taken. A provider may have counted more than the worst case.
void ThreadActor::give_back_tokens(const Charge& charge, std::int64_t tokens) {
  if (charge.clients.empty()) return;
  RateLimits& rates = *tools_.money.rates;
  const auto amount = static_cast<std::uint64_t>(std::abs(tokens));
  if (tokens >= 0) return rates.take_back(RateUnit::tokens, charge.clients, amount, charge.since);
  rates.add(RateUnit::tokens, charge.clients, amount, tools_.clock.now());
}

// Of a call that the turn makes now; nothing is reserved yet.
ThreadActor::Charge ThreadActor::worst_charge(const Turn& turn, const ChatRequest& request) const {
  const Money& money = tools_.money;
  const TurnAccepted& accepted = turn.accepted();
  auto worst = money.worst_of(request);
  Charge charge;
  LedgerRow& row = charge.row;
  row.key = {tools_.clock.unix_ms(), key_, epoch_, 0};
  row.caller_key = accepted.caller_key;
  row.user = accepted.user;
  row.turn = turn.number();
  row.run = accepted.run;
  row.agent = accepted.agent;
  row.node = turn.node();
  row.provider = std::move(worst.provider);
  row.model = std::move(worst.model);
  row.usage = worst.usage;
  row.nanos = worst.amount.nanos;
  row.price_version = money.prices.version();
  row.counted = Counted::reserved;
  charge.worst = worst.amount;
  charge.payers = money.book.payers(key_.tenant.value, row.caller_key, row.user);
  return charge;
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
  if (!pending_->charge) return;
  if (report.is_paid_for) {
    pending_->bill = nullptr;
    return charge(report.provider, report.model, {}, Counted::told);
  }
  const Usage worst = pending_->charge->row.usage;
  const Usage estimate = estimate_of(worst, pending_->charge->tokens_said);
  if (!*report.answer) {
    const bool served = estimate.tokens_out > 0 || may_be_served(report.answer->error().code);
    return charge(report.provider, report.model, served ? estimate : Usage{}, Counted::estimated);
  }
  const Usage& told = (*report.answer)->usage;
  const bool is_told = told.tokens_in + std::uint64_t{told.tokens_out} > 0;
  charge(report.provider,
         report.model,
         is_told ? told : estimate,
         is_told ? Counted::told : Counted::estimated);
}

void ThreadActor::charge_unanswered() {
  if (!pending_->charge) return;
  const auto share = pending_->bill ? pending_->bill->leave(pending_->call) : SharedBill::Share{};
  if (!share.pays) pending_->bill = nullptr;
  if (share.told || !share.pays)
    return charge(share.provider, share.model, share.told.value_or(Usage{}), Counted::told);
  const Usage estimate = estimate_of(pending_->charge->row.usage, pending_->charge->tokens_said);
  charge(share.provider, share.model, estimate, Counted::estimated);
}

void ThreadActor::charge_lost() {
  if (!pending_->charge) return;
  const LedgerRow row = pending_->charge->row;
  charge(row.provider, row.model, pending_->proceeded ? row.usage : Usage{}, Counted::estimated);
}

void ThreadActor::charge(const std::string& provider,
                         const std::string& model,
                         const Usage& usage,
                         Counted counted) {
  Charge charged = std::move(*std::exchange(pending_->charge, std::nullopt));
  LedgerRow& row = charged.row;
  if (!provider.empty()) row.provider = provider;
  if (!model.empty()) row.model = model;
  row.usage = usage;
  row.counted = counted;
  Amount spent = tools_.money.prices.cost_of(row.provider, row.model, usage);
  row.nanos = spent.nanos;
  spent += charge_failed(row);
  tools_.money.metrics.cost(spent.nanos);
  give_back_tokens(charged, charged.worst.tokens - spent.tokens);
  if (tools_.money.book.has_budgets()) {
    const auto alerts =
        tools_.money.book.settle(charged.payers, charged.reserved, spent, row.key.at_ms);
    spend(charged, spent - charged.reserved);
    bool has_place = true;
    for (const auto& alert : alerts) {
      has_place = has_place && pass_on(alert, row.key.at_ms);
      if (!has_place) tools_.money.book.take_back(alert);
    }
  }
  ledger_.push_back(std::move(row));
}

// The attempts that failed before, each with a row of its own, by whoever pays for the call.
Amount ThreadActor::charge_failed(const LedgerRow& of) {
  Amount spent;
  if (!pending_->bill) return spent;
  for (auto& attempt : pending_->bill->take_failed()) {
    LedgerRow row = of;
    row.key.number = ++calls_;
    row.provider = std::move(attempt.provider);
    row.model = std::move(attempt.model);
    row.usage = attempt.told;
    row.counted = Counted::told;
    const Amount cost = tools_.money.prices.cost_of(row.provider, row.model, row.usage);
    row.nanos = cost.nanos;
    spent += cost;
    ledger_.push_back(std::move(row));
  }
  return spent;
}

// Its webhook is written with what was spent, and so is that it was told of: both are on disk, or
// neither. False: there is no place for it among the webhooks, and nobody was told.
bool ThreadActor::pass_on(const BudgetAlert& alert, std::int64_t at_ms) {
  Money& money = tools_.money;
  if (auto delivery = money.delivery_of(alert, tools_.clock.unix_ms())) {
    auto ticket = tools_.webhooks.waiting.try_enter(key_.tenant);
    if (!ticket) return false;
    alerts_.push_back(std::make_shared<WaitingDelivery>(
        WaitingDelivery{std::move(*delivery), std::move(ticket)}));
  }
  money.tell(alert);
  spendings_.push_back({alert.payer, {}, at_ms, alert.told});
  return true;
}

// For what is not written with something else.
void ThreadActor::write_charges() {
  if (spendings_.empty() && ledger_.empty() && !has_spent_) return;
  append({}, /*with_head=*/false, /*deltas_only=*/false, nullptr);
}

}  // namespace parlance::actors
