// Somebody has come to a share of a budget: whoever charges that tells of it.
//
// Its webhook is written with what was spent, and so is that it was told of: both are on disk, or
// neither.
//
// Threading: any thread.
#pragma once

#include "actors/money.hpp"
#include "actors/webhooks.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/ports/journal.hpp"

#include <cstdint>
#include <vector>

namespace parlance::actors {

// To be written with the charge.
struct ToldAlerts {
  std::vector<Spending> told;
  WaitingDeliveries webhooks;
};

// In the log, the metrics and to a receiver. From the first one on that finds no place among the
// webhooks, nobody is told, and they come again with the payer's next call. `at_ms` as charged.
ToldAlerts tell_alerts(const std::vector<BudgetAlert>& alerts,
                       std::int64_t at_ms,
                       Money& money,
                       Webhooks& webhooks,
                       const Clock& clock);

// What a budget's refusal tells of it. Nothing is charged, so it is written by itself.
void tell_refusal(const BudgetRefusal& refusal,
                  std::int64_t at_ms,
                  Journal& journal,
                  Money& money,
                  Webhooks& webhooks,
                  const Clock& clock);

}  // namespace parlance::actors
