// Turns that take the place of others, and turns that are taken back.
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

#include <array>

namespace parlance::actors {
namespace {

const ThreadKey thread_1{TenantId{"acme"}, ThreadId{"t1"}};

struct TakingOverTest : ConversationTest {
  std::shared_ptr<tests::RecordingSink> ask(const TurnRequest& turn) {
    auto sink = start_turn(turn);
    settle();
    return sink;
  }

  std::shared_ptr<tests::RecordingSink> ask(const std::string& text) {
    turns.push_back(request("chat", text));
    sinks.push_back(ask(turns.back()));
    return sinks.back();
  }

  TurnRequest taking_over(Multitask multitask, const std::string& text = "instead") {
    auto turn = request("chat", text);
    turn.multitask = multitask;
    return turn;
  }

  // The first one has said something and a second one waits.
  void start_two() {
    start_node();
    ask("one");
    provider->calls.back()->say("half of ");
    settle();
    ask("two");
    REQUIRE(provider->calls.size() == 1);
  }

  void answer(const std::string& text) {
    provider->calls.back()->end(tests::answer_of(text));
    settle();
  }

  std::optional<Error> cancel(const TurnRequest& turn, CancelReason reason) {
    std::optional<Error> refusal = Error{ErrorCode::internal, "no answer", {}, {}};
    conversations->cancel(turn.thread, turn.run, reason, [&](Result<void> done) {
      refusal = done ? std::nullopt : std::optional(done.error());
    });
    settle();
    return refusal;
  }

  std::vector<std::string> texts() {
    std::vector<std::string> said;
    const auto shown = view();
    for (const auto& message : shown->messages)
      said.push_back(message->text);
    return said;
  }

  std::vector<RunStatus> statuses() {
    std::vector<RunStatus> listed;
    const auto shown = view();
    for (const auto& run : shown->runs)
      listed.push_back(run.status);
    return listed;
  }

  // What is on disk of each turn, in order of seq.
  std::vector<std::string> kinds_on_disk() {
    constexpr std::array names{"accepted", "step", "delta", "superseded", "ended", "rolled back"};
    std::vector<std::string> kinds;
    for (const auto& record : journal.thread(thread_1).records)
      kinds.push_back(std::to_string(turn_of(record->event)) + " " + names[record->event.index()]);
    return kinds;
  }

  std::vector<TurnRequest> turns;
  std::vector<std::shared_ptr<tests::RecordingSink>> sinks;
};

using Strings = std::vector<std::string>;
using enum RunStatus;

TEST_CASE_METHOD(TakingOverTest,
                 "a turn that interrupts ends all others, and what they did stays") {
  start_two();
  const auto third = ask(taking_over(Multitask::interrupt));
  for (const auto& sink : sinks) {
    REQUIRE(sink->ended() != nullptr);
    CHECK(sink->ended()->outcome == TurnOutcome::cancelled);
    CHECK_FALSE(sink->error);
  }
  CHECK(provider->calls[0]->cancelled);
  REQUIRE(provider->calls.size() == 2);
  answer("done");
  CHECK(third->ended()->outcome == TurnOutcome::finished);
  for (const bool restarted : {false, true}) {
    if (restarted) start_node();
    CHECK(texts() == Strings{"one", "instead", "done"});
    CHECK(statuses() == std::vector{interrupted, interrupted, success});
  }
}

TEST_CASE_METHOD(TakingOverTest, "a turn that rolls back leaves nothing of the others") {
  start_two();
  const auto third = ask(taking_over(Multitask::rollback));
  for (const auto& sink : sinks) {
    REQUIRE(sink->error);
    CHECK(sink->error->code == ErrorCode::cancelled);
    CHECK(sink->ended() == nullptr);
    CHECK(sink->count<RolledBack>() == 0);
  }
  CHECK(provider->calls[0]->cancelled);
  REQUIRE(provider->calls.size() == 2);
  CHECK(provider->calls[1]->call.request.messages.size() == 1);
  answer("done");
  CHECK(kinds_on_disk() ==
        Strings{"2 rolled back", "1 rolled back", "3 accepted", "3 step", "3 ended"});
  for (const bool restarted : {false, true}) {
    if (restarted) start_node();
    CHECK(texts() == Strings{"instead", "done"});
    CHECK(statuses() == std::vector{success});
    for (const auto& turn : turns) {
      const auto sink = std::make_shared<tests::RecordingSink>();
      conversations->join(thread_1, turn.run, sink);
      settle();
      REQUIRE(sink->error);
      CHECK(sink->error->code == ErrorCode::run_not_found);
    }
  }
  CHECK(metric("parlance_turns_ended_total{outcome=\"rolled_back\"}") == 2);
  CHECK(metric("parlance_mailbox_turns") == 0);
}

TEST_CASE_METHOD(TakingOverTest, "a running turn that is rolled back leaves the thread as it was") {
  start_node();
  ask("before");
  answer("kept");
  ask("one");
  provider->calls.back()->say("half");
  settle();
  CHECK_FALSE(cancel(turns[1], CancelReason::rollback));
  CHECK(provider->calls.back()->cancelled);
  for (const bool restarted : {false, true}) {
    if (restarted) start_node();
    CHECK(texts() == Strings{"before", "kept"});
    CHECK(statuses() == std::vector{success});
    CHECK_FALSE(view()->busy);
    const auto missing = cancel(turns[1], CancelReason::rollback);
    REQUIRE(missing);
    CHECK(missing->code == ErrorCode::run_not_found);
  }
  ask("after");
  answer("goes on");
  CHECK(texts() == Strings{"before", "kept", "after", "goes on"});
}

TEST_CASE_METHOD(TakingOverTest, "a waiting turn that is rolled back is as never asked") {
  start_two();
  ask("three");
  CHECK_FALSE(cancel(turns[1], CancelReason::rollback));
  CHECK(statuses() == std::vector{running, pending});
  answer("first");
  answer("third");
  for (const bool restarted : {false, true}) {
    if (restarted) start_node();
    CHECK(texts() == Strings{"one", "first", "three", "third"});
    CHECK(statuses() == std::vector{success, success});
  }
}

TEST_CASE_METHOD(TakingOverTest, "what has ended is not rolled back") {
  start_node();
  ask("one");
  answer("first");
  const auto refusal = cancel(turns[0], CancelReason::rollback);
  REQUIRE(refusal);
  CHECK(refusal->code == ErrorCode::invalid_value);
  CHECK(refusal->field == "action");
  ask(taking_over(Multitask::rollback));
  answer("done");
  CHECK(texts() == Strings{"one", "first", "instead", "done"});
}

TEST_CASE_METHOD(TakingOverTest,
                 "a turn that nothing is on disk of is rolled back without a trace") {
  start_node();
  turns.push_back(request("chat", "one"));
  sinks.push_back(start_turn(turns.back()));  // the journal has not opened the thread yet
  REQUIRE(journal.answer_next());
  run_messages();
  turns.push_back(request("chat", "two"));
  sinks.push_back(start_turn(turns.back()));
  const auto third = start_turn(taking_over(Multitask::rollback));
  settle();
  answer("done");
  CHECK(texts() == Strings{"instead", "done"});
  CHECK(statuses() == std::vector{success});
  for (const auto& sink : sinks)
    CHECK(sink->closings == 1);
  CHECK(third->ended()->outcome == TurnOutcome::finished);
}

TEST_CASE_METHOD(TakingOverTest, "a full mailbox has room for a turn that takes over") {
  options.thread.turns_waiting_max = 0;
  start_node();
  ask("one");
  CHECK(ask("too many")->error->code == ErrorCode::mailbox_full);
  for (const auto multitask : {Multitask::interrupt, Multitask::rollback, Multitask::interrupt}) {
    const auto sink = ask(taking_over(multitask));
    CHECK_FALSE(sink->error);
    CHECK(ask("too many")->error->code == ErrorCode::mailbox_full);
  }
  answer("done");
  CHECK(ask("next")->start);
  answer("next done");
  CHECK(metric("parlance_mailbox_turns") == 0);
}

TEST_CASE_METHOD(TakingOverTest, "a turn that takes over is not refused once it has ended others") {
  options.thread.turns_waiting_max = 1;
  start_node();
  ask("one");
  journal.forget_unanswered();
  provider->calls.clear();
  start_node();  // the turn that was found on disk holds no place in the mailbox
  view();
  std::vector<std::shared_ptr<tests::RecordingSink>> behind;
  const auto send = [&](TurnRequest turn) {
    behind.push_back(std::make_shared<tests::RecordingSink>());
    conversations->start_turn(std::move(turn), behind.back());
  };
  send(taking_over(Multitask::rollback));
  send(request("echo", "two"));
  send(request("echo", "three"));  // these two fill the mailbox before the thread looks into it
  settle();
  answer("done");
  CHECK_FALSE(behind[0]->error);
  CHECK_FALSE(behind[1]->error);
  REQUIRE(behind[2]->error);  // one runs, one waits: there is no room for a third
  CHECK(behind[2]->error->code == ErrorCode::mailbox_full);
  CHECK(texts() == Strings{"instead", "done", "two", "echo: two"});
  CHECK(metric("parlance_mailbox_turns") == 0);
}

TEST_CASE_METHOD(TakingOverTest, "a rollback that did not reach the disk did not happen") {
  start_two();
  bool told = false;
  conversations->cancel(
      thread_1, turns[0].run, CancelReason::rollback, [&](Result<void>) { told = true; });
  run_messages();
  CHECK_FALSE(told);
  journal.forget_unanswered();
  provider->calls.clear();
  start_node();
  CHECK(statuses() == std::vector{running, pending});
  answer("first");
  answer("second");
  CHECK(texts() == Strings{"one", "first", "two", "second"});
}

TEST_CASE_METHOD(TakingOverTest, "a turn that was rolled back may be asked for again by its key") {
  start_node();
  auto keyed = request("chat", "one");
  keyed.request_digest = "digest";
  ask(keyed);
  CHECK_FALSE(cancel(keyed, CancelReason::rollback));
  const auto again = ask(keyed);
  CHECK_FALSE(again->start->repeated);
  answer("first");
  CHECK(texts() == Strings{"one", "first"});
}

}  // namespace
}  // namespace parlance::actors
