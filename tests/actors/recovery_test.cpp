#include "actors/recovery.hpp"

#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

struct RecoveryTest : ConversationTest {
  // What kill -9 does: appends without an answer never happened, memory is gone.
  void crash_and_restart() {
    journal.forget_unanswered();
    provider->calls.clear();
    start_node();
    journal.forget_unanswered();
  }
  void recover() {
    ends_with_test(system.spawn<Recovery>(journal, *conversations));
    settle();
  }
};

TEST_CASE_METHOD(RecoveryTest, "an unfinished turn goes on after a crash without anyone asking") {
  start_node();
  auto turn = request("chat", "hello");
  start_turn(turn);
  settle();
  provider->calls[0]->say("half an ");
  settle();
  crash_and_restart();
  recover();
  REQUIRE(provider->calls.size() == 1);
  const auto reader = std::make_shared<tests::RecordingSink>();
  conversations->join({TenantId{"acme"}, ThreadId{"t1"}}, turn.run, reader);
  settle();
  CHECK(reader->text() == "half an ");
  CHECK(reader->count<Superseded>() == 1);  // shown text is never silently changed
  provider->calls[0]->say("whole");
  settle();
  provider->calls[0]->end(tests::answer_of("whole"));
  settle();
  CHECK(reader->text() == "half an whole");
  CHECK(reader->ended()->outcome == TurnOutcome::finished);
  const auto thread = view();
  REQUIRE(thread->messages.size() == 2);
  CHECK(thread->messages[1]->text == "whole");
  const auto& given_up = std::get<Superseded>(
      (*std::find_if(reader->all.begin(), reader->all.end(), [](const auto& record) {
        return std::holds_alternative<Superseded>(record->event);
      }))->event);
  CHECK(given_up.message != thread->messages[1]->id);
}

TEST_CASE_METHOD(RecoveryTest, "a turn whose acceptance was not on disk never happened") {
  start_node();
  start_turn(request("chat", "hello"));
  journal.answer_next();  // open; the append has no answer
  run_messages();
  crash_and_restart();
  recover();
  CHECK(provider->calls.empty());
  CHECK_FALSE(view());
}

TEST_CASE_METHOD(RecoveryTest,
                 "the turn in progress and the one behind it both complete, in order") {
  start_node();
  start_turn(request("chat", "one"));
  start_turn(request("chat", "two"));
  settle();
  crash_and_restart();
  recover();
  REQUIRE(provider->calls.size() == 1);
  provider->calls[0]->end(tests::answer_of("first"));
  settle();
  REQUIRE(provider->calls.size() == 2);
  provider->calls[1]->end(tests::answer_of("second"));
  settle();
  const auto thread = view();
  REQUIRE(thread->messages.size() == 4);
  CHECK(thread->messages[1]->text == "first");
  CHECK(thread->messages[3]->text == "second");
  CHECK(thread->runs.size() == 2);
}

TEST_CASE_METHOD(RecoveryTest, "a turn that ends its process again and again is quarantined") {
  start_node();
  auto turn = request("chat", "hello");
  start_turn(turn);
  settle();
  for (int crash = 0; crash < 3; ++crash) {
    crash_and_restart();
    recover();
  }
  CHECK(provider->calls.empty());
  const auto thread = view();
  REQUIRE(thread->runs.size() == 1);
  CHECK(thread->runs[0].status == RunStatus::error);
  CHECK(thread->runs[0].ended->error == ErrorCode::quarantined);
}

TEST_CASE_METHOD(RecoveryTest, "a recovered turn waits for a place instead of failing") {
  start_node();
  for (int i = 0; i < 4; ++i)
    start_turn(request("chat", "hello", "t" + std::to_string(i)));
  settle();
  lane.calls_at_once_max = 1;
  lane.calls_waiting_max = 0;
  crash_and_restart();
  recover();
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(provider->calls.size() == i + 1);
    provider->calls[i]->end(tests::answer_of("done"));
    settle();
    advance_time(1'100ms);
    settle();
  }
  for (int i = 0; i < 4; ++i)
    CHECK(view("t" + std::to_string(i))->runs[0].status == RunStatus::success);
}

TEST_CASE_METHOD(RecoveryTest, "more unfinished threads than room recover all the same") {
  options.resident_max = 2;
  start_node();
  for (int i = 0; i < 2; ++i)
    start_turn(request("chat", "hello", "a" + std::to_string(i)));
  settle();
  journal.forget_unanswered();
  for (int i = 0; i < 4; ++i) {  // as if written by a larger server
    journal.thread({TenantId{"acme"}, ThreadId{"b" + std::to_string(i)}}) =
        journal.thread({TenantId{"acme"}, ThreadId{"a0"}});
  }
  crash_and_restart();
  recover();
  std::size_t done = 0;
  for (int round = 0; round < 20; ++round) {
    for (; done < provider->calls.size(); ++done)
      provider->calls[done]->end(tests::answer_of("done"));
    settle();
    advance_time(300ms);
    settle();
  }
  CHECK(done == 6);
}

TEST_CASE_METHOD(RecoveryTest, "a fenced owner leaves without another word") {
  start_node();
  const auto sink = start_turn(request("echo", "hello"));
  journal.next_append_is(AppendOutcome::fenced);
  settle();
  REQUIRE(sink->is_closed());
  CHECK(sink->error->code == ErrorCode::not_owner);
  CHECK(sink->all.empty());
}

TEST_CASE_METHOD(RecoveryTest, "after a failed write no reader is told that anything happened") {
  start_node();
  const auto sink = start_turn(request("echo", "hello"));
  journal.next_append_is(AppendOutcome::failed);
  settle();
  REQUIRE(sink->is_closed());
  CHECK(sink->error->code == ErrorCode::storage_failed);
  CHECK(sink->all.empty());
}

TEST_CASE_METHOD(RecoveryTest, "a damaged thread answers typed, and only that one") {
  start_node();
  journal.opening_fails({ErrorCode::record_damaged, "crc", {}, {}});
  const auto sink = start_turn(request("echo", "hello"));
  settle();
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::record_damaged);
}

}  // namespace
}  // namespace parlance::actors
