// The calls that were charged, read back. The journal puts them there (Append::ledger).
//
// storage/rocks_journal.hpp is the real one.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/money/ledger_row.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace parlance {

// Empty texts match everything.
struct LedgerQuery {
  std::string tenant{};
  std::string caller_key{};
  std::string user{};
  std::string thread{};
  std::int64_t from_ms = 0;                                       // since 1970
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();  // before it
  std::string after{};  // where the page before ended (LedgerPage::next)
  std::size_t rows_max = 1'000;
};

struct LedgerPage {
  std::string next;  // printable; empty: there is no more
};

// Threading: every call may come from any thread and returns at once; `visit` and `done` run on a
// thread of the store's, or `done` within the call.
//
// Bounds: at most rows_looked_at_max rows are looked at for one page, whether they match or not.
// Reads are refused (storage_failed) when too many wait.
class Ledger {
 public:
  static constexpr std::size_t rows_looked_at_max = 100'000;

  using Visit = std::function<void(const LedgerRow&)>;
  using Done = std::function<void(Result<LedgerPage>)>;

  virtual ~Ledger() = default;

  // Shows the rows that match, oldest first. invalid_value for an `after` that is none.
  virtual void read(LedgerQuery query, Visit visit, Done done) = 0;
};

}  // namespace parlance
