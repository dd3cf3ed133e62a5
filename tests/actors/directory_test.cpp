#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

TEST_CASE_METHOD(ConversationTest,
                 "no more threads are in memory than allowed, and all keep their state") {
  options.resident_max = 3;
  start_node();
  for (int i = 0; i < 10; ++i) {
    start_turn(request("echo", "one", "t" + std::to_string(i)));
    settle();
    CHECK(metric("parlance_threads_resident") <= 3);
  }
  for (int i = 0; i < 10; ++i) {
    const auto sink = start_turn(request("echo", "two", "t" + std::to_string(i)));
    settle();
    REQUIRE(sink->ended() != nullptr);
    CHECK(sink->start->messages->size() == 2);
    CHECK(metric("parlance_threads_resident") <= 3);
  }
}

TEST_CASE_METHOD(ConversationTest, "when every thread in memory is busy another one is refused") {
  options.resident_max = 2;
  start_node();
  start_turn(request("chat", "x", "t1"));
  start_turn(request("chat", "x", "t2"));
  settle();
  const auto refused = start_turn(request("echo", "x", "t3"));
  settle();
  REQUIRE(refused->error);
  CHECK(refused->error->code == ErrorCode::threads_full);
  provider->calls[0]->end(tests::answer_of("done"));
  settle();
  const auto taken = start_turn(request("echo", "x", "t3"));
  settle();
  CHECK_FALSE(taken->error);
}

TEST_CASE_METHOD(ConversationTest, "a thread that is to be started again keeps its room") {
  tests::add_broken_agent(agents, "broken");
  options.resident_max = 2;
  start_node();
  start_turn(request("echo", "x", "idle"));
  settle();
  start_turn(request("broken", "x", "failed"));
  settle();
  // The idle one makes room for a newcomer, and is asked for before it has left.
  conversations->start_turn(request("chat", "x", "new"), std::make_shared<tests::RecordingSink>());
  const auto late = start_turn(request("chat", "x", "idle"));
  settle();
  advance_time(200ms);
  CHECK(metric("parlance_threads_resident") == 2);
  REQUIRE(late->error);
  CHECK(late->error->code == ErrorCode::threads_full);
}

TEST_CASE_METHOD(ConversationTest,
                 "a directory that ends counts off the threads that live, and no others") {
  tests::add_broken_agent(agents, "broken");
  start_node();
  start_turn(request("echo", "x", "lives"));
  start_turn(request("broken", "x", "failed"));
  settle();
  REQUIRE(metric("parlance_threads_resident") == 1);
  caf::anon_send_exit(directory->part().actor, caf::exit_reason::kill);
  settle();
  CHECK(metric("parlance_threads_resident") == 0);
}

TEST_CASE_METHOD(ConversationTest, "an idle thread leaves memory and comes back with its state") {
  options.idle_time_max = 1s;
  start_node();
  start_turn(request("echo", "one"));
  settle();
  CHECK(metric("parlance_threads_resident") == 1);
  advance_time(1'200ms);
  settle();
  CHECK(metric("parlance_threads_resident") == 0);
  CHECK(journal.released == 1);
  CHECK(view()->messages.size() == 2);
}

TEST_CASE_METHOD(ConversationTest,
                 "a thread with a turn in progress stays, however long it takes") {
  options.idle_time_max = 1s;
  start_node();
  const auto sink = start_turn(request("chat", "one"));
  settle();
  advance_time(5s);
  settle();
  CHECK(metric("parlance_threads_resident") == 1);
  provider->calls[0]->end(tests::answer_of("done"));
  settle();
  CHECK(sink->ended()->outcome == TurnOutcome::finished);
}

TEST_CASE_METHOD(ConversationTest, "a turn that comes while its thread leaves is not lost") {
  options.idle_time_max = 100ms;
  start_node();
  start_turn(request("echo", "one"));
  settle();
  for (int round = 0; round < 20; ++round) {
    advance_time(std::chrono::milliseconds(85 + round));  // around the moment of leaving
    const auto sink = start_turn(request("echo", "again"));
    settle();
    REQUIRE(sink->ended() != nullptr);
  }
  CHECK(view()->messages.size() == 42);
}

TEST_CASE_METHOD(ConversationTest, "what has expired is gone, also while it is in memory") {
  options.thread.thread_ttl = 10s;
  start_node();
  start_turn(request("echo", "one"));
  settle();
  advance_time(11s);
  CHECK_FALSE(view());
  const auto sink = start_turn(request("echo", "two"));
  settle();
  CHECK(sink->start->messages->empty());
  CHECK(view()->messages.size() == 2);
}

TEST_CASE_METHOD(ConversationTest,
                 "a drain refuses newcomers, lets turns end, then closes streams") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  settle();
  caf::anon_send(directory->part().actor, Drain{Deadline::at(clock.now() + 10s)});
  run_messages();
  const auto refused = start_turn(request("echo", "x", "t2"));
  settle();
  REQUIRE(refused->error);
  CHECK(refused->error->code == ErrorCode::draining);
  CHECK_FALSE(sink->is_closed());
  caf::anon_send(directory->part().actor, CloseStreams{});
  run_messages();
  REQUIRE(sink->is_closed());
  CHECK(sink->error->code == ErrorCode::draining);
  CHECK(view()->busy);  // the turn is on disk and goes on after the restart
  // A restart that was asked for does not count as an attempt.
  CHECK(journal.thread({TenantId{"acme"}, ThreadId{"t1"}}).head->attempts == 0);
}

TEST_CASE_METHOD(ConversationTest,
                 "calls of a pool that died end typed, and the next ones are answered") {
  start_node();
  const auto running = start_turn(request("chat", "hello", "t1"));
  settle();
  const auto old = llm_pool->part();
  llm_pool->clear();
  caf::anon_send_exit(old.actor, caf::exit_reason::kill);
  run_messages();
  CHECK(provider->calls[0]->cancelled);
  const auto meanwhile = start_turn(request("chat", "hello", "t2"));
  settle();
  REQUIRE(meanwhile->error);
  CHECK(meanwhile->error->code == ErrorCode::component_restarted);
  set(llm_pool,
      system.spawn<LlmPool>(RoleOptions{{"main", {lane}}},
                            LlmPoolTools{providers, registry, clock}));
  caf::anon_send(directory->part().actor, PartDown{old.generation});
  settle();
  REQUIRE(running->ended() != nullptr);
  CHECK(running->ended()->error == ErrorCode::component_restarted);
  const auto next = start_turn(request("chat", "hello", "t3"));
  settle();
  provider->calls.back()->end(tests::answer_of("fine"));
  settle();
  CHECK(next->ended()->outcome == TurnOutcome::finished);
}

}  // namespace
}  // namespace parlance::actors
