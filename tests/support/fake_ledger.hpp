// A Ledger that shows the rows it was given, all on one page, and keeps what it was asked.
#pragma once

#include "runtime/ports/ledger.hpp"

#include <utility>
#include <vector>

namespace parlance::tests {

class FakeLedger : public Ledger {
 public:
  void read(LedgerQuery asked, Visit visit, Done done) override {
    query = std::move(asked);
    for (const auto& row : rows)
      visit(row);
    done(LedgerPage{next});
  }

  std::vector<LedgerRow> rows;
  std::string next;
  LedgerQuery query;
};

}  // namespace parlance::tests
