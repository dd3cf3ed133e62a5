#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance::actors {
namespace {

const TenantId acme{"acme"};

TurnRequest with_webhook(ConversationTest& test, const std::string& agent = "echo") {
  auto request = test.request(agent, "hi");
  request.options["webhook"] = "https://hooks.example.com/x";
  return request;
}

// In the sender's place.
struct Told : caf::event_based_actor {
  Told(caf::actor_config& config, std::vector<std::shared_ptr<WaitingDelivery>>& told_in)
      : caf::event_based_actor(config),
        told(told_in) {}
  caf::behavior make_behavior() override {
    return {[this](const DeliveryWaits& waits) { told.push_back(waits.waiting); }};
  }

  std::vector<std::shared_ptr<WaitingDelivery>>& told;
};

auto& rows(ConversationTest& test) {
  return test.journal.thread({TenantId{"acme"}, ThreadId{"t1"}}).deliveries;
}

TEST_CASE("the end of a turn with a webhook is written together with its delivery") {
  ConversationTest test;
  test.start_node();
  const auto request = with_webhook(test);
  const int appends = test.journal.appends;
  test.start_turn(request);
  test.settle();
  CHECK(test.journal.appends == appends + 1);
  REQUIRE(rows(test).size() == 1);
  const Delivery& row = rows(test).front();
  CHECK(row.key.run == request.run);
  CHECK(row.url == "https://hooks.example.com/x");
  CHECK(row.body == request.run.value);
  CHECK(row.created_ms == test.clock.unix_ms());
}

TEST_CASE("the sender hears of a webhook when it is on disk, whatever becomes of its thread") {
  ConversationTest test;
  std::vector<std::shared_ptr<WaitingDelivery>> told;
  test.set(test.webhooks.sender, test.system.spawn<Told>(told));
  test.start_node();
  const auto request = with_webhook(test);
  test.start_turn(request);
  REQUIRE(test.journal.answer_next());  // the thread is open, and its turn's end on its way
  test.run_messages();
  CHECK(told.empty());
  test.start_node();
  test.settle();
  REQUIRE(rows(test).size() == 1);
  REQUIRE(told.size() == 1);
  CHECK(told.front()->delivery.key.run == request.run);
  CHECK(told.front()->ticket);
}

TEST_CASE("a webhook that was not written is nobody's") {
  ConversationTest test;
  std::vector<std::shared_ptr<WaitingDelivery>> told;
  test.set(test.webhooks.sender, test.system.spawn<Told>(told));
  test.start_node();
  test.start_turn(with_webhook(test));
  test.journal.next_append_is(AppendOutcome::fenced);
  test.settle();
  CHECK(told.empty());
  CHECK(test.webhooks.waiting.inside() == 0);
}

TEST_CASE("a turn without a webhook leaves no delivery") {
  ConversationTest test;
  test.start_node();
  test.start_turn(test.request("echo", "hi"));
  test.settle();
  CHECK(rows(test).empty());
}

TEST_CASE("what a webhook says is the state that its turn left") {
  ConversationTest test;
  EndedRun told;
  test.webhooks.write = [&](const EndedRun& ended) {
    told = ended;
    return std::string("{}");
  };
  test.start_node();
  test.start_turn(test.request("echo", "first"));
  test.settle();
  test.start_turn(with_webhook(test));
  test.settle();
  CHECK(told.messages.size() == 4);
  CHECK(told.messages.back()->text == "echo: hi");
  CHECK(told.run.status == RunStatus::success);
  CHECK(told.started_ms == test.clock.unix_ms());
}

TEST_CASE("turns that were cancelled or ran out of time have their webhooks too") {
  ConversationTest test;
  std::vector<RunStatus> told;
  test.webhooks.write = [&](const EndedRun& ended) {
    told.push_back(ended.run.status);
    return std::string("{}");
  };
  test.start_node();
  const auto running = with_webhook(test, "chat");
  test.start_turn(running);
  test.settle();
  test.start_turn(with_webhook(test, "chat"));  // waits
  test.settle();
  test.conversations->cancel(
      running.thread, running.run, CancelReason::asked, [](const Result<void>&) {});
  test.settle();
  CHECK(told == std::vector{RunStatus::interrupted});
  test.advance_time(std::chrono::seconds(61));
  test.settle();
  CHECK(told == std::vector{RunStatus::interrupted, RunStatus::timeout});
  CHECK(rows(test).size() == 2);
}

TEST_CASE("a turn that is rolled back has no webhook, and gives its place back") {
  ConversationTest test;
  test.start_node();
  const auto running = with_webhook(test, "chat");
  test.start_turn(running);
  test.settle();
  CHECK(test.webhooks.waiting.inside() == 1);
  test.conversations->cancel(
      running.thread, running.run, CancelReason::rollback, [](const Result<void>&) {});
  test.settle();
  CHECK(rows(test).empty());
  CHECK(test.webhooks.waiting.inside() == 0);
}

TEST_CASE("where too many webhooks of a tenant wait, its turns with one are refused, others' not") {
  ConversationTest test;
  test.start_node();
  const auto first = test.webhooks.waiting.try_enter(acme);
  const auto second = test.webhooks.waiting.try_enter(acme);
  const auto sink = test.start_turn(with_webhook(test));
  auto request = with_webhook(test);
  request.thread.tenant = TenantId{"other"};
  const auto other = test.start_turn(request);
  test.settle();
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::webhooks_full);
  CHECK_FALSE(other->error);
}

// A turn that begins after an hour and has a webhook, on a thread that has left memory.
struct DelayedWebhookTest : ConversationTest {
  DelayedWebhookTest() {
    options.idle_time_max = std::chrono::seconds(1);
    start_node();
    later.start_delay = std::chrono::hours(1);
    auto sink = start_turn(later);
    settle();
    sink->takes_more = false;
    pass(std::chrono::seconds(2));
    CHECK(resident() == 0);
  }

  void pass(std::chrono::milliseconds time) {
    for (auto left = time; left.count() > 0; left -= std::chrono::milliseconds(50)) {
      advance_time(std::chrono::milliseconds(50));
      settle();
    }
  }
  double resident() { return metric("parlance_threads_resident"); }

  TurnRequest later = with_webhook(*this);
};

TEST_CASE_METHOD(DelayedWebhookTest,
                 "a turn that begins later keeps its place while its thread is not in memory") {
  CHECK(webhooks.waiting.inside() == 1);
  const auto taken = webhooks.waiting.try_enter(acme);
  CHECK_FALSE(webhooks.waiting.try_enter(acme));
  SECTION("and has it when the thread is back") {
    REQUIRE(view());
    CHECK(resident() == 1);
    CHECK(webhooks.waiting.inside() == 2);
    pass(std::chrono::seconds(2));
    CHECK(resident() == 0);
    CHECK(webhooks.waiting.inside() == 2);
  }
  SECTION("and gives it back when it is cancelled") {
    conversations->cancel(
        later.thread, later.run, CancelReason::rollback, [](const Result<void>&) {});
    settle();
    CHECK(webhooks.waiting.inside() == 1);
    pass(std::chrono::seconds(2));
    CHECK(resident() == 0);
    CHECK(webhooks.waiting.inside() == 1);
  }
  SECTION("and gives it back when its thread is deleted") {
    conversations->delete_thread(later.thread, [](const Result<void>&) {});
    settle();
    CHECK(webhooks.waiting.inside() == 1);
  }
  SECTION("and is counted again by a new process") {
    start_node();
    CHECK(webhooks.waiting.inside() == 1);
    conversations->wake(later.thread, nullptr);
    settle();
    CHECK(webhooks.waiting.inside() == 2);
  }
}

TEST_CASE_METHOD(DelayedWebhookTest,
                 "a thread that finds no room to come back keeps its place among the webhooks") {
  options.resident_max = 1;
  start_node();
  conversations->wake(later.thread, nullptr);
  settle();
  pass(std::chrono::seconds(2));
  REQUIRE(resident() == 0);
  CHECK(webhooks.waiting.inside() == 1);
  start_turn(request("chat", "busy", "t2"));
  settle();
  const auto refused = start_turn(request("echo", "hi"));
  settle();
  REQUIRE(refused->error);
  CHECK(refused->error->code == ErrorCode::threads_full);
  CHECK(webhooks.waiting.inside() == 1);
}

TEST_CASE("where too many webhooks wait, a turn with one is refused, and leaves nothing") {
  ConversationTest test;
  test.start_node();
  const auto first = test.webhooks.waiting.try_enter(acme);
  const auto second = test.webhooks.waiting.try_enter(TenantId{"other"});
  const auto third = test.webhooks.waiting.try_enter(TenantId{"third"});
  const auto sink = test.start_turn(with_webhook(test));
  test.settle();
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::webhooks_full);
  CHECK(test.view() == nullptr);
  const auto plain = test.start_turn(test.request("echo", "hi"));
  test.settle();
  CHECK_FALSE(plain->error);
}

TEST_CASE("a turn that goes on after a crash keeps its place among the webhooks") {
  ConversationTest test;
  test.start_node();
  test.start_turn(with_webhook(test, "chat"));
  test.settle();
  test.start_node();
  const auto taken = test.webhooks.waiting.try_enter(acme);
  const auto more = test.webhooks.waiting.try_enter(acme);
  test.conversations->wake({TenantId{"acme"}, ThreadId{"t1"}}, nullptr);
  test.settle();
  CHECK(test.webhooks.waiting.inside() == 3);
}

TEST_CASE("a run that is asked for again once its thread has gone leaves a delivery of its own") {
  ConversationTest test;
  test.start_node();
  auto request = with_webhook(test);
  request.temporary = true;
  for (int round = 0; round < 2; ++round) {
    test.start_turn(request);
    test.settle();
  }
  REQUIRE(rows(test).size() == 2);
  CHECK(rows(test)[0].key.run == rows(test)[1].key.run);
  CHECK(rows(test)[0].key != rows(test)[1].key);
}

TEST_CASE("a thread that is deleted takes its webhooks along; a temporary one leaves them") {
  ConversationTest test;
  test.start_node();
  test.start_turn(with_webhook(test));
  test.settle();
  REQUIRE(rows(test).size() == 1);
  test.conversations->delete_thread({TenantId{"acme"}, ThreadId{"t1"}}, [](const Result<void>&) {});
  test.settle();
  CHECK(rows(test).empty());
  auto temporary = with_webhook(test);
  temporary.temporary = true;
  test.start_turn(std::move(temporary));
  test.settle();
  CHECK(test.view() == nullptr);
  CHECK(rows(test).size() == 1);
}

}  // namespace
}  // namespace parlance::actors
