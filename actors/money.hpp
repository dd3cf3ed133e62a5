// What threads charge calls to models with: the prices, who may spend how much and how fast, what a
// call of a role costs at most, and what is said when somebody comes to a share of a budget.
//
// Threading: any thread. Outlives every thread; app.cpp sees to it.
#pragma once

#include "actors/llm_pool.hpp"
#include "runtime/journal/delivery.hpp"
#include "runtime/limits/rate_limits.hpp"
#include "runtime/llm/chat.hpp"
#include "runtime/metrics/money_metrics.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/price_table.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace parlance::actors {

struct WorstCase {
  std::string provider;
  std::string model;
  Usage usage;
  Amount amount;
};

class Money {
 public:
  Money(PriceTable prices_in, BudgetOptions budgets, RoleOptions roles, Registry& registry);

  // At the dearest of the lanes that may come to make the call.
  WorstCase worst_of(const ChatRequest& request) const;

  // In the log and the metrics.
  void tell(const BudgetAlert& alert);

  // What is posted of it, due at once; none without budgets.alert_webhook. It is named after what
  // it says, so the same alert has the same id, whichever thread it comes from. It belongs to no
  // thread: the thread of its key has a name that no client can give.
  std::optional<Delivery> delivery_of(const BudgetAlert& alert, std::int64_t now_ms) const;

  const PriceTable prices;
  MoneyMetrics metrics;
  BudgetBook book;
  std::shared_ptr<RateLimits> rates = std::make_shared<RateLimits>();  // of tokens

 private:
  const RoleOptions roles_;
  const std::string alert_webhook_;
};

}  // namespace parlance::actors
