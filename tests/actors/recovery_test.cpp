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
  const auto& given_up = get<Superseded>(
      (*std::find_if(reader->all.begin(), reader->all.end(), [](const auto& record) {
        return holds_alternative<Superseded>(record->event);
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

TEST_CASE_METHOD(RecoveryTest, "turns found on disk count among those that may wait") {
  options.thread.turns_waiting_max = 1;
  start_node();
  start_turn(request("chat", "one"));
  start_turn(request("chat", "two"));
  settle();
  crash_and_restart();
  const auto third = start_turn(request("chat", "three"));  // comes before the thread is loaded
  settle();
  REQUIRE(third->error);
  CHECK(third->error->code == ErrorCode::mailbox_full);
  CHECK(view()->runs.size() == 2);
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

// A turn that has taken its process down three times.
struct QuarantineTest : RecoveryTest {
  QuarantineTest() {
    start_node();
    poison = request("chat", "hello");
    start_turn(poison);
    settle();
    provider->calls.back()->say("half");
    settle();
    for (int crash = 0; crash < 3; ++crash) {
      if (crash > 0) CHECK(quarantined().empty());
      crash_and_restart();
      recover();
    }
    REQUIRE(provider->calls.empty());
  }

  std::vector<QuarantinedTurn> quarantined() {
    std::optional<std::vector<QuarantinedTurn>> listed;
    conversations->quarantined([&](auto answer) { listed = *answer; });
    settle();
    REQUIRE(listed);
    return *listed;
  }

  std::optional<Error> release() {
    std::optional<Error> refusal = Error{ErrorCode::internal, "no answer", {}, {}};
    conversations->release_quarantined(poison.thread, [&](Result<void> done) {
      refusal = done ? std::nullopt : std::optional(done.error());
    });
    settle();
    return refusal;
  }

  std::optional<Error> ask(TurnRequest turn) {
    const auto sink = start_turn(std::move(turn));
    settle();
    return sink->error;
  }

  double gauge() { return metric("parlance_turns_quarantined"); }

  TurnRequest poison = request("chat", "hello");
};

TEST_CASE_METHOD(QuarantineTest, "a turn that ends its process again and again is quarantined") {
  const std::vector<QuarantinedTurn> listed = quarantined();
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].thread == poison.thread);
  CHECK(listed[0].run == poison.run);
  CHECK(listed[0].agent == "chat");
  CHECK(gauge() == 1);
  const auto thread = view();
  REQUIRE(thread->runs.size() == 1);
  CHECK(thread->runs[0].status == RunStatus::error);
  CHECK_FALSE(thread->busy);

  const auto reader = std::make_shared<tests::RecordingSink>();
  conversations->join(poison.thread, poison.run, reader);
  settle();
  CHECK(reader->text() == "half");
  REQUIRE(reader->error);
  CHECK(reader->error->code == ErrorCode::quarantined);
  CHECK(ask(request("chat", "more"))->code == ErrorCode::quarantined);
  CHECK_FALSE(ask(request("echo", "elsewhere", "t2")));
}

TEST_CASE_METHOD(QuarantineTest,
                 "a quarantined turn waits in every process, whatever its deadline") {
  advance_time(120s);
  settle();
  CHECK(quarantined().size() == 1);
  crash_and_restart();
  recover();
  CHECK(provider->calls.empty());
  CHECK(quarantined().size() == 1);
  CHECK(gauge() == 1);
}

TEST_CASE_METHOD(QuarantineTest,
                 "a quarantined turn that is released goes on, with time of its own") {
  advance_time(120s);
  settle();
  CHECK_FALSE(release());
  CHECK(quarantined().empty());
  CHECK(gauge() == 0);
  REQUIRE(provider->calls.size() == 1);
  provider->calls[0]->end(tests::answer_of("done"));
  settle();
  const auto thread = view();
  CHECK(thread->runs[0].status == RunStatus::success);
  CHECK(thread->messages.back()->text == "done");
  CHECK(release()->code == ErrorCode::run_not_found);
}

TEST_CASE_METHOD(QuarantineTest, "a released turn that goes on as before is quarantined again") {
  advance_time(120s);
  CHECK_FALSE(release());
  for (int crash = 0; crash < 3; ++crash) {
    CHECK(quarantined().empty());
    CHECK(view()->runs[0].status == RunStatus::running);
    crash_and_restart();
    recover();
  }
  CHECK(quarantined().size() == 1);
  CHECK(view()->runs[0].status == RunStatus::error);
}

TEST_CASE_METHOD(QuarantineTest,
                 "a quarantined turn may be cancelled, rolled back, or taken over from") {
  bool stays = true;
  SECTION("cancelled") {
    conversations->cancel(poison.thread, poison.run, CancelReason::asked, [](Result<void>) {});
  }
  SECTION("rolled back") {
    conversations->cancel(poison.thread, poison.run, CancelReason::rollback, [](Result<void>) {});
    stays = false;
  }
  SECTION("taken over from") {
    auto other = request("echo", "instead");
    other.multitask = Multitask::rollback;
    start_turn(other);
    stays = false;
  }
  settle();
  CHECK(quarantined().empty());
  CHECK(gauge() == 0);
  CHECK_FALSE(ask(request("echo", "next")));
  const auto thread = view();
  CHECK((thread->runs.front().run == poison.run) == stays);
  CHECK(thread->runs.back().status == RunStatus::success);
}

TEST_CASE_METHOD(QuarantineTest,
                 "a thread in quarantine leaves memory and is listed all the same") {
  advance_time(options.idle_time_max + 100ms);
  settle();
  CHECK(metric("parlance_threads_resident") == 0);
  CHECK(quarantined().size() == 1);
  CHECK_FALSE(release());
  CHECK(provider->calls.size() == 1);
}

TEST_CASE_METHOD(QuarantineTest,
                 "a quarantined turn is not recovered whenever its thread is loaded") {
  const double recovered = metric("parlance_turns_recovered_total");
  CHECK(recovered == 2);
  for (int i = 0; i < 2; ++i) {
    advance_time(options.idle_time_max + 100ms);
    settle();
    REQUIRE(metric("parlance_threads_resident") == 0);
    REQUIRE(view());
  }
  CHECK(metric("parlance_turns_recovered_total") == recovered);
  CHECK(gauge() == 1);
}

TEST_CASE_METHOD(QuarantineTest, "a quarantined turn is listed until its thread has expired") {
  const std::int64_t expires_ms = journal.thread(poison.thread).head->expires_ms;
  const auto until_then = std::chrono::milliseconds(expires_ms - clock.unix_ms());
  SECTION("while it was not in memory") {
    advance_time(options.idle_time_max + 100ms);
    settle();
    REQUIRE(metric("parlance_threads_resident") == 0);
    clock.advance(until_then - options.idle_time_max - 1s);
    advance_time(500ms);
    CHECK(quarantined().size() == 1);
    advance_time(1s);
  }
  SECTION("once it is not in memory any more") {
    clock.advance(until_then);
    advance_time(2s);
    settle();
  }
  CHECK(metric("parlance_threads_resident") == 0);
  CHECK(quarantined().empty());
  CHECK(gauge() == 0);
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

TEST_CASE_METHOD(RecoveryTest,
                 "who waits for the write of an attempt is told when its node throws") {
  start_node();
  start_turn(request("chat", "hello"));
  settle();
  tests::add_broken_agent(agents, "chat");
  crash_and_restart();
  std::size_t answers = 0;
  conversations->create_thread({thread_1, Json::object(), {}, true, {}},
                               [&](const auto&) { ++answers; });
  settle();
  CHECK(answers == 1);
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
