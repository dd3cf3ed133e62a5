// Turns that begin later than they were accepted.
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

struct DelayedTurnsTest : ConversationTest {
  DelayedTurnsTest() { options.idle_time_max = 1s; }

  TurnRequest later(std::chrono::milliseconds delay,
                    const std::string& text = "later",
                    const std::string& agent = "echo") {
    auto turn = request(agent, text);
    turn.start_delay = delay;
    return turn;
  }

  // A new process, that takes up what is unfinished.
  void restart() {
    start_node();
    conversations->wake(thread_1, nullptr);
    settle();
  }

  // A turn that asks a model, and begins when a process starts an hour late.
  void start_missed() {
    start_node();
    start_turn(later(10s, "x", "chat"));
    settle();
    clock.advance(std::chrono::hours(1));
    restart();
    REQUIRE(provider->calls.size() == 1);
  }

  void pass(std::chrono::milliseconds time) {
    for (auto left = time; left.count() > 0; left -= 50ms) {
      advance_time(50ms);
      settle();
    }
  }

  std::vector<std::string> said() {
    std::vector<std::string> texts;
    const auto shown = view();
    if (!shown) return texts;
    for (const auto& message : shown->messages)
      texts.push_back(message->text);
    return texts;
  }

  double resident() { return metric("parlance_threads_resident"); }

  bool cancel(const RunId& run, CancelReason reason = CancelReason::asked) {
    bool cancelled = false;
    conversations->cancel(
        thread_1, run, reason, [&](Result<void> done) { cancelled = static_cast<bool>(done); });
    settle();
    return cancelled;
  }
};

TEST_CASE("a turn that begins later is accepted at once, and begins then and not before") {
  DelayedTurnsTest test;
  test.start_node();
  const auto sink = test.start_turn(test.later(3s));
  test.settle();
  REQUIRE(sink->start);
  CHECK(test.view()->runs.at(0).status == RunStatus::pending);
  CHECK_FALSE(test.view()->busy);
  test.pass(2'950ms);
  CHECK(test.said().empty());
  test.pass(100ms);
  CHECK(test.said() == std::vector<std::string>{"later", "echo: later"});
  REQUIRE(sink->ended());
  CHECK(sink->is_closed());
  CHECK_FALSE(sink->error);
}

TEST_CASE("it does not hold up other turns, and takes its place behind those that are there") {
  DelayedTurnsTest test;
  test.start_node();
  test.start_turn(test.later(1s));
  test.start_turn(test.request("echo", "now"));
  test.settle();
  CHECK(test.said().size() == 2);
  test.start_turn(test.request("chat", "long"));  // runs when its time comes
  test.settle();
  test.pass(1'100ms);
  test.start_turn(test.request("echo", "last"));
  test.settle();
  test.provider->calls.back()->end(tests::answer_of("done"));
  test.settle();
  const std::vector<std::string> expected{
      "now", "echo: now", "long", "done", "later", "echo: later", "last", "echo: last"};
  CHECK(test.said() == expected);
  test.start_node();  // as a new process finds it
  CHECK(test.said() == expected);
}

TEST_CASE("it begins after a restart, not earlier, and at once when its time has passed") {
  DelayedTurnsTest test;
  test.start_node();
  test.start_turn(test.later(3s, "three"));
  test.start_turn(test.later(1s, "one"));
  test.settle();
  test.clock.advance(1'500ms);
  test.restart();
  CHECK(test.said() == std::vector<std::string>{"one", "echo: one"});
  test.pass(1'400ms);
  CHECK(test.said().size() == 2);
  test.pass(200ms);
  CHECK(test.said().size() == 4);
}

TEST_CASE("its time to run counts from its start, however long that was missed") {
  DelayedTurnsTest test;
  test.start_missed();
  test.pass(59s);
  CHECK(test.view()->runs.at(0).status == RunStatus::running);
  test.pass(2s);
  CHECK(test.view()->runs.at(0).status == RunStatus::timeout);
}

TEST_CASE("its time to run holds over a restart that it is interrupted by") {
  DelayedTurnsTest test;
  test.start_missed();
  test.provider->calls[0]->say("half");
  test.settle();
  for (int restart = 0; restart < 2; ++restart) {
    test.clock.advance(20s);
    test.restart();
    CHECK(test.view()->runs.at(0).status == RunStatus::running);
  }
  test.pass(19s);
  CHECK(test.view()->runs.at(0).status == RunStatus::running);
  test.pass(2s);
  CHECK(test.view()->runs.at(0).status == RunStatus::timeout);
}

TEST_CASE("the time that a turn was given is not the next one's") {
  DelayedTurnsTest test;
  test.start_missed();
  CHECK(test.journal.thread(thread_1).head->deadline_ms == test.clock.unix_ms() + 60'000);
  test.pass(30s);
  test.start_turn(test.request("chat", "next"));
  test.settle();
  test.provider->calls[0]->end(tests::answer_of("done"));
  test.settle();
  CHECK(test.journal.thread(thread_1).head->deadline_ms == 0);
  test.restart();
  test.pass(59s);
  CHECK(test.view()->runs.at(1).status == RunStatus::running);
  test.pass(2s);
  CHECK(test.view()->runs.at(1).status == RunStatus::timeout);
}

TEST_CASE("a thread whose turns all begin later leaves memory, and is woken for them") {
  DelayedTurnsTest test;
  test.start_node();
  auto request = test.later(5s);
  auto sink = test.start_turn(request);
  test.settle();
  sink->takes_more = false;  // the client has its answer and has gone
  test.pass(2s);
  CHECK(test.resident() == 0);
  CHECK(sink->is_closed());
  test.pass(3'200ms);
  CHECK(test.resident() == 1);
  CHECK(test.said() == std::vector<std::string>{"later", "echo: later"});
}

TEST_CASE("a turn that has still to begin is not recovered when its thread is loaded") {
  const char* const recovered = "parlance_turns_recovered_total";
  DelayedTurnsTest test;
  test.start_node();
  auto sink = test.start_turn(test.later(10s, "x", "chat"));
  test.settle();
  sink->takes_more = false;
  test.pass(2s);
  REQUIRE(test.resident() == 0);
  REQUIRE(test.view());
  test.pass(9s);  // it begins, on a thread that was loaded for it
  REQUIRE(test.provider->calls.size() == 1);
  CHECK(test.metric(recovered) == 0);
  test.start_node();  // a crash
  test.conversations->wake(thread_1, nullptr);
  test.settle();
  CHECK(test.metric(recovered) == 1);
}

TEST_CASE("one who reads it keeps its thread in memory") {
  DelayedTurnsTest test;
  test.start_node();
  const auto sink = test.start_turn(test.later(10s));
  test.settle();
  test.pass(5s);
  CHECK(test.resident() == 1);
  CHECK_FALSE(sink->is_closed());
  test.pass(6s);
  CHECK(sink->ended() != nullptr);
}

TEST_CASE("turns that begin later are turns that wait, also when they come back from disk") {
  DelayedTurnsTest test;
  test.options.thread.turns_waiting_max = 2;
  test.start_node();
  test.start_turn(test.later(60s));
  test.start_turn(test.later(60s));
  test.settle();
  for (const bool restarts : {false, true}) {
    if (restarts) test.start_node();
    const auto third = test.start_turn(test.later(60s));
    test.settle();
    REQUIRE(third->error);
    CHECK(third->error->code == ErrorCode::mailbox_full);
    const auto now = test.start_turn(test.request("echo", "now"));
    test.settle();
    CHECK_FALSE(now->error);
  }
  auto over = test.later(60s);
  over.multitask = Multitask::interrupt;
  const auto refused = test.start_turn(over);
  test.settle();
  REQUIRE(refused->error);
  CHECK(refused->error->code == ErrorCode::mailbox_full);
}

TEST_CASE("it is cancelled before it begins, and leaves its run alone") {
  DelayedTurnsTest test;
  test.start_node();
  const auto request = test.later(5s);
  const auto sink = test.start_turn(request);
  test.settle();
  CHECK(test.cancel(request.run));
  CHECK(sink->is_closed());
  CHECK(test.view()->runs.at(0).status == RunStatus::interrupted);
  test.pass(6s);
  CHECK(test.said().empty());
}

TEST_CASE("it is rolled back before it begins, and nothing of it stays") {
  DelayedTurnsTest test;
  test.start_node();
  const auto request = test.later(5s);
  test.start_turn(request);
  test.settle();
  CHECK(test.cancel(request.run, CancelReason::rollback));
  CHECK(test.view()->runs.empty());
  test.pass(6s);
  CHECK(test.said().empty());
}

TEST_CASE("a thread is deleted together with turns that have not begun") {
  DelayedTurnsTest test;
  test.start_node();
  const auto sink = test.start_turn(test.later(5s));
  test.settle();
  bool deleted = false;
  test.conversations->delete_thread(thread_1,
                                    [&](Result<void> done) { deleted = static_cast<bool>(done); });
  test.settle();
  CHECK(deleted);
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::thread_not_found);
  test.pass(6s);
  CHECK(test.view() == nullptr);
}

TEST_CASE("who asks again under the same key joins the turn that has not begun") {
  DelayedTurnsTest test;
  test.start_node();
  auto request = test.later(5s);
  request.request_digest = "d1";
  test.start_turn(request);
  test.settle();
  const auto again = test.start_turn(request);
  test.settle();
  REQUIRE(again->start);
  CHECK(again->start->repeated);
  CHECK(test.view()->runs.size() == 1);
  test.pass(6s);
  CHECK(again->ended() != nullptr);
  CHECK(test.said().size() == 2);
}

TEST_CASE("its attempts are its own, whatever ran while it waited") {
  DelayedTurnsTest test;
  test.start_node();
  test.start_turn(test.later(5s, "later", "chat"));
  test.settle();
  const auto& head = test.journal.thread(thread_1).head;
  CHECK(head->attempts == 0);
  test.start_turn(test.request("chat", "now"));
  test.settle();
  CHECK(head->attempts == 1);
  test.start_node();  // a crash
  test.conversations->wake(thread_1, nullptr);
  test.settle();
  CHECK(head->attempts == 2);
  test.provider->calls.back()->end(tests::answer_of("done"));
  test.settle();
  CHECK(head->attempts == 0);
  test.pass(5'100ms);
  CHECK(head->attempts == 1);
  test.restart();
  CHECK(head->attempts == 2);
}

TEST_CASE("a turn that found no room to begin is tried again by itself") {
  DelayedTurnsTest test;
  test.options.resident_max = 1;
  test.start_node();
  auto sink = test.start_turn(test.later(3s));
  test.settle();
  sink->takes_more = false;
  const auto other = test.request("chat", "busy", "t2");
  test.pass(2s);
  test.start_turn(other);
  test.settle();
  test.pass(2s);
  CHECK(test.metric("parlance_turns_ended_total{outcome=\"finished\"}") == 0);
  test.provider->calls.back()->end(tests::answer_of("done"));
  test.settle();
  test.pass(2s);
  CHECK(test.metric("parlance_turns_ended_total{outcome=\"finished\"}") == 2);
}

TEST_CASE("a thread is kept until its last turn has begun, and its time to live after that") {
  DelayedTurnsTest test;
  test.options.thread.thread_ttl = 1s;
  test.start_node();
  test.start_turn(test.later(10s));
  test.settle();
  CHECK(test.journal.thread(thread_1).head->expires_ms == test.clock.unix_ms() + 11'000);
  test.pass(10'500ms);
  CHECK(test.said().size() == 2);
}

TEST_CASE(
    "a newcomer is refused while turns that begin later are read in all that may be in memory") {
  DelayedTurnsTest test;
  test.options.resident_max = 1;
  test.start_node();
  const auto reader = test.start_turn(test.later(1min));
  test.settle();
  auto turn = test.request("echo", "now");
  turn.thread.thread = ThreadId{"t2"};
  const auto sink = test.start_turn(turn);
  test.settle();
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::threads_full);
  CHECK_FALSE(reader->is_closed());
}

TEST_CASE("a thread is kept for the turns that will begin, not for one that was cancelled") {
  DelayedTurnsTest test;
  test.start_node();
  const auto turn = test.later(48h);
  test.start_turn(turn);
  test.settle();
  REQUIRE(test.cancel(turn.run));
  const auto head = test.journal.thread(thread_1).head;
  REQUIRE(head);
  CHECK(head->expires_ms == head->updated_ms + head->ttl_ms);
}

}  // namespace
}  // namespace parlance::actors
