#include "actors/actor_embeddings.hpp"
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace parlance::actors {
namespace {

// A token that is read is a nano-unit.
const PriceTable read_prices("v1", {{"fake-1", {1'000'000, 1'000'000, 0}}});

BudgetOptions money_budget(std::int64_t nanos_max) {
  BudgetOptions budgets;
  budgets.each[Payer::tenant].of(Period::total).nanos_max = nanos_max;
  return budgets;
}

struct EmbeddingsTest : ConversationTest {
  void start_with(BudgetOptions budgets) {
    money = std::make_unique<Money>(
        read_prices, std::move(budgets), RoleOptions{{"main", {lane}}}, registry);
    start_node();
    embeddings = std::make_unique<ActorEmbeddings>(
        system,
        EmbeddingTools{journal, clock, llm_pool, *money, webhooks, 9},
        TenantGate(answers_max, answers_max));
  }

  ~EmbeddingsTest() { settle(); }

  Embeddings::Leave embed() {
    auto input = std::make_shared<EmbeddingInput>();
    input->texts = {"abcabc"};
    input->user = "ada";
    auto leave = embeddings->embed({TenantId{"acme"},
                                    "k1",
                                    "main",
                                    std::move(input),
                                    Deadline::at(clock.now() + std::chrono::seconds(60)),
                                    "r1"},
                                   [this](Result<Embedded> told) { answer = std::move(told); });
    run_messages();
    return leave;
  }

  void end_with(Usage usage) {
    ChatAnswer made{"fake-1-large", {}, {}, usage};
    made.vectors = std::make_shared<const Vectors>(Vectors{{1.0F}});
    provider->calls.back()->end(std::move(made));
    run_messages();
  }

  bool failed_as(ErrorCode code) const {
    return answer && !*answer && answer->error().code == code;
  }
  std::int64_t spent() const { return money->book.account(acme).in_all.nanos; }
  std::int64_t written() { return journal.accounts[acme].in_all.nanos; }
  const LedgerRow& row() {
    REQUIRE(journal.ledger.size() == 1);
    return journal.ledger.begin()->second;
  }

  const AccountKey acme{Payer::tenant, "acme", {}};
  static constexpr std::uint32_t answers_max = 2;
  static constexpr std::int64_t worst = 6;  // of the text, as it is estimated
  std::unique_ptr<ActorEmbeddings> embeddings;
  std::optional<Result<Embedded>> answer;
};

TEST_CASE_METHOD(EmbeddingsTest, "vectors are answered once their row of the ledger is on disk") {
  start_with({});
  embed();
  REQUIRE(provider->calls.size() == 1);
  CHECK(provider->calls[0]->call.request.embeds->texts.size() == 1);
  CHECK(provider->calls[0]->call.model == "fake-1");
  end_with({3, 0});
  CHECK_FALSE(answer);
  CHECK(journal.ledger.empty());
  settle();
  REQUIRE(answer);
  REQUIRE(*answer);
  CHECK(*(*answer)->vectors == Vectors{{1.0F}});
  CHECK((*answer)->model == "fake-1-large");
  CHECK((*answer)->usage == Usage{3, 0});
  CHECK(journal.charges == 1);
  CHECK(row().usage == Usage{3, 0});
  CHECK(row().nanos == 3);
  CHECK(row().counted == Counted::told);
  CHECK(row().node == "embed");
  CHECK(row().user == "ada");
  CHECK(row().caller_key == "k1");
  CHECK(row().key.thread == ThreadKey{TenantId{"acme"}, ThreadId{}});
  CHECK(row().key.epoch == 9);
}

TEST_CASE_METHOD(EmbeddingsTest, "the worst case is on disk before the provider embeds") {
  start_with(money_budget(100));
  embed();
  CHECK(spent() == worst);
  CHECK(provider->calls.empty());
  settle();
  CHECK(written() == worst);
  CHECK(row().counted == Counted::reserved);
  REQUIRE(provider->calls.size() == 1);
  end_with({2, 0});
  settle();
  CHECK(spent() == 2);
  CHECK(written() == 2);
  CHECK(row().counted == Counted::told);
}

TEST_CASE_METHOD(EmbeddingsTest, "what does not fit a budget is refused and leaves nothing") {
  start_with(money_budget(worst - 1));
  embed();
  CHECK(failed_as(ErrorCode::budget_exhausted));
  settle();
  CHECK(provider->calls.empty());
  CHECK(journal.charges == 0);
}

TEST_CASE_METHOD(EmbeddingsTest, "the first that a budget refuses brings the alert of share 1") {
  start_with(money_budget(worst + 1));
  embed();
  settle();
  end_with({2, 0});
  settle();
  const int charges = journal.charges;
  for (int call = 0; call < 2; ++call) {
    embed();
    CHECK(failed_as(ErrorCode::budget_exhausted));
    settle();
    CHECK(journal.charges == charges + 1);
  }
  CHECK(journal.accounts[acme].told == std::array<std::uint32_t, 3>{0, 0, 1'000'000});
}

TEST_CASE_METHOD(EmbeddingsTest, "usage that the provider does not tell is estimated") {
  start_with(money_budget(100));
  embed();
  settle();
  end_with({});
  settle();
  REQUIRE(answer);
  REQUIRE(*answer);
  CHECK((*answer)->usage == Usage{worst, 0});
  CHECK(row().counted == Counted::estimated);
  CHECK(written() == worst);
}

TEST_CASE_METHOD(EmbeddingsTest, "a call that fails unserved costs nothing") {
  start_with(money_budget(100));
  embed();
  settle();
  provider->calls[0]->end(Error{ErrorCode::request_rejected, "no", {}, {}});
  settle();
  CHECK(failed_as(ErrorCode::request_rejected));
  CHECK(written() == 0);
}

TEST_CASE_METHOD(EmbeddingsTest, "a call whose answer does not fit is charged") {
  start_with(money_budget(100));
  embed();
  settle();
  provider->calls[0]->end(Error{ErrorCode::answer_unfit, "another number", {}, {}});
  settle();
  CHECK(failed_as(ErrorCode::answer_unfit));
  CHECK(written() == worst);
  CHECK(row().counted == Counted::estimated);
}

TEST_CASE_METHOD(EmbeddingsTest, "who leaves ends the call, which is charged for what it asked") {
  start_with(money_budget(100));
  const auto leave = embed();
  settle();
  leave();
  settle();
  CHECK(failed_as(ErrorCode::cancelled));
  CHECK(provider->calls[0]->cancelled);
  CHECK(written() == worst);
  leave();
  settle();
}

TEST_CASE_METHOD(EmbeddingsTest, "one who leaves while it is reserved calls no provider") {
  start_with(money_budget(100));
  const auto leave = embed();
  leave();
  settle();
  CHECK(failed_as(ErrorCode::cancelled));
  CHECK(provider->calls.empty());
  CHECK(written() == 0);
}

TEST_CASE_METHOD(EmbeddingsTest, "the deadline ends it") {
  start_with({});
  embed();
  advance_time(std::chrono::seconds(61));
  settle();
  CHECK(failed_as(ErrorCode::deadline_passed));
  CHECK(provider->calls[0]->cancelled);
}

TEST_CASE_METHOD(EmbeddingsTest,
                 "a pool that dies costs the worst case, and one that is away nothing") {
  start_with(money_budget(100));
  embed();
  settle();
  caf::anon_send_exit(llm_pool->part().actor, caf::exit_reason::kill);
  run_messages();
  settle();
  CHECK(failed_as(ErrorCode::component_restarted));
  CHECK(written() == worst);
  llm_pool->clear();
  answer.reset();
  embed();
  settle();
  CHECK(failed_as(ErrorCode::component_restarted));
  CHECK(written() == worst);
}

TEST_CASE_METHOD(EmbeddingsTest, "an answer has its place until it is let go of") {
  start_with({});
  std::vector<Result<Embedded>> held;
  for (std::uint32_t n = 0; n < answers_max; ++n) {
    embed();
    end_with({6, 0});
    settle();
    REQUIRE(answer);
    REQUIRE(*answer);
    held.push_back(std::move(*std::exchange(answer, std::nullopt)));
  }
  const auto leave = embed();
  CHECK(failed_as(ErrorCode::model_queue_full));
  CHECK(answer->error().retry_after);
  CHECK(provider->calls.size() == answers_max);
  leave();  // there is nothing to leave
  held.pop_back();
  embed();
  CHECK(provider->calls.size() == answers_max + 1);
  end_with({6, 0});
  settle();
}

TEST_CASE_METHOD(EmbeddingsTest, "a call that fails gives its place back") {
  start_with({});
  for (std::uint32_t n = 0; n < answers_max + 1; ++n) {
    embed();
    REQUIRE(provider->calls.size() == n + 1);
    provider->calls.back()->end(Error{ErrorCode::request_rejected, "no", {}, {}});
    settle();
    CHECK(failed_as(ErrorCode::request_rejected));
  }
}

TEST_CASE_METHOD(EmbeddingsTest, "a write that fails is told") {
  start_with({});
  embed();
  end_with({3, 0});
  journal.next_append_is(AppendOutcome::failed);
  settle();
  CHECK(failed_as(ErrorCode::storage_failed));
}

}  // namespace
}  // namespace parlance::actors
