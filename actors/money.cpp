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

}  // namespace parlance::actors
