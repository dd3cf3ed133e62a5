// What calls to models are charged with: the prices, who may spend how much, and what a call of
// a role costs at most.
//
// Threading: any thread. Outlives every thread and call; app.cpp sees to it.
#pragma once

#include "actors/charge.hpp"
#include "actors/llm_pool.hpp"
#include "runtime/llm/chat.hpp"
#include "runtime/metrics/money_metrics.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/price_table.hpp"

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

  // With the call's worst case in place of what `row` has of it; nothing is reserved yet.
  Charge charge_of(const ChatRequest& request, LedgerRow row) const;

  // Where there are budgets: the worst case, or budget_exhausted and nothing.
  std::optional<Error> reserve(Charge& charge);

  // Puts what the call came to into its row. Answers by how much that is more than was reserved.
  Amount settle(Charge& charge, const CallCost& cost);

  const PriceTable prices;
  MoneyMetrics metrics;
  BudgetBook book;

 private:
  const RoleOptions roles_;
};

}  // namespace parlance::actors
