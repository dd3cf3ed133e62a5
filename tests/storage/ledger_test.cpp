#include "storage/keys.hpp"
#include "tests/storage/journal_fixture.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <utility>

namespace parlance::storage::testing {
namespace {

const AccountKey acme{Payer::tenant, "acme", {}};
constexpr std::int64_t at_ms = 1'800'000'000'000;

struct LedgerFixture : JournalFixture {
  static LedgerRow row(std::uint64_t number, const std::string& user = "ada") {
    LedgerRow made;
    made.key = {at_ms + static_cast<std::int64_t>(number), thread("t1"), 1, number};
    made.user = user;
    made.model = "m";
    made.usage = {1, 2, 0};
    made.nanos = 5;
    return made;
  }

  AppendOutcome spend(std::vector<Spending> spendings,
                      std::vector<LedgerRow> rows,
                      std::uint64_t epoch_more = 0) {
    const auto owner = opened(thread("t1"));
    Head head = owner.head.value_or(Head{});
    head.incarnation = 7;
    auto call = make(thread("t1"), owner.epoch + epoch_more, owner.seq, {}, head);
    call.spendings = std::move(spendings);
    call.ledger = std::move(rows);
    return ask<AppendOutcome>([&](auto done) { journal->append(std::move(call), done); });
  }

  Account account() { return accounts()[acme]; }

  std::map<AccountKey, Account> accounts() {
    std::map<AccountKey, Account> found;
    REQUIRE(journal->accounts(
        [&](const AccountKey& owner, const Account& sum) { found[owner] = sum; }));
    return found;
  }

  std::pair<std::vector<std::uint64_t>, std::string> read(LedgerQuery query) {
    std::vector<std::uint64_t> numbers;
    const auto page = ask<Result<LedgerPage>>([&](auto done) {
      journal->read(
          query, [&](const LedgerRow& found) { numbers.push_back(found.key.number); }, done);
    });
    REQUIRE(page);
    return {numbers, page->next};
  }
};

using Numbers = std::vector<std::uint64_t>;

TEST_CASE_METHOD(LedgerFixture, "what is spent adds up, within a batch and over a restart") {
  start();
  CHECK(spend({{acme, {10, 100}, at_ms}, {acme, {-4, -40}, at_ms}}, {}) ==
        AppendOutcome::committed);
  CHECK(spend({{acme, {1, 1}, at_ms}}, {}) == AppendOutcome::committed);
  CHECK(account().in_all == Amount{7, 61});
  restart();
  CHECK(account().in_all == Amount{7, 61});
}

TEST_CASE_METHOD(LedgerFixture, "what belongs to no thread is charged as well, over a restart") {
  start();
  LedgerRow made = row(3);
  made.key.thread.thread = {};
  const auto charge = [&](Amount change) {
    return ask<AppendOutcome>([&](auto done) {
      journal->charge({{{acme, change, at_ms, {}}}, {made}, {}}, done);
    });
  };
  CHECK(charge({10, 100}) == AppendOutcome::committed);
  made.nanos = 7;
  CHECK(charge({-4, -40}) == AppendOutcome::committed);
  restart();
  CHECK(account().in_all == Amount{6, 60});
  CHECK(read({}).first == Numbers{3});
}

TEST_CASE_METHOD(LedgerFixture, "what a fenced owner spends is not written") {
  start();
  CHECK(spend({{acme, {10, 100}, at_ms}}, {row(1)}, 1) == AppendOutcome::fenced);
  CHECK(account() == Account{});
  CHECK(read({}).first.empty());
}

TEST_CASE_METHOD(LedgerFixture, "a call's row takes the place of the one it had") {
  start();
  LedgerRow reserved = row(1);
  reserved.counted = Counted::reserved;
  spend({}, {reserved});
  spend({}, {row(1)});
  std::vector<LedgerRow> rows;
  const auto page = ask<Result<LedgerPage>>([&](auto done) {
    journal->read(
        LedgerQuery{}, [&](const LedgerRow& found) { rows.push_back(found); }, done);
  });
  REQUIRE(page);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0] == row(1));
}

TEST_CASE_METHOD(LedgerFixture, "the ledger is read by time, by whom, and page by page") {
  start();
  spend({}, {row(1), row(2, "bob"), row(3), row(4)});
  CHECK(read({}).first == Numbers{1, 2, 3, 4});
  LedgerQuery query;
  query.user = "ada";
  query.rows_max = 2;
  const auto first = read(query);
  CHECK(first.first == Numbers{1, 3});
  query.after = first.second;
  CHECK(read(query) == std::pair(Numbers{4}, std::string()));
  query = {};
  query.from_ms = at_ms + 2;
  query.to_ms = at_ms + 4;
  CHECK(read(query).first == Numbers{2, 3});
  query.thread = "other";
  CHECK(read(query).first.empty());
  query.after = "no hex";
  const auto wrong = ask<Result<LedgerPage>>([&](auto done) {
    journal->read(
        query, [](const LedgerRow&) {}, done);
  });
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == ErrorCode::invalid_value);
}

TEST_CASE_METHOD(LedgerFixture, "what an alert told of stays with what brought it") {
  start();
  const std::int64_t today = at_ms / 86'400'000;
  spend({{acme, {80, 0}, at_ms, {}}, {acme, {}, at_ms, ToldShare{Period::day, today, 800'000}}},
        {});
  restart();
  CHECK(account().told == std::array<std::uint32_t, 3>{800'000, 0, 0});
  spend({{acme, {1, 0}, at_ms + 86'400'000, {}}}, {});
  CHECK(account().told == std::array<std::uint32_t, 3>{0, 0, 0});
}

TEST_CASE_METHOD(LedgerFixture, "accounts that count nothing any more leave the disk by a sweep") {
  const AccountKey ada{Payer::user, "acme", "ada"};
  const AccountKey bob{Payer::user, "acme", "bob"};
  BudgetOptions budgets;
  budgets.each[Payer::user].of(Period::day).tokens_max = 100;
  budgets.each[Payer::tenant].of(Period::total).tokens_max = 100;
  options.is_idle = [budgets](const AccountKey& owner, const Account& sum, std::int64_t now_ms) {
    return is_idle(budgets, owner, sum, now_ms);
  };
  clock.now_ms = at_ms;
  start();
  spend({{acme, {2, 0}, at_ms, {}}, {ada, {1, 0}, at_ms, {}}, {bob, {1, 0}, at_ms, {}}}, {});
  REQUIRE(journal->sweep());
  CHECK(accounts().size() == 3);
  clock.now_ms = at_ms + 86'400'000;
  spend({{bob, {1, 0}, clock.now_ms, {}}}, {});
  REQUIRE(journal->sweep());
  CHECK_FALSE(accounts().contains(ada));
  CHECK(accounts().contains(bob));
  CHECK(accounts().contains(acme));
  spend({{ada, {1, 0}, clock.now_ms, {}}}, {});
  CHECK(accounts().contains(ada));
}

TEST_CASE_METHOD(LedgerFixture, "old rows are not read, and leave the disk with a compaction") {
  start();
  spend({}, {row(1), row(2)});
  clock.now_ms = at_ms + 2 + options.ledger_ttl.count();
  CHECK(read({}).first == Numbers{2});
  journal.reset();
  OpenThreads nobody;
  const auto store =
      JournalStore::open_store(options, std::make_shared<ExpiryJudge>(nobody, clock, options));
  REQUIRE(store);
  auto& db = (*store)->db();
  REQUIRE(db.Flush({}, (*store)->ledger()).ok());
  rocksdb::CompactRangeOptions all;
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  REQUIRE(db.CompactRange(all, (*store)->ledger(), nullptr, nullptr).ok());
  std::string value;
  CHECK(db.Get({}, (*store)->ledger(), ledger_key(row(1).key), &value).IsNotFound());
  CHECK(db.Get({}, (*store)->ledger(), ledger_key(row(2).key), &value).ok());
}

}  // namespace
}  // namespace parlance::storage::testing
