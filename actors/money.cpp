#include "actors/money.hpp"

#include "runtime/base/log.hpp"
#include "runtime/llm/tokens.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace parlance::actors {
namespace {

template <class Names>
std::vector<std::string> names_of(const Names& values) {
  std::vector<std::string> names;
  for (const auto value : values)
    names.emplace_back(to_string(value));
  return names;
}

// A user's name is what clients sent: it is in the ledger, and in no log.
void tell(const BudgetAlert& alert) {
  const AccountKey& payer = alert.payer;
  log_warn("budget_alert",
           {{"tenant", payer.tenant},
            {"payer", to_string(payer.payer)},
            {"key", payer.payer == Payer::key ? payer.name : std::string()},
            {"period", to_string(alert.period)},
            {"percent", std::llround(alert.share * 100)},
            {"tokens", alert.spent.tokens},
            {"money", money_text(alert.spent.nanos)}});
}

}  // namespace

Money::Money(PriceTable prices_in, BudgetOptions budgets, RoleOptions roles, Registry& registry)
    : prices(std::move(prices_in)),
      metrics(registry,
              names_of(std::array{Payer::tenant, Payer::key, Payer::user}),
              names_of(all_periods),
              budgets.alert_shares),
      book(std::move(budgets),
           [this](const BudgetAlert& alert) {
             metrics.alerted(to_string(alert.payer.payer), to_string(alert.period), alert.share);
             tell(alert);
           }),
      roles_(std::move(roles)) {}

WorstCase Money::worst_of(const ChatRequest& request) const {
  WorstCase worst;
  const std::uint64_t tokens_in = tokens_max_of(request) - request.tokens_out_max;
  worst.usage.tokens_in =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens_in, UINT32_MAX));
  worst.usage.tokens_out = request.tokens_out_max;
  const auto role = roles_.find(request.role);
  if (role == roles_.end()) return worst;
  for (const auto& lane : role->second) {
    const bool is_chosen = !request.model_override.empty();
    const std::string& model = is_chosen ? request.model_override : lane.model;
    const Amount amount = prices.cost_max_of(lane.provider, model, worst.usage);
    if (worst.model.empty() || amount.nanos > worst.amount.nanos) {
      worst.provider = lane.provider;
      worst.model = model;
      worst.amount = amount;
    }
    if (is_chosen) break;  // such a call stays on its lane
  }
  return worst;
}

Charge Money::charge_of(const ChatRequest& request, LedgerRow row) const {
  WorstCase worst = worst_of(request);
  Charge charge;
  charge.row = std::move(row);
  charge.row.provider = std::move(worst.provider);
  charge.row.model = std::move(worst.model);
  charge.row.usage = worst.usage;
  charge.row.nanos = worst.amount.nanos;
  charge.row.price_version = prices.version();
  charge.row.counted = Counted::reserved;
  charge.worst = worst.amount;
  return charge;
}

std::optional<Error> Money::reserve(Charge& charge) {
  if (!book.has_budgets()) return std::nullopt;
  const LedgerRow& row = charge.row;
  charge.payers = book.payers(row.key.thread.tenant.value, row.caller_key, row.user);
  if (auto refusal = book.reserve(charge.payers, charge.worst, row.key.at_ms)) return refusal;
  charge.reserved = charge.worst;
  return std::nullopt;
}

Amount Money::settle(Charge& charge, const CallCost& cost) {
  LedgerRow& row = charge.row;
  if (!cost.provider.empty()) row.provider = cost.provider;
  if (!cost.model.empty()) row.model = cost.model;
  row.usage = cost.usage;
  row.counted = cost.counted;
  const Amount spent = prices.cost_of(row.provider, row.model, cost.usage);
  row.nanos = spent.nanos;
  metrics.cost(spent.nanos);
  if (book.has_budgets()) book.settle(charge.payers, charge.reserved, spent, row.key.at_ms);
  return spent - charge.reserved;
}

}  // namespace parlance::actors
