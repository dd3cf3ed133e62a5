// What calls to models are charged with: the prices, who may spend how much and how fast, what a
// call of a role costs at most, and what is said when somebody comes to a share of a budget.
//
// Threading: any thread. Outlives every thread and call; app.cpp sees to it.
#pragma once

#include "actors/charge.hpp"
#include "actors/llm_pool.hpp"
#include "runtime/journal/delivery.hpp"
#include "runtime/limits/rate_limits.hpp"
#include "runtime/llm/chat.hpp"
#include "runtime/metrics/money_metrics.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/price_table.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

  // The tokens that it may come to are taken from what its key, tenant and user may have in a
  // window; what it did not need comes back when it is settled. The error: rate_limited, and
  // nothing is taken. With `always`, as of a call that was promised, they count all the same.
  std::optional<Error> take_tokens(Charge& charge, bool always, RateLimits::Time now);

  // Where there are budgets: the worst case, or nothing.
  std::optional<BudgetRefusal> reserve(Charge& charge);

  // Of a charge that could not be reserved.
  void give_back(const Charge& charge, RateLimits::Time now);

  struct Settled {
    Amount change;                // how much more it came to than was reserved
    std::vector<LedgerRow> rows;  // one of each attempt that costs something, and its own
    std::vector<BudgetAlert> alerts;
  };
  // `next_number` numbers the rows of the asker's calls.
  Settled settle(const Charge& charge,
                 CallCost cost,
                 RateLimits::Time now,
                 const std::function<std::uint64_t()>& next_number);

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
  void give_back_tokens(const Charge& charge, std::int64_t tokens, RateLimits::Time now);

  const RoleOptions roles_;
  const std::string alert_webhook_;
};

}  // namespace parlance::actors
