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
#include <cstdlib>
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

Charge Money::charge_of(const ChatRequest& request, LedgerRow row) const {
  WorstCase worst = worst_of(request);
  Charge charge;
  charge.payers = book.payers(row.key.thread.tenant.value, row.caller_key, row.user);
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

std::optional<Error> Money::take_tokens(Charge& charge, bool always, RateLimits::Time now) {
  if (!rates->has(RateUnit::tokens)) return std::nullopt;
  const LedgerRow& row = charge.row;
  const std::string& tenant = row.key.thread.tenant.value;
  RateLimits::Clients clients{{RateOf::key, row.caller_key},
                              {RateOf::tenant, tenant},
                              RateLimits::user_of(tenant, row.user)};
  const auto tokens = static_cast<std::uint64_t>(charge.worst.tokens);
  if (always) {
    rates->add(RateUnit::tokens, clients, tokens, now);
  } else if (const auto refusal = rates->take(RateUnit::tokens, clients, tokens, now)) {
    return refusal->error();
  }
  charge.clients = std::move(clients);
  charge.since = now;
  return std::nullopt;
}

std::optional<BudgetRefusal> Money::reserve(Charge& charge) {
  if (!book.has_budgets()) return std::nullopt;
  if (auto refusal = book.reserve(charge.payers, charge.worst, charge.row.key.at_ms))
    return refusal;
  charge.reserved = charge.worst;
  return std::nullopt;
}

void Money::give_back(const Charge& charge, RateLimits::Time now) {
  give_back_tokens(charge, charge.worst.tokens, now);
}

// A provider may have counted more than the worst case.
void Money::give_back_tokens(const Charge& charge, std::int64_t tokens, RateLimits::Time now) {
  if (charge.clients.empty()) return;
  const auto amount = static_cast<std::uint64_t>(std::abs(tokens));
  if (tokens >= 0) return rates->take_back(RateUnit::tokens, charge.clients, amount, charge.since);
  rates->add(RateUnit::tokens, charge.clients, amount, now);
}

Money::Settled Money::settle(const Charge& charge,
                             CallCost cost,
                             RateLimits::Time now,
                             const std::function<std::uint64_t()>& next_number) {
  Amount spent;
  const auto priced =
      [&](LedgerRow row, std::string provider, std::string model, const Usage& usage) {
        if (!provider.empty()) row.provider = std::move(provider);
        if (!model.empty()) row.model = std::move(model);
        row.usage = usage;
        const Amount amount = prices.cost_of(row.provider, row.model, usage);
        row.nanos = amount.nanos;
        spent += amount;
        return row;
      };
  Settled settled;
  for (auto& attempt : cost.failed) {
    LedgerRow row =
        priced(charge.row, std::move(attempt.provider), std::move(attempt.model), attempt.told);
    row.key.number = next_number();
    row.counted = Counted::told;
    settled.rows.push_back(std::move(row));
  }
  LedgerRow row = priced(charge.row, std::move(cost.provider), std::move(cost.model), cost.usage);
  row.counted = cost.counted;
  settled.rows.push_back(std::move(row));
  metrics.cost(spent.nanos);
  give_back_tokens(charge, charge.worst.tokens - spent.tokens, now);
  if (book.has_budgets())
    settled.alerts = book.settle(charge.payers, charge.reserved, spent, charge.row.key.at_ms);
  settled.change = spent - charge.reserved;
  return settled;
}

}  // namespace parlance::actors
