#include "actors/retriever_pool.hpp"
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>

namespace parlance::actors {
namespace {

using Estimate = std::optional<Result<std::optional<CallEstimate>>>;

constexpr std::int64_t answer_tokens_max = 2'048;  // tokens_out_max of the agents

// Finds one passage for everything; answers when the test says so.
struct OnePassage : PassageIndex {
  void search(PassageQuery query, Found found) override {
    queries.push_back(std::move(query));
    waiting.push_back(std::move(found));
  }
  void answer() {
    for (auto& found : std::exchange(waiting, {})) {
      Passage passage;
      passage.text = std::string(400, 'a');
      found(Passages{{passage}, {}});
    }
  }

  std::vector<PassageQuery> queries;
  std::vector<Found> waiting;
};

struct EstimatesTest : ConversationTest {
  EstimatesTest() {
    tests::add_agent(agents,
                     "reader",
                     R"({"state": {"passages": {"type": "array", "per_turn": true},
                                   "document_frequencies": {"type": "object", "per_turn": true}},
                         "start": "retrieve",
                         "nodes": {"retrieve": {"kind": "retrieve",
                                                "edges": {"found": "generate", "nothing": "generate"}},
                                   "generate": {"kind": "generate"}}})");
  }

  void start_with(BudgetOptions budgets) {
    money = std::make_unique<Money>(PriceTable("v1", {{"fake-1", {1'000'000, 0, 1'000'000}}}),
                                    std::move(budgets),
                                    RoleOptions{{"main", {lane}}},
                                    registry);
    start_node();
  }

  Estimate estimate(const std::string& agent, const std::string& text = "hello") {
    Estimate got;
    TurnRequest turn = request(agent, text);
    turn.caller_key = "k1";
    turn.user = "ada";
    conversations->estimate(std::move(turn), [&](auto answer) { got = std::move(answer); });
    settle();
    return got;
  }

  // It waits for its passages when this returns.
  void estimate_that_searches(OnePassage& index, Estimate& got) {
    start_with({});
    set(retriever_pool,
        system.spawn<RetrieverPool>(RetrieverOptions{},
                                    RetrieverPoolTools{index, registry, clock}));
    conversations->estimate(request("reader", "mailboxes"),
                            [&](auto answer) { got = std::move(answer); });
    settle();
  }

  const AccountKey acme{Payer::tenant, "acme", {}};
};

BudgetOptions token_budget(std::int64_t tokens_max) {
  BudgetOptions budgets;
  budgets.each[Payer::tenant].of(Period::month).tokens_max = tokens_max;
  return budgets;
}

TEST_CASE_METHOD(EstimatesTest, "an estimate is what the same turn is then reserved with") {
  start_with(token_budget(1'000'000));
  const auto estimated = estimate("chat");
  REQUIRE(estimated);
  REQUIRE(*estimated);
  const CallEstimate call = (*estimated)->value();
  CHECK(call.role == "main");
  CHECK(call.node == "generate");
  CHECK(call.provider == "fake");
  CHECK(call.model == "fake-1");
  CHECK(call.price_version == "v1");
  CHECK(call.usage.tokens_out == answer_tokens_max);
  CHECK_FALSE(call.refusal);
  CHECK(money->book.account(acme) == Account{});
  CHECK(journal.appends == 0);
  CHECK(provider->calls.empty());
  CHECK(view() == nullptr);

  start_turn(request("chat", "hello"));
  settle();
  CHECK(money->book.account(acme).in_all == call.amount);
  REQUIRE(journal.ledger.size() == 1);
  CHECK(journal.ledger.begin()->second.usage == call.usage);
}

TEST_CASE_METHOD(EstimatesTest, "an estimate counts the messages that the thread has") {
  start_with({});
  const auto first = (*estimate("chat"))->value();
  start_turn(request("chat", std::string(400, 'a')));
  settle();
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  const auto second = (*estimate("chat"))->value();
  CHECK(second.usage.tokens_in > first.usage.tokens_in + 90);
}

TEST_CASE_METHOD(EstimatesTest, "an estimate names the budget that would refuse the turn") {
  start_with(token_budget(answer_tokens_max));
  CHECK((*estimate("chat"))->value().refusal == BudgetRefusal{Payer::tenant, Period::month});
  BudgetOptions budgets;
  budgets.each[Payer::thread].of(Period::total).tokens_max = 10;
  start_with(budgets);
  CHECK((*estimate("chat"))->value().refusal == BudgetRefusal{Payer::thread, Period::total});
}

TEST_CASE_METHOD(EstimatesTest, "a turn without a call has an estimate without one") {
  start_with({});
  const auto estimated = estimate("echo");
  REQUIRE(estimated);
  REQUIRE(*estimated);
  CHECK_FALSE(**estimated);
}

TEST_CASE_METHOD(EstimatesTest, "a turn that the thread refuses has no estimate") {
  start_with({});
  const auto estimated = estimate("nobody");
  REQUIRE(estimated);
  CHECK(estimated->error().code == ErrorCode::agent_not_found);
}

TEST_CASE_METHOD(EstimatesTest, "the passages that a turn finds are part of its estimate") {
  OnePassage index;
  Estimate got;
  estimate_that_searches(index, got);
  CHECK_FALSE(got);
  REQUIRE(index.queries.size() == 1);
  index.answer();
  settle();
  REQUIRE(got);
  REQUIRE(*got);
  CHECK((*got)->value().usage.tokens_in > 100);
  CHECK(provider->calls.empty());
}

TEST_CASE_METHOD(EstimatesTest, "an estimate whose pool is restarted says so") {
  OnePassage index;
  Estimate got;
  estimate_that_searches(index, got);
  caf::anon_send(directory->part().actor, PartDown{retriever_pool->part().generation});
  settle();
  REQUIRE(got);
  CHECK(got->error().code == ErrorCode::component_restarted);
}

}  // namespace
}  // namespace parlance::actors
