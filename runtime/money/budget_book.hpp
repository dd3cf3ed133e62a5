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
// counts what was settled, so that calls under way alone bring none; and none comes for what had
// been spent before the process began.
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
#include <functional>
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
  std::size_t accounts_max = 1'000'000;

  bool operator==(const BudgetOptions&) const = default;
};

// No room in a budget.
struct BudgetRefusal {
  std::optional<Payer> payer;  // whose budget it is; none: the book has no account left for one
  Period period = Period::day;

  Error error() const;  // budget_exhausted
  bool operator==(const BudgetRefusal&) const = default;
};

struct BudgetAlert {
  AccountKey payer;
  Period period = Period::day;
  double share = 0;  // that was come to
  Amount spent;
};
// Called from the thread that settles, with no lock held. Must not block.
using OnBudgetAlert = std::function<void(const BudgetAlert&)>;

class BudgetBook {
 public:
  explicit BudgetBook(BudgetOptions options = {}, OnBudgetAlert on_alert = nullptr);

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
  // `at_ms` as reserved.
  void settle(const std::vector<AccountKey>& payers,
              const Amount& reserved,
              const Amount& spent,
              std::int64_t at_ms);

  // Of a thread that has spent this.
  std::optional<BudgetRefusal> refusal_of(const Account& thread,
                                          const Amount& worst,
                                          std::int64_t at_ms) const;

  Account account(const AccountKey& key) const;

 private:
  struct Entry {
    Account account;
    Amount open;  // of it, what is reserved for calls under way
    // By Period: so many of alert_shares were come to, in this day or month.
    std::array<std::size_t, all_periods.size()> told{};
    std::array<std::int64_t, all_periods.size()> told_in{};
  };

  const Budget& budget_of(const AccountKey& key) const;
  std::optional<BudgetRefusal> judge(const std::vector<AccountKey>& payers,
                                     const Amount& worst,
                                     std::int64_t at_ms);
  std::vector<BudgetAlert> come_to(const AccountKey& key, Entry& entry) const;
  bool is_idle(const AccountKey& key, const Account& account, std::int64_t now_ms) const;
  bool make_room(std::int64_t now_ms);

  const BudgetOptions options_;
  const Budget thread_;
  const bool has_budgets_;
  const OnBudgetAlert on_alert_;
  mutable std::mutex mutex_;
  std::map<AccountKey, Entry> accounts_;  // guarded by mutex_
  std::int64_t looked_for_room_ms_ = 0;   // guarded by mutex_
};

}  // namespace parlance
