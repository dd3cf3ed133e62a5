// What one call to a model is charged with, from the place that the pool has for it to its end.
//
//   answered   the provider's own counts, or an estimate where it told none; nothing for an answer
//              that somebody else pays for
//   failed     with nothing served: nothing. Cut: what was asked, and what was said of the answer,
//              both estimated (runtime/llm/tokens.hpp)
//   left       by a cancellation or the deadline: the same, once the provider may have been called
//   lost       with its pool: the worst case, as the provider may have served it
//
// Threading: plain data and pure functions.
#pragma once

#include "actors/messages.hpp"
#include "runtime/money/amount.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/ledger_row.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parlance::actors {

struct Charge {
  LedgerRow row;  // of the worst case, until it is settled
  Amount worst;
  Amount reserved;  // nothing, where nobody has a budget
  std::vector<AccountKey> payers;
  std::uint64_t tokens_said = 0;  // about
};

struct CallCost {
  std::string provider;  // empty, as the model: the row's own
  std::string model;
  Usage usage;
  Counted counted = Counted::estimated;
};

CallCost cost_of_answered(const Charge& charge, const Answered& report);
CallCost cost_of_left(const Charge& charge, bool proceeded);
CallCost cost_of_lost(const Charge& charge, bool proceeded);

}  // namespace parlance::actors
