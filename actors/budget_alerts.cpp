#include "actors/budget_alerts.hpp"

#include <utility>

namespace parlance::actors {
namespace {

// False: there is no place for its webhook.
bool tell(const BudgetAlert& alert,
          std::int64_t at_ms,
          Money& money,
          Webhooks& webhooks,
          const Clock& clock,
          ToldAlerts& told) {
  if (auto delivery = money.delivery_of(alert, clock.unix_ms())) {
    auto ticket = webhooks.waiting.try_enter(TenantId{alert.payer.tenant});
    if (!ticket) return false;
    told.webhooks.push_back(std::make_shared<WaitingDelivery>(
        WaitingDelivery{std::move(*delivery), std::move(ticket)}));
  }
  money.tell(alert);
  told.told.push_back({alert.payer, {}, at_ms, alert.told});
  return true;
}

}  // namespace

ToldAlerts tell_alerts(const std::vector<BudgetAlert>& alerts,
                       std::int64_t at_ms,
                       Money& money,
                       Webhooks& webhooks,
                       const Clock& clock) {
  ToldAlerts told;
  bool has_place = true;
  for (const auto& alert : alerts) {
    has_place = has_place && tell(alert, at_ms, money, webhooks, clock, told);
    if (!has_place) money.book.take_back(alert);
  }
  return told;
}

void tell_refusal(const BudgetRefusal& refusal,
                  std::int64_t at_ms,
                  Journal& journal,
                  Money& money,
                  Webhooks& webhooks,
                  const Clock& clock) {
  if (!refusal.alert) return;
  auto alerts = tell_alerts({*refusal.alert}, at_ms, money, webhooks, clock);
  if (alerts.told.empty()) return;
  Charges charges{std::move(alerts.told), {}, take_deliveries(alerts.webhooks)};
  journal.charge(
      std::move(charges),
      [waiting = std::move(alerts.webhooks), sender = webhooks.sender](AppendOutcome outcome) {
        if (outcome == AppendOutcome::committed) tell_sender(*sender, waiting);
      });
}

}  // namespace parlance::actors
