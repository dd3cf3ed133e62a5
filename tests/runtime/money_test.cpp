#include "runtime/money/amount.hpp"
#include "runtime/money/budget_book.hpp"
#include "runtime/money/price_table.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace parlance {
namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t unit = 1'000'000'000;  // of money, in nano-units

// 31 December 2026, 23:00 UTC.
constexpr std::int64_t late_ms = 1'798'758'000'000;
constexpr std::int64_t hour_ms = 3'600'000;

const std::vector<AccountKey> acme{{Payer::tenant, "acme", {}}};

BudgetOptions tenant_budget(Period period, SpendingLimit limit) {
  BudgetOptions options;
  options.each[Payer::tenant].of(period) = limit;
  return options;
}

TEST_CASE("money is read and shown to the nano-unit") {
  CHECK(*parse_money("12.5") == 12'500'000'000);
  CHECK(*parse_money("0.000000001") == 1);
  CHECK(*parse_money("3") == 3 * unit);
  for (const char* text : {"", ".5", "5.", "-1", "1e3", "1,5", "0.0000000001", "1000000001"})
    CHECK_FALSE(parse_money(text));
  CHECK(money_text(12'500'000'000) == "12.5");
  CHECK(money_text(1) == "0.000000001");
  CHECK(money_text(0) == "0");
  CHECK(money_text(-7 * unit) == "-7");
}

TEST_CASE("a call costs what its tokens do, cached ones at their own price, rounded up once") {
  const PriceTable prices("2026-01", {{"m", {500 * million, 50 * million, 1'500 * million}}});
  CHECK(prices.cost_of("p", "m", {10, 4, 0}) == Amount{14, 10 * 500 + 4 * 1'500});
  CHECK(prices.cost_of("p", "m", {10, 4, 6}) == Amount{14, 4 * 500 + 6 * 50 + 4 * 1'500});
  const PriceTable fractions("1", {{"m", {1, 1, 1}}});
  CHECK(fractions.cost_of("p", "m", {1, 1, 0}).nanos == 1);
  CHECK(fractions.cost_of("p", "m", {0, 0, 0}).nanos == 0);
}

TEST_CASE("the dearest call that fits the numbers does not overflow") {
  const PriceTable prices("1", {{"m", {Price::most, Price::most, Price::most}}});
  const auto cost = prices.cost_of("p", "m", {UINT32_MAX, UINT32_MAX, 0});
  CHECK(cost.nanos == 2 * std::int64_t{UINT32_MAX} * (Price::most / million));
}

TEST_CASE("a model without a price costs what the dearest one does") {
  const PriceTable prices("1",
                          {{"a", {2 * million, 2 * million, 3 * million}},
                           {"p/b", {1 * million, 4 * million, 9 * million}}});
  CHECK(prices.cost_of("p", "b", {1, 1, 0}).nanos == 10);
  CHECK(prices.cost_of("q", "b", {1, 1, 0}).nanos == 2 + 9);
  CHECK(PriceTable().cost_of("p", "b", {1, 1, 0}) == Amount{2, 0});
}

TEST_CASE("the worst case of a usage is dear whatever was cached of it") {
  const PriceTable prices("1", {{"m", {1 * million, 4 * million, 0}}});
  CHECK(prices.cost_max_of("p", "m", {5, 0, 0}) == Amount{5, 20});
}

TEST_CASE("what is reserved counts until it is settled") {
  BudgetBook book(tenant_budget(Period::day, {100, 0}));
  CHECK_FALSE(book.reserve(acme, {60, 0}, late_ms));
  const auto refused = book.reserve(acme, {41, 0}, late_ms);
  REQUIRE(refused);
  CHECK(*refused == BudgetRefusal{Payer::tenant, Period::day});
  CHECK(refused->error().code == ErrorCode::budget_exhausted);
  CHECK(refused->error().detail == "the tenant's budget (day) has no room for this call");
  CHECK(book.settle(acme, {60, 0}, {10, 0}, late_ms).empty());
  CHECK_FALSE(book.reserve(acme, {90, 0}, late_ms));
  CHECK(book.reserve(acme, {1, 0}, late_ms));
}

TEST_CASE("a budget of money counts nano-units") {
  BudgetBook book(tenant_budget(Period::total, {0, unit}));
  CHECK_FALSE(book.reserve(acme, {1, unit}, late_ms));
  CHECK(book.reserve(acme, {0, 1}, late_ms));
}

TEST_CASE("a day and a month begin anew at midnight UTC, a total never") {
  for (const auto& [period, again_after_hours] :
       {std::pair{Period::day, 1}, std::pair{Period::month, 1}, std::pair{Period::total, 0}}) {
    BudgetBook book(tenant_budget(period, {10, 0}));
    CHECK_FALSE(book.reserve(acme, {10, 0}, late_ms));
    CHECK(book.reserve(acme, {1, 0}, late_ms));
    CHECK(book.reserve(acme, {1, 0}, late_ms + hour_ms).has_value() == (again_after_hours == 0));
  }
}

TEST_CASE("what is settled after midnight changes the day before") {
  BudgetBook book(tenant_budget(Period::day, {10, 0}));
  CHECK_FALSE(book.reserve(acme, {10, 0}, late_ms));
  CHECK_FALSE(book.reserve(acme, {7, 0}, late_ms + hour_ms));
  CHECK(book.settle(acme, {10, 0}, {2, 0}, late_ms).empty());
  CHECK(book.account(acme.front()).spent(Period::day, late_ms + hour_ms) == Amount{7, 0});
}

TEST_CASE("a call that one of its payers cannot pay is reserved for none of them") {
  BudgetOptions options = tenant_budget(Period::day, {100, 0});
  options.each[Payer::user].of(Period::day) = {5, 0};
  BudgetBook book(options);
  const auto payers = book.payers("acme", "k1", "ada");
  REQUIRE(payers.size() == 2);
  CHECK(book.reserve(payers, {6, 0}, late_ms));
  CHECK(book.account(acme.front()) == Account{});
  CHECK(book.payers("acme", "k1", "").size() == 1);
}

TEST_CASE("a key and a tenant may have a budget of their own") {
  BudgetOptions options = tenant_budget(Period::day, {1, 0});
  options.tenants["acme"].of(Period::day) = {10, 0};
  options.keys["k1"].of(Period::day) = {20, 0};
  BudgetBook book(options);
  CHECK_FALSE(book.reserve(book.payers("acme", "k2", ""), {10, 0}, late_ms));
  CHECK(book.reserve(book.payers("globex", "k2", ""), {2, 0}, late_ms));
  CHECK(book.payers("acme", "k1", "").size() == 2);
  CHECK(book.payers("acme", "k2", "").size() == 1);
}

TEST_CASE("without budgets nobody is a payer") {
  BudgetBook book;
  CHECK_FALSE(book.has_budgets());
  CHECK(book.payers("acme", "k1", "ada").empty());
}

TEST_CASE("a full book lets go of those of whom nothing counts, and else refuses who is new") {
  BudgetOptions options;
  options.each[Payer::user].of(Period::day) = {5, 0};
  options.accounts_max = 2;
  BudgetBook book(options);
  CHECK_FALSE(book.reserve(book.payers("acme", "", "ada"), {1, 0}, late_ms));
  CHECK_FALSE(book.reserve(book.payers("acme", "", "bob"), {1, 0}, late_ms));
  CHECK(book.reserve(book.payers("acme", "", "eve"), {1, 0}, late_ms));
  CHECK_FALSE(book.reserve(book.payers("acme", "", "ada"), {1, 0}, late_ms));
  CHECK_FALSE(book.reserve(book.payers("acme", "", "eve"), {1, 0}, late_ms + hour_ms));
}

TEST_CASE("a share of a budget is told once in each period, for what was settled") {
  BudgetOptions options = tenant_budget(Period::day, {100, 0});
  options.alert_shares = {0.5, 1};
  std::vector<double> told;
  BudgetBook book(options);
  const auto settle = [&](std::int64_t reserved, std::int64_t tokens, std::int64_t at_ms) {
    for (const auto& alert : book.settle(acme, {reserved, 0}, {tokens, 0}, at_ms))
      told.push_back(alert.share);
  };
  const auto spend = [&](std::int64_t tokens, std::int64_t at_ms) {
    CHECK_FALSE(book.reserve(acme, {tokens, 0}, at_ms));
    settle(tokens, tokens, at_ms);
  };
  CHECK_FALSE(book.reserve(acme, {60, 0}, late_ms));  // under way
  settle(60, 49, late_ms);
  CHECK(told.empty());
  spend(1, late_ms);
  spend(10, late_ms);
  CHECK(told == std::vector{0.5});
  spend(40, late_ms);
  CHECK(told == std::vector{0.5, 1.0});
  spend(100, late_ms + hour_ms);
  CHECK(told == std::vector{0.5, 1.0, 0.5, 1.0});
}

TEST_CASE("what an account was told of is not told again, and what it was not is") {
  BudgetOptions options = tenant_budget(Period::total, {100, 0});
  options.alert_shares = {0.5, 0.6, 1};
  BudgetBook book(options);
  Account account;
  account.add({70, 0}, late_ms);
  account.tell({Period::total, 0, 500'000});
  book.load(acme.front(), account);
  CHECK_FALSE(book.reserve(acme, {10, 0}, late_ms));
  const auto alerts = book.settle(acme, {10, 0}, {10, 0}, late_ms);
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0] ==
        BudgetAlert{acme.front(), 0.6, {Period::total, 0, 600'000}, {80, 0}, {100, 0}});
}

TEST_CASE("the first refusal of a period tells that a budget is used up") {
  BudgetOptions options = tenant_budget(Period::day, {100, 0});
  options.alert_shares = {0.95, 1};
  BudgetBook book(options);
  const auto refusal = [&](std::int64_t tokens, std::int64_t at_ms) {
    const auto refused = book.reserve(acme, {tokens, 0}, at_ms);
    REQUIRE(refused);
    return *refused;
  };
  const auto spend = [&](std::int64_t tokens, std::int64_t at_ms) {
    CHECK_FALSE(book.reserve(acme, {tokens, 0}, at_ms));
    CHECK(book.settle(acme, {tokens, 0}, {tokens, 0}, at_ms).empty());
  };
  CHECK_FALSE(refusal(101, late_ms).alert);  // larger than the budget
  spend(60, late_ms);
  CHECK_FALSE(book.reserve(acme, {30, 0}, late_ms));
  CHECK_FALSE(refusal(20, late_ms).alert);  // it is what runs that leaves no room
  CHECK_FALSE(book.refusal_of(acme, {50, 0}, late_ms)->alert);
  CHECK_FALSE(refusal(101, late_ms).alert);  // this has no room in any case
  const auto first = refusal(50, late_ms);
  REQUIRE(first.alert);
  CHECK(first.alert->share == 1);
  CHECK(first.alert->spent == Amount{60, 0});
  CHECK(first.alert->limit == SpendingLimit{100, 0});
  CHECK_FALSE(refusal(50, late_ms).alert);
  book.take_back(*first.alert);
  CHECK(refusal(50, late_ms).alert);
  CHECK(book.settle(acme, {30, 0}, {40, 0}, late_ms).empty());  // told of already
  CHECK_FALSE(refusal(101, late_ms + hour_ms).alert);
  spend(60, late_ms + hour_ms);
  CHECK(refusal(50, late_ms + hour_ms).alert);
}

TEST_CASE("a refusal tells nothing where share 1 is not asked for") {
  BudgetOptions options = tenant_budget(Period::day, {100, 0});
  options.alert_shares = {0.8};
  BudgetBook book(options);
  CHECK_FALSE(book.reserve(acme, {60, 0}, late_ms));
  CHECK(book.settle(acme, {60, 0}, {60, 0}, late_ms).empty());
  CHECK_FALSE(book.reserve(acme, {50, 0}, late_ms)->alert);
}

TEST_CASE("an alert that is taken back comes again") {
  BudgetOptions options = tenant_budget(Period::day, {100, 0});
  options.alert_shares = {0.5, 0.8};
  BudgetBook book(options);
  CHECK_FALSE(book.reserve(acme, {90, 0}, late_ms));
  const auto alerts = book.settle(acme, {90, 0}, {90, 0}, late_ms);
  REQUIRE(alerts.size() == 2);
  book.take_back(alerts[1]);
  CHECK_FALSE(book.reserve(acme, {1, 0}, late_ms));
  const auto again = book.settle(acme, {1, 0}, {1, 0}, late_ms);
  REQUIRE(again.size() == 1);
  CHECK(again[0].share == 0.8);
  book.take_back(again[0]);
  CHECK_FALSE(book.reserve(acme, {1, 0}, late_ms + hour_ms));  // another day
  CHECK(book.settle(acme, {1, 0}, {1, 0}, late_ms + hour_ms).empty());
}

TEST_CASE("callers at once never reserve more than the budget") {
  BudgetBook book(tenant_budget(Period::total, {1'000, 0}));
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&book] {
      for (int call = 0; call < 1'000; ++call) {
        if (!book.reserve(acme, {7, 0}, late_ms))
          static_cast<void>(book.settle(acme, {7, 0}, {2, 0}, late_ms));
      }
    });
  }
  for (auto& caller : callers)
    caller.join();
  const auto spent = book.account(acme.front()).in_all.tokens;
  CHECK(spent <= 1'000);
  CHECK(spent > 1'000 - 7);
}

}  // namespace
}  // namespace parlance
