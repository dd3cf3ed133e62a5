#include "actors/money.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/json.hpp"
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

Json limit_json(std::int64_t most) {
  return most == 0 ? Json(nullptr) : Json(most);
}

// The body of its webhook.
std::string body_of(const BudgetAlert& alert, std::int64_t now_ms) {
  const AccountKey& payer = alert.payer;
  const SpendingLimit& limit = alert.limit;
  const bool is_named = payer.payer != Payer::tenant;
  return dump(Json{
      {"type", "budget.alert"},
      {"timestamp", iso_time(now_ms)},
      {"data",
       {{"payer", to_string(payer.payer)},
        {"tenant", payer.tenant},
        {"name", is_named ? Json(payer.name) : Json(nullptr)},
        {"period", to_string(alert.told.period)},
        {"share", alert.share},
        {"tokens", alert.spent.tokens},
        {"tokens_max", limit_json(limit.tokens_max)},
        {"money", money_text(alert.spent.nanos)},
        {"money_max", limit.nanos_max == 0 ? Json(nullptr) : Json(money_text(limit.nanos_max))}}}});
}

}  // namespace

Money::Money(PriceTable prices_in, BudgetOptions budgets, RoleOptions roles, Registry& registry)
    : prices(std::move(prices_in)),
      metrics(registry,
              names_of(std::array{Payer::tenant, Payer::key, Payer::user}),
              names_of(all_periods),
              budgets.alert_shares),
      book(budgets),
      roles_(std::move(roles)),
      alert_webhook_(std::move(budgets.alert_webhook)) {}

// A user's name is what clients sent: it is in the ledger, and in no log.
void Money::tell(const BudgetAlert& alert) {
  const AccountKey& payer = alert.payer;
  metrics.alerted(to_string(payer.payer), to_string(alert.told.period), alert.share);
  log_warn("budget_alert",
           {{"tenant", payer.tenant},
            {"payer", to_string(payer.payer)},
            {"key", payer.payer == Payer::key ? payer.name : std::string()},
            {"period", to_string(alert.told.period)},
            {"percent", std::llround(alert.share * 100)},
            {"tokens", alert.spent.tokens},
            {"money", money_text(alert.spent.nanos)}});
}

std::optional<Delivery> Money::delivery_of(const BudgetAlert& alert, std::int64_t now_ms) const {
  if (alert_webhook_.empty()) return std::nullopt;
  std::string says = "budget_alert";
  for (const auto& part : {std::string(to_string(alert.payer.payer)),
                           alert.payer.tenant,
                           alert.payer.name,
                           std::string(to_string(alert.told.period)),
                           std::to_string(alert.told.of),
                           std::to_string(alert.told.millionths)})
    says.append(1, '\0').append(part);
  Delivery delivery;
  delivery.key = {
      {TenantId{alert.payer.tenant}, ThreadId{"budget alerts"}}, 0, RunId{named_uuid(says)}};
  delivery.url = alert_webhook_;
  delivery.created_ms = delivery.next_ms = now_ms;
  delivery.body = body_of(alert, now_ms);
  return delivery;
}

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
