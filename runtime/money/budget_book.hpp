// Who may spend how much, and what they have spent: each call's worst case is reserved here before
// the call is made, against the budgets of its tenant, key and user at once, or refused.
//
//   reserve   the worst case counts as spent, or nothing does (budget_exhausted)
//   settle    what it came to takes the place of what was reserved
//
// What a thread has spent is kept by the thread itself, which makes one call at a time: the book
// only judges it (refusal_of).
//
// An alert says that a payer has come to a share of a budget, once for each share and period. It
// counts what was settled, so that calls under way alone bring none. That of share 1 comes also
// with the first call for which what was settled leaves no room, unless it is larger than the whole
// budget; smaller shares are not told of any more then.
// The account keeps what was told of, so an alert that was written together with it comes once,
// whatever crashes.
//
// The book is what decides; the journal has the same sums (Append::spendings), written with what
// they belong to. A reservation that is never settled stays spent.
//
// Bounds: accounts_max accounts. Those of which no budget counts anything any more leave; when none
// can, somebody who is new is refused.
// Threading: any thread; one mutex, held for a few look-ups.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/money/account.hpp"
#include "runtime/money/amount.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace parlance {

// On disk: never renumber.
enum class Payer : std::uint8_t { tenant = 1, key = 2, user = 3, thread = 4 };
std::string_view to_string(Payer payer);

struct AccountKey {
  Payer payer = Payer::tenant;
  std::string tenant;
  std::string name;  // of the key or user; empty for the tenant

  auto operator<=>(const AccountKey&) const = default;
};

// 0: no limit.
struct SpendingLimit {
  std::int64_t tokens_max = 0;
  std::int64_t nanos_max = 0;

  bool operator==(const SpendingLimit&) const = default;
};

struct Budget {
  std::array<SpendingLimit, all_periods.size()> limits{};  // by Period

  SpendingLimit& of(Period period) { return limits[static_cast<std::size_t>(period)]; }
  const SpendingLimit& of(Period period) const { return limits[static_cast<std::size_t>(period)]; }
  bool is_unlimited() const { return *this == Budget{}; }
  bool operator==(const Budget&) const = default;
};

struct BudgetOptions {
  std::map<Payer, Budget> each;  // of every tenant, key, user, thread
  // Of single tenants (by name) and keys (by id), in place of the above.
  std::map<std::string, Budget> tenants;
  std::map<std::string, Budget> keys;
  std::vector<double> alert_shares{0.8, 1};  // of a budget; ascending
  std::string alert_webhook;                 // where alerts are posted to; empty: nowhere
  std::size_t accounts_max = 1'000'000;

  bool operator==(const BudgetOptions&) const = default;
};

struct BudgetAlert {
  AccountKey payer;
  double share = 0;  // that was come to
  ToldShare told;    // the same, as the account keeps it
  Amount spent;
  SpendingLimit limit;

  bool operator==(const BudgetAlert&) const = default;
};

// No room in a budget.
struct BudgetRefusal {
  std::optional<Payer> payer;  // whose budget it is; none: the book has no account left for one
  Period period = Period::day;
  std::optional<BudgetAlert> alert{};  // what is to be told of it

  Error error() const;  // budget_exhausted
  bool operator==(const BudgetRefusal&) const = default;
};

// Whether no budget counts anything any more of what this account has spent.
bool is_idle(const BudgetOptions& budgets,
             const AccountKey& key,
             const Account& account,
             std::int64_t now_ms);

class BudgetBook {
 public:
  explicit BudgetBook(BudgetOptions options = {});

  bool has_budgets() const { return has_budgets_; }
  bool has_thread_budget() const { return !thread_.is_unlimited(); }

  // Those among the tenant, its key and the user that have a budget; empty names have none.
  std::vector<AccountKey> payers(const std::string& tenant,
                                 const std::string& key,
                                 const std::string& user) const;

  // As it was on disk. Before the first reservation.
  void load(const AccountKey& key, const Account& account);

  // A refusal, and nothing is reserved: it does not fit a budget of one of the payers.
  std::optional<BudgetRefusal> reserve(const std::vector<AccountKey>& payers,
                                       const Amount& worst,
                                       std::int64_t at_ms);
  // What reserve() would say now.
  std::optional<BudgetRefusal> refusal_of(const std::vector<AccountKey>& payers,
                                          const Amount& worst,
                                          std::int64_t at_ms);
  // `at_ms` as reserved. Answers what has been come to.
  [[nodiscard]] std::vector<BudgetAlert> settle(const std::vector<AccountKey>& payers,
                                                const Amount& reserved,
                                                const Amount& spent,
                                                std::int64_t at_ms);
  // Nobody could be told: the alert comes again, with the payer's next call.
  void take_back(const BudgetAlert& alert);

  // Of a thread that has spent this.
  std::optional<BudgetRefusal> refusal_of(const Account& thread,
                                          const Amount& worst,
                                          std::int64_t at_ms) const;

  Account account(const AccountKey& key) const;

 private:
  struct Entry {
    Account account;
    Amount open;  // of it, what is reserved for calls under way
  };

  std::optional<BudgetRefusal> judge(const std::vector<AccountKey>& payers,
                                     const Amount& worst,
                                     std::int64_t at_ms);
  std::vector<BudgetAlert> come_to(const AccountKey& key, Entry& entry) const;
  std::optional<BudgetAlert> used_up(const AccountKey& key,
                                     Period period,
                                     const Amount& worst,
                                     std::int64_t at_ms);
  bool make_room(std::int64_t now_ms);

  const BudgetOptions options_;
  const Budget thread_;
  const bool has_budgets_;
  mutable std::mutex mutex_;
  std::map<AccountKey, Entry> accounts_;  // guarded by mutex_
  std::int64_t looked_for_room_ms_ = 0;   // guarded by mutex_
};

}  // namespace parlance
