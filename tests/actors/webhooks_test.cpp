#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance::actors {
namespace {

TurnRequest with_webhook(ConversationTest& test, const std::string& agent = "echo") {
  auto request = test.request(agent, "hi");
  request.options["webhook"] = "https://hooks.example.com/x";
  return request;
}

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

TEST_CASE("where too many webhooks wait, a turn with one is refused, and leaves nothing") {
  ConversationTest test;
  test.start_node();
  const auto first = test.webhooks.waiting.try_enter();
  const auto second = test.webhooks.waiting.try_enter();
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
  const auto taken = test.webhooks.waiting.try_enter();
  const auto more = test.webhooks.waiting.try_enter();
  test.conversations->wake({TenantId{"acme"}, ThreadId{"t1"}}, nullptr);
  test.settle();
  CHECK(test.webhooks.waiting.inside() == 3);
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
