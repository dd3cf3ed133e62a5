#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <utility>
#include <vector>

namespace parlance::actors {
namespace {

constexpr std::int64_t million = 1'000'000;

// A token of an answer is a nano-unit, one of a question none: what a call may cost at most is its
// agent's tokens_out_max.
const PriceTable prices("v1", {{"fake-1", {0, 0, million}}});
constexpr std::int64_t answer_max = 2'048;

BudgetOptions budget_of(Payer payer, std::int64_t nanos_max) {
  BudgetOptions budgets;
  budgets.each[payer].of(Period::total).nanos_max = nanos_max;
  return budgets;
}

struct ChargesTest : ConversationTest {
  void start_with(BudgetOptions budgets) {
    // Threads of the node before still know the old one.
    const auto old =
        std::exchange(money,
                      std::make_unique<Money>(
                          prices, std::move(budgets), RoleOptions{{"main", {lane}}}, registry));
    start_node();
  }

  std::shared_ptr<tests::RecordingSink> ask(const std::string& thread = "t1") {
    TurnRequest turn = request("chat", "hello", thread);
    turn.caller_key = "k1";
    turn.user = "ada";
    return start_turn(std::move(turn));
  }

  std::int64_t spent_by(const AccountKey& payer) const {
    return money->book.account(payer).in_all.nanos;
  }
  std::int64_t written_of(const AccountKey& payer) { return journal.accounts[payer].in_all.nanos; }

  const AccountKey acme{Payer::tenant, "acme", {}};
};

TEST_CASE_METHOD(ChargesTest, "without budgets a call leaves one row, with the turn's end") {
  start_with({});
  ask();
  settle();
  CHECK(journal.ledger.empty());
  const int appends = journal.appends;
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  CHECK(journal.appends == appends + 1);
  REQUIRE(journal.ledger.size() == 1);
  const LedgerRow& row = journal.ledger.begin()->second;
  CHECK(row.usage == Usage{3, 5, 0});
  CHECK(row.nanos == 5);
  CHECK(row.counted == Counted::told);
  CHECK(row.price_version == "v1");
  CHECK(row.provider == "fake");
  CHECK(row.model == "fake-1");
  CHECK(row.node == "generate");
  CHECK(row.agent == "chat");
  CHECK(row.caller_key == "k1");
  CHECK(row.user == "ada");
  CHECK(row.key.thread == thread_1);
  CHECK(journal.accounts.empty());
}

TEST_CASE_METHOD(ChargesTest, "the worst case is on disk before the provider is called") {
  start_with(budget_of(Payer::tenant, 10'000));
  ask();
  journal.answer_next();  // open
  run_messages();
  CHECK(spent_by(acme) == answer_max);
  CHECK(written_of(acme) == 0);
  CHECK(provider->calls.empty());
  journal.answer_next();
  run_messages();
  CHECK(written_of(acme) == answer_max);
  REQUIRE(journal.ledger.size() == 1);
  CHECK(journal.ledger.begin()->second.counted == Counted::reserved);
  REQUIRE(provider->calls.size() == 1);
}

TEST_CASE_METHOD(ChargesTest, "what the provider told takes the place of the worst case") {
  start_with(budget_of(Payer::tenant, 10'000));
  ask();
  settle();
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  CHECK(spent_by(acme) == 5);
  CHECK(written_of(acme) == 5);
  REQUIRE(journal.ledger.size() == 1);
  CHECK(journal.ledger.begin()->second.counted == Counted::told);
}

TEST_CASE_METHOD(ChargesTest,
                 "what a provider does not count is estimated, and told as it is charged") {
  start_with(budget_of(Payer::tenant, 10'000));
  const auto sink = ask();
  settle();
  ChatAnswer uncounted{"fake-1", "abcdef", {}, {}};  // two tokens of three bytes
  uncounted.tool_calls.push_back({"1", "find", R"({"q":1})"});
  provider->calls[0]->end(uncounted);
  settle();
  const LedgerRow& row = journal.ledger.begin()->second;
  CHECK(row.counted == Counted::estimated);
  CHECK(row.usage.tokens_in >= 2);
  CHECK(row.usage.tokens_out == 2 + 2 + 3);
  CHECK(spent_by(acme) == 7);
  REQUIRE(sink->ended());
  CHECK(sink->ended()->usage == row.usage);
}

TEST_CASE_METHOD(ChargesTest, "a call that does not fit is refused, and leaves nothing behind") {
  start_with(budget_of(Payer::tenant, answer_max - 1));
  const auto sink = ask();
  settle();
  REQUIRE(sink->is_closed());
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::budget_exhausted);
  CHECK(provider->calls.empty());
  CHECK(journal.appends == 0);
  CHECK(spent_by(acme) == 0);
}

TEST_CASE_METHOD(ChargesTest, "a place that the budget did not allow is the pool's again") {
  lane = LaneOptions{"fake", "fake-1", 1, 0};
  start_with(budget_of(Payer::thread, answer_max));
  ask();
  settle();
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  CHECK(ask()->error->code == ErrorCode::budget_exhausted);  // 5 and the worst case are too much
  settle();
  ask("t2");
  settle();
  CHECK(provider->calls.size() == 2);
}

TEST_CASE_METHOD(ChargesTest, "a thread keeps what it has spent in its head") {
  start_with(budget_of(Payer::thread, 10'000));
  ask();
  settle();
  CHECK(journal.thread(thread_1).head->spent.in_all.nanos == answer_max);
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  CHECK(journal.thread(thread_1).head->spent.in_all.nanos == 5);
}

TEST_CASE_METHOD(ChargesTest, "a call that was refused by its provider costs nothing") {
  start_with(budget_of(Payer::user, 10'000));
  ask();
  settle();
  provider->calls[0]->end(Error{ErrorCode::request_rejected, "no", {}, {}});
  settle();
  CHECK(spent_by({Payer::user, "acme", "ada"}) == 0);
  CHECK(journal.ledger.begin()->second.usage == Usage{});
}

TEST_CASE_METHOD(ChargesTest, "a stream that was cut costs what was said of it, by estimate") {
  start_with(budget_of(Payer::key, 10'000));
  ask();
  settle();
  provider->calls[0]->say("abcdef");  // two tokens of three bytes
  run_messages();
  provider->calls[0]->end(Error{ErrorCode::provider_failed, "cut", {}, {}});
  settle();
  CHECK(spent_by({Payer::key, "acme", "k1"}) == 2);
  const LedgerRow& row = journal.ledger.begin()->second;
  CHECK(row.counted == Counted::estimated);
  CHECK(row.usage.tokens_out == 2);
  CHECK(row.usage.tokens_in >= 2);
}

TEST_CASE_METHOD(ChargesTest, "what a provider told of a stream that was cut is charged") {
  start_with(budget_of(Payer::tenant, 10'000));
  ask();
  settle();
  provider->calls[0]->say("abcdef");  // two tokens of three bytes
  run_messages();
  const auto cut = [&](const Usage& told) {
    provider->calls[0]->reports.used(told);
    provider->calls[0]->end(Error{ErrorCode::provider_failed, "cut", {}, {}});
    settle();
    CHECK(spent_by(acme) == written_of(acme));
    REQUIRE(journal.ledger.size() == 1);
    return journal.ledger.begin()->second;
  };
  SECTION("both sides, as its own counts") {
    const LedgerRow row = cut({500, 400, 100});
    CHECK(row.counted == Counted::told);
    CHECK(row.usage == Usage{500, 400, 100});
    CHECK(spent_by(acme) == 400);
  }
  SECTION("the question alone, with an estimate of what was said") {
    const LedgerRow row = cut({500, 1, 0});
    CHECK(row.counted == Counted::estimated);
    CHECK(row.usage == Usage{500, 2, 0});
  }
  SECTION("the answer alone, with an estimate of what was asked") {
    const LedgerRow row = cut({0, 7, 0});
    CHECK(row.counted == Counted::estimated);
    CHECK(row.usage.tokens_in >= 2);
    CHECK(row.usage.tokens_out == 7);
  }
}

TEST_CASE_METHOD(ChargesTest, "a turn that is cancelled pays for what was said") {
  start_with(budget_of(Payer::tenant, 10'000));
  TurnRequest turn = request("chat", "hello");
  const RunId run = turn.run;
  start_turn(std::move(turn));
  settle();
  provider->calls[0]->say("abcdef");
  run_messages();
  conversations->cancel(thread_1, run, CancelReason::asked, [](auto) {});
  settle();
  CHECK(spent_by(acme) == 2);
  CHECK(written_of(acme) == 2);
}

TEST_CASE_METHOD(ChargesTest, "a call that a crash cut stays its worst case") {
  start_with(budget_of(Payer::tenant, 3 * answer_max));
  ask();
  settle();
  REQUIRE(provider->calls.size() == 1);
  journal.forget_unanswered();
  start_with(budget_of(Payer::tenant, 3 * answer_max));
  for (const auto& [payer, account] : journal.accounts)
    money->book.load(payer, account);
  CHECK(spent_by(acme) == answer_max);
  view();  // wakes the thread
  REQUIRE(provider->calls.size() == 2);
  CHECK(spent_by(acme) == 2 * answer_max);
  provider->calls[1]->end(tests::answer_of("Good day"));
  settle();
  CHECK(spent_by(acme) == answer_max + 5);
  CHECK(written_of(acme) == answer_max + 5);
  CHECK(journal.ledger.size() == 2);
}

TEST_CASE_METHOD(ChargesTest, "a call that is lost with its pool is charged as its worst case") {
  start_with(budget_of(Payer::tenant, 10'000));
  const auto sink = ask();
  settle();
  const auto died = llm_pool->part().generation;
  caf::anon_send(directory->part().actor, PartDown{died});
  settle();
  CHECK(written_of(acme) == answer_max);
  CHECK(sink->ended()->outcome == TurnOutcome::failed);
}

TEST_CASE_METHOD(ChargesTest,
                 "who leaves a call that others share pays nothing, the last one does") {
  tests::add_agent(
      agents, "joins", R"({"start": "generate", "nodes": {"generate": {"kind": "generate"}}})");
  start_with(budget_of(Payer::tenant, 10'000));
  std::vector<RunId> runs;
  for (const char* const thread : {"t1", "t2"}) {
    TurnRequest turn = request("joins", "hello", thread);
    runs.push_back(turn.run);
    start_turn(std::move(turn));
    settle();
  }
  REQUIRE(provider->calls.size() == 1);
  provider->calls[0]->say("abcdef");
  run_messages();
  CHECK(spent_by(acme) == 2 * answer_max);
  conversations->cancel(thread_1, runs[0], CancelReason::asked, [](auto) {});
  settle();
  CHECK(spent_by(acme) == answer_max);
  SECTION("the one who stays pays for the whole call") {
    provider->calls[0]->end(tests::answer_of("Good day"));
    settle();
    CHECK(spent_by(acme) == 5);
    CHECK(written_of(acme) == 5);
  }
  SECTION("when that one leaves as well, it pays for what was said") {
    conversations->cancel(
        {TenantId{"acme"}, ThreadId{"t2"}}, runs[1], CancelReason::asked, [](auto) {});
    settle();
    CHECK(spent_by(acme) == 2);
    CHECK(written_of(acme) == 2);
  }
}

TEST_CASE_METHOD(ChargesTest, "a call that was cancelled before it was sent costs nothing") {
  lane = LaneOptions{"fake", "fake-1", 1, 4};
  start_with(budget_of(Payer::tenant, 10'000));
  ask("t1");
  settle();
  TurnRequest turn = request("chat", "hello", "t2");
  const RunId run = turn.run;
  start_turn(std::move(turn));
  settle();
  REQUIRE(provider->calls.size() == 1);
  CHECK(spent_by(acme) == 2 * answer_max);
  conversations->cancel({TenantId{"acme"}, ThreadId{"t2"}}, run, CancelReason::asked, [](auto) {});
  settle();
  CHECK(spent_by(acme) == answer_max);
}

TEST_CASE_METHOD(ChargesTest, "what a provider told of an attempt that failed is charged as well") {
  start_with(budget_of(Payer::tenant, 10'000));
  ask();
  settle();
  provider->calls[0]->reports.used({7, 2, 0});
  provider->calls[0]->end(Error{ErrorCode::model_unavailable, "overloaded", {}, {}});
  advance_time(std::chrono::seconds(10));
  REQUIRE(provider->calls.size() == 2);
  provider->calls[1]->end(tests::answer_of("Good day"));
  settle();
  CHECK(spent_by(acme) == 2 + 5);
  CHECK(written_of(acme) == 2 + 5);
  REQUIRE(journal.ledger.size() == 2);
  std::vector<Usage> usages;
  for (const auto& [key, row] : journal.ledger)
    usages.push_back(row.usage);
  CHECK(usages == std::vector<Usage>{{3, 5, 0}, {7, 2, 0}});
}

TEST_CASE_METHOD(ChargesTest, "who leaves a refused call before its next attempt pays nothing") {
  start_with(budget_of(Payer::tenant, 10'000));
  TurnRequest turn = request("chat", "hello");
  const RunId run = turn.run;
  start_turn(std::move(turn));
  settle();
  provider->calls[0]->end(
      Error{ErrorCode::model_unavailable, "busy", {}, std::chrono::milliseconds(3'000)});
  run_messages();
  REQUIRE(provider->calls.size() == 1);
  CHECK(spent_by(acme) == answer_max);
  conversations->cancel(thread_1, run, CancelReason::asked, [](auto) {});
  settle();
  CHECK(provider->calls.size() == 1);
  CHECK(written_of(acme) == 0);
  REQUIRE(journal.ledger.size() == 1);
  CHECK(journal.ledger.begin()->second.usage == Usage{});
}

// --- tokens in a window

TEST_CASE_METHOD(ChargesTest,
                 "a call takes the tokens that it may come to, and gives the rest back") {
  start_with({});
  RateOptions rate_options;
  rate_options.limits = {{RateOf::tenant, RateUnit::tokens, 2 * answer_max}};
  money->rates = std::make_shared<RateLimits>(rate_options);
  const RateLimits::Clients tenant{{RateOf::tenant, "acme"}};
  const auto left = [&] { return money->rates->left(RateUnit::tokens, tenant, clock.now())->left; };
  ask("t1");
  settle();
  CHECK(left() < answer_max);
  const auto sink = ask("t2");
  settle();
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::rate_limited);
  CHECK(sink->error->detail == "more than 4096 tokens of one tenant in 1m");
  CHECK(provider->calls.size() == 1);
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  CHECK(left() == 2 * answer_max - 8);
  ask("t2");
  settle();
  CHECK(provider->calls.size() == 2);
}

TEST_CASE_METHOD(ChargesTest, "a call that no budget lets in takes no tokens") {
  start_with(budget_of(Payer::tenant, answer_max - 1));
  RateOptions rate_options;
  rate_options.limits = {{RateOf::key, RateUnit::tokens, 2 * answer_max}};
  money->rates = std::make_shared<RateLimits>(rate_options);
  const auto sink = ask();
  settle();
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::budget_exhausted);
  CHECK(money->rates->left(RateUnit::tokens, {{RateOf::key, "k1"}}, clock.now())->left ==
        2 * answer_max);
}

// --- alerts

BudgetOptions with_alerts() {
  BudgetOptions budgets = budget_of(Payer::tenant, 2 * answer_max);
  budgets.alert_shares = {0.001, 0.002};  // 4.1 and 8.2 nano-units
  budgets.alert_webhook = "https://hooks.example.com/alerts";
  return budgets;
}

TEST_CASE_METHOD(ChargesTest, "an alert's webhook is written with what brought it, once") {
  start_with(with_alerts());
  const auto turn = [this](std::size_t number) {
    ask();
    settle();
    provider->calls[number]->end(tests::answer_of("Good day"));  // 5 nano-units
    settle();
  };
  turn(0);
  auto& rows = journal.thread(thread_1).deliveries;
  REQUIRE(rows.size() == 1);
  const Delivery first = rows[0];
  CHECK(first.key.thread.tenant.value == "acme");
  CHECK(first.key.thread.thread.value == "budget alerts");
  CHECK(first.url == "https://hooks.example.com/alerts");
  const Json body = Json::parse(first.body);
  CHECK(body["type"] == "budget.alert");
  CHECK(body["data"] == Json{{"payer", "tenant"},
                             {"tenant", "acme"},
                             {"name", nullptr},
                             {"period", "total"},
                             {"share", 0.001},
                             {"tokens", 8},
                             {"tokens_max", nullptr},
                             {"money", "0.000000005"},
                             {"money_max", "0.000004096"}});
  CHECK(journal.accounts[acme].told == std::array<std::uint32_t, 3>{0, 0, 1'000});
  CHECK(webhooks.waiting.inside() == 0);  // there is no sender: the next one finds the row
  turn(1);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].key.run != first.key.run);
  turn(2);
  CHECK(rows.size() == 2);
  CHECK(metric(R"(parlance_budget_alerts_total{payer="tenant",period="total",share="0.001"})") ==
        1);
}

TEST_CASE_METHOD(ChargesTest, "the first call that a budget refuses brings the alert of share 1") {
  BudgetOptions budgets = with_alerts();
  budgets.each[Payer::tenant].of(Period::total).nanos_max = answer_max;
  budgets.alert_shares = {1};
  start_with(budgets);
  ask();
  settle();
  provider->calls[0]->end(tests::answer_of("Good day"));  // 5 nano-units
  settle();
  for (int turn = 0; turn < 2; ++turn) {
    CHECK(ask()->error->code == ErrorCode::budget_exhausted);
    settle();
    CHECK(journal.charges == 1);
  }
  CHECK(journal.thread({TenantId{"acme"}, ThreadId{"budget alerts"}}).deliveries.size() == 1);
  CHECK(journal.accounts[acme].told == std::array<std::uint32_t, 3>{0, 0, 1'000'000});
  CHECK(written_of(acme) == 5);
  CHECK(metric(R"(parlance_budget_alerts_total{payer="tenant",period="total",share="1"})") == 1);
  CHECK(webhooks.waiting.inside() == 0);
}

TEST_CASE_METHOD(ChargesTest, "an alert that finds no place among the webhooks comes again") {
  start_with(with_alerts());
  std::vector<TenantGate::Ticket> places;
  while (auto place = webhooks.waiting.try_enter(TenantId{"acme"}))
    places.push_back(std::move(place));
  ask();
  settle();
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  CHECK(journal.thread(thread_1).deliveries.empty());
  CHECK(journal.accounts[acme].told == std::array<std::uint32_t, 3>{});
  places.clear();
  ask();
  settle();
  provider->calls[1]->end(tests::answer_of("Good day"));
  settle();
  CHECK(journal.thread(thread_1).deliveries.size() == 2);
}

}  // namespace
}  // namespace parlance::actors
