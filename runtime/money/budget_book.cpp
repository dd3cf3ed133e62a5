#include "runtime/money/budget_book.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parlance {
namespace {

const Budget unlimited{};

Budget each_of(const BudgetOptions& options, Payer payer) {
  const auto found = options.each.find(payer);
  return found == options.each.end() ? Budget{} : found->second;
}

const Budget& budget_of(const BudgetOptions& options, const AccountKey& key) {
  if (key.payer == Payer::tenant || key.payer == Payer::key) {
    const auto& named = key.payer == Payer::tenant ? options.tenants : options.keys;
    const auto found = named.find(key.payer == Payer::tenant ? key.tenant : key.name);
    if (found != named.end()) return found->second;
  }
  const auto each = options.each.find(key.payer);
  return each == options.each.end() ? unlimited : each->second;
}

bool limits_any(const std::map<std::string, Budget>& budgets) {
  return std::any_of(budgets.begin(), budgets.end(), [](const auto& named) {
    return !named.second.is_unlimited();
  });
}

bool limits_somebody(const BudgetOptions& options) {
  return limits_any(options.tenants) || limits_any(options.keys) ||
         std::any_of(options.each.begin(), options.each.end(), [](const auto& each) {
           return !each.second.is_unlimited();
         });
}

bool has_room(const SpendingLimit& limit, const Amount& spent) {
  return (limit.tokens_max == 0 || spent.tokens <= limit.tokens_max) &&
         (limit.nanos_max == 0 || spent.nanos <= limit.nanos_max);
}

// The sums are whole and far from their ends: parse_money() and Price::most see to it.
std::optional<BudgetRefusal> refusal_by(const Budget& budget,
                                        Payer payer,
                                        const Account& account,
                                        const Amount& worst,
                                        std::int64_t at_ms) {
  for (const Period period : all_periods) {
    if (!has_room(budget.of(period), account.spent(period, at_ms) + worst))
      return BudgetRefusal{payer, period};
  }
  return std::nullopt;
}

// Of the limit that it is nearer to; 0 without one.
double share_of(const SpendingLimit& limit, const Amount& spent) {
  const auto part = [](std::int64_t amount, std::int64_t most) {
    return most == 0 ? 0 : static_cast<double>(amount) / static_cast<double>(most);
  };
  return std::max(part(spent.tokens, limit.tokens_max), part(spent.nanos, limit.nanos_max));
}

std::uint32_t millionths_of(double share) {
  return static_cast<std::uint32_t>(std::lround(share * 1e6));
}

}  // namespace

std::string_view to_string(Payer payer) {
  switch (payer) {
    case Payer::tenant:
      return "tenant";
    case Payer::key:
      return "key";
    case Payer::user:
      return "user";
    case Payer::thread:
      break;
  }
  return "thread";
}

Error BudgetRefusal::error() const {
  if (!payer) return {ErrorCode::budget_exhausted, "too many have spent something", {}, {}};
  return {ErrorCode::budget_exhausted,
          "the " + std::string(to_string(*payer)) + "'s budget (" + std::string(to_string(period)) +
              ") has no room for this call",
          {},
          {}};
}

bool is_idle(const BudgetOptions& budgets,
             const AccountKey& key,
             const Account& account,
             std::int64_t now_ms) {
  const Budget& budget = budget_of(budgets, key);
  return std::all_of(all_periods.begin(), all_periods.end(), [&](Period period) {
    return budget.of(period) == SpendingLimit{} || account.spent(period, now_ms) == Amount{};
  });
}

BudgetBook::BudgetBook(BudgetOptions options)
    : options_(std::move(options)),
      thread_(each_of(options_, Payer::thread)),
      has_budgets_(limits_somebody(options_)) {}

std::vector<AccountKey> BudgetBook::payers(const std::string& tenant,
                                           const std::string& key,
                                           const std::string& user) const {
  std::vector<AccountKey> found;
  if (!has_budgets_) return found;
  for (AccountKey each : {AccountKey{Payer::tenant, tenant, {}},
                          AccountKey{Payer::key, tenant, key},
                          AccountKey{Payer::user, tenant, user}}) {
    if (each.payer != Payer::tenant && each.name.empty()) continue;
    if (!budget_of(options_, each).is_unlimited()) found.push_back(std::move(each));
  }
  return found;
}

void BudgetBook::load(const AccountKey& key, const Account& account) {
  const std::scoped_lock lock(mutex_);
  if (budget_of(options_, key).is_unlimited()) return;
  accounts_[key] = Entry{account, {}};
}

// The caller holds mutex_.
std::optional<BudgetRefusal> BudgetBook::judge(const std::vector<AccountKey>& payers,
                                               const Amount& worst,
                                               std::int64_t at_ms) {
  for (const auto& payer : payers) {
    const auto found = accounts_.find(payer);
    const Account account = found == accounts_.end() ? Account{} : found->second.account;
    if (auto refusal = refusal_by(budget_of(options_, payer), payer.payer, account, worst, at_ms))
      return refusal;
  }
  if (accounts_.size() + payers.size() > options_.accounts_max && !make_room(at_ms)) {
    const bool is_new = std::any_of(payers.begin(), payers.end(), [&](const auto& payer) {
      return !accounts_.contains(payer);
    });
    if (is_new) return BudgetRefusal{};
  }
  return std::nullopt;
}

std::optional<BudgetRefusal> BudgetBook::refusal_of(const std::vector<AccountKey>& payers,
                                                    const Amount& worst,
                                                    std::int64_t at_ms) {
  const std::scoped_lock lock(mutex_);
  return judge(payers, worst, at_ms);
}

std::optional<BudgetRefusal> BudgetBook::reserve(const std::vector<AccountKey>& payers,
                                                 const Amount& worst,
                                                 std::int64_t at_ms) {
  const std::scoped_lock lock(mutex_);
  if (auto refusal = judge(payers, worst, at_ms)) {
    for (const auto& payer : payers)
      if (payer.payer == refusal->payer)
        refusal->alert = used_up(payer, refusal->period, worst, at_ms);
    return refusal;
  }
  for (const auto& payer : payers) {
    Entry& entry = accounts_[payer];
    entry.account.add(worst, at_ms);
    entry.open += worst;
  }
  return std::nullopt;
}

std::vector<BudgetAlert> BudgetBook::settle(const std::vector<AccountKey>& payers,
                                            const Amount& reserved,
                                            const Amount& spent,
                                            std::int64_t at_ms) {
  std::vector<BudgetAlert> alerts;
  const std::scoped_lock lock(mutex_);
  for (const auto& payer : payers) {
    Entry& entry = accounts_[payer];
    entry.account.add(spent - reserved, at_ms);
    entry.open = entry.open - reserved;
    for (auto& alert : come_to(payer, entry))
      alerts.push_back(std::move(alert));
  }
  return alerts;
}

// What it has come to and nobody was told of. The caller holds mutex_.
std::vector<BudgetAlert> BudgetBook::come_to(const AccountKey& key, Entry& entry) const {
  std::vector<BudgetAlert> alerts;
  const Budget& budget = budget_of(options_, key);
  Account& account = entry.account;
  const std::array amounts{account.of_day, account.of_month, account.in_all};
  for (const Period period : all_periods) {
    const SpendingLimit& limit = budget.of(period);
    const Amount spent = amounts[static_cast<std::size_t>(period)] - entry.open;
    for (const double share : options_.alert_shares) {
      const ToldShare told{period, account.number_of(period), millionths_of(share)};
      if (share_of(limit, spent) < share || account.told_of(period) >= told.millionths) continue;
      account.tell(told);
      alerts.push_back({key, share, told, spent, limit});
    }
  }
  return alerts;
}

// That a call of this size has no room beside what was settled, if nobody was told of share 1 yet.
// The caller holds mutex_.
std::optional<BudgetAlert> BudgetBook::used_up(const AccountKey& key,
                                               Period period,
                                               const Amount& worst,
                                               std::int64_t at_ms) {
  const auto& shares = options_.alert_shares;
  const auto found = accounts_.find(key);
  if (found == accounts_.end() || std::find(shares.begin(), shares.end(), 1) == shares.end())
    return std::nullopt;
  const SpendingLimit& limit = budget_of(options_, key).of(period);
  if (!has_room(limit, worst)) return std::nullopt;
  Account& account = found->second.account;
  account.add({}, at_ms);  // a day or month may have begun since
  const Amount settled = account.spent(period, at_ms) - found->second.open;
  if (share_of(limit, settled) <= 0 || has_room(limit, settled + worst)) return std::nullopt;
  const ToldShare told{period, account.number_of(period), millionths_of(1)};
  if (account.told_of(period) >= told.millionths) return std::nullopt;
  account.tell(told);
  return BudgetAlert{key, 1, told, settled, limit};
}

void BudgetBook::take_back(const BudgetAlert& alert) {
  const std::scoped_lock lock(mutex_);
  Account& account = accounts_[alert.payer].account;
  if (account.number_of(alert.told.period) != alert.told.of) return;
  std::uint32_t& told = account.told_of(alert.told.period);
  told = std::min(told, alert.told.millionths - 1);
}

std::optional<BudgetRefusal> BudgetBook::refusal_of(const Account& thread,
                                                    const Amount& worst,
                                                    std::int64_t at_ms) const {
  return refusal_by(thread_, Payer::thread, thread, worst, at_ms);
}

Account BudgetBook::account(const AccountKey& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = accounts_.find(key);
  return found == accounts_.end() ? Account{} : found->second.account;
}

// The caller holds mutex_. Looks at all of them, so once a second at most.
bool BudgetBook::make_room(std::int64_t now_ms) {
  constexpr std::int64_t looks_apart_ms = 1'000;
  if (now_ms - looked_for_room_ms_ >= looks_apart_ms) {
    looked_for_room_ms_ = now_ms;
    std::erase_if(accounts_, [&](const auto& each) {
      return is_idle(options_, each.first, each.second.account, now_ms);
    });
  }
  return accounts_.size() < options_.accounts_max;
}

}  // namespace parlance
