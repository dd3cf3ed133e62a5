// What threads charge calls to models with: the prices, who may spend how much, and what a call of
// a role costs at most.
//
// Threading: any thread. Outlives every thread; app.cpp sees to it.
#pragma once

#include "actors/llm_pool.hpp"
#include "runtime/llm/chat.hpp"
#include "runtime/metrics/money_metrics.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/price_table.hpp"

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

  const PriceTable prices;
  MoneyMetrics metrics;
  BudgetBook book;

 private:
  const RoleOptions roles_;
};

}  // namespace parlance::actors
