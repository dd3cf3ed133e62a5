// What one call to a model is charged with, from the place that the pool has for it to its end.
//
//   answered   the provider's own counts, or an estimate where it told none
//   shared     with somebody who pays for it, or answered as it was before: nothing
//   again      after an attempt that failed: what its provider told of it, as a row of its own
//   failed     with nothing served: nothing. Cut: what its provider told of it, or an estimate of
//              what was asked and of what was said of the answer (runtime/llm/tokens.hpp)
//   left       by a cancellation or the deadline: the same, by the last who leaves a call that is
//              shared. Nothing by the others, and for a call that was not sent
//   lost       with its pool: the worst case, as the provider may have served it
//
// Threading: plain data and pure functions.
#pragma once

#include "actors/messages.hpp"
#include "runtime/limits/rate_limits.hpp"
#include "runtime/money/amount.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/ledger_row.hpp"
#include "runtime/money/shared_bill.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace parlance::actors {

struct Charge {
  LedgerRow row;  // of the worst case, until it is settled
  Amount worst;
  Amount reserved;  // the same once it is; nothing, where nobody has a budget
  std::vector<AccountKey> payers;
  RateLimits::Clients clients;  // whose tokens it counts as, once they are taken
  RateLimits::Time since{};
  std::uint64_t tokens_said = 0;  // about
  std::uint64_t call = 0;
  std::shared_ptr<SharedBill> bill;  // null: it was answered as before
};

struct CallCost {
  std::string provider;  // empty, as the model: the row's own
  std::string model;
  Usage usage;
  Counted counted = Counted::estimated;
  std::vector<SharedBill::Attempt> failed{};  // before the one that it ended with
};

CallCost cost_of_answered(const Charge& charge, const Answered& report);
CallCost cost_of_left(const Charge& charge);
CallCost cost_of_lost(const Charge& charge, bool proceeded);

}  // namespace parlance::actors
