#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

TEST_CASE_METHOD(ConversationTest, "nothing of a turn is shown before it is on disk") {
  start_node();
  const auto sink = start_turn(request("echo", "hello"));
  REQUIRE(journal.answer_next());  // the thread is open
  run_messages();
  CHECK_FALSE(sink->start);
  CHECK(sink->all.empty());

  REQUIRE(journal.answer_next());  // its records are on disk
  run_messages();
  REQUIRE(sink->start);
  REQUIRE(sink->is_closed());
  CHECK_FALSE(sink->error);
  REQUIRE(sink->ended() != nullptr);
  CHECK(sink->ended()->outcome == TurnOutcome::finished);
}

TEST_CASE_METHOD(ConversationTest, "a turn without outside effects costs one write") {
  start_node();
  start_turn(request("echo", "hello"));
  settle();
  CHECK(journal.appends == 1);
}

TEST_CASE_METHOD(ConversationTest,
                 "turns of a thread run in order, each on what the one before left") {
  start_node();
  const auto first = start_turn(request("echo", "one"));
  const auto second = start_turn(request("echo", "two"));
  settle();
  REQUIRE(first->is_closed());
  REQUIRE(second->is_closed());
  const auto thread = view();
  REQUIRE(thread);
  REQUIRE(thread->messages.size() == 4);
  CHECK(thread->messages[1]->text == "echo: one");
  CHECK(thread->messages[3]->text == "echo: two");
  CHECK(second->start->messages->size() == 2);
}

TEST_CASE_METHOD(ConversationTest, "a provider is called only when the turn is on disk") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  journal.answer_next();  // open
  run_messages();
  CHECK(provider->calls.empty());
  journal.answer_next();  // accepted
  run_messages();
  REQUIRE(provider->calls.size() == 1);

  provider->calls[0]->say("Good ");
  run_messages();
  CHECK(sink->text().empty());  // said, not yet written
  journal.answer_next();
  run_messages();
  CHECK(sink->text() == "Good ");
}

TEST_CASE_METHOD(ConversationTest,
                 "pieces that arrive during a write share the next one, and keep their borders") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  settle();
  auto& call = *provider->calls[0];
  call.say("a");
  run_messages();
  call.say("b");
  call.say("c");
  run_messages();
  const int appends_before = journal.appends;
  settle();
  CHECK(journal.appends == appends_before + 1);
  call.end(tests::answer_of("abc"));
  settle();
  CHECK(sink->text() == "abc");
  CHECK(sink->count<Delta>() == 2);
  CHECK(get<Delta>(sink->all[2]->event).pieces == std::vector<std::string>{"b", "c"});
  REQUIRE(sink->ended() != nullptr);
  CHECK((sink->ended()->usage == Usage{3, 5}));
}

TEST_CASE_METHOD(ConversationTest, "pieces that come with the answer are written with it") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  settle();
  auto& call = *provider->calls[0];
  const int appends_before = journal.appends;
  call.say("a");
  settle();
  CHECK(journal.appends == appends_before + 1);
  call.say("b", true);
  settle();
  CHECK(journal.appends == appends_before + 1);
  call.end(tests::answer_of("ab"));
  settle();
  CHECK(journal.appends == appends_before + 2);
  CHECK(sink->text() == "ab");
  CHECK(sink->ended() != nullptr);
}

TEST_CASE_METHOD(ConversationTest,
                 "a fixed text is whole, though it stands for an answer that was cut") {
  tests::add_agent(agents, "careful", R"({
      "state": {"draft": {"type": "object"}, "passages": {"type": "array"}, "tries": {"type": "number"}},
      "start": "generate",
      "nodes": {"generate": {"kind": "generate", "draft": true, "edges": {"ok": "validate"}},
                "validate": {"kind": "validate", "draft": true, "count_field": "tries",
                             "declines": ["I do not know."],
                             "edges": {"ok": "respond", "retry": "generate", "give_up": "decline",
                                       "declined": "decline"}},
                "respond": {"kind": "respond", "draft": true},
                "decline": {"kind": "reply", "text": "Please ask the desk."}}})");
  start_node();
  const auto reason_of = [&](const std::string& answer, const std::string& thread) {
    const auto sink = start_turn(request("careful", "hello", thread));
    settle();
    auto cut = tests::answer_of(answer);
    cut.stop_reason = StopReason::length;
    provider->calls.back()->end(std::move(cut));
    settle();
    REQUIRE(sink->ended() != nullptr);
    return sink->ended()->stop_reason;
  };
  CHECK(reason_of("I do not", "t1") == StopReason::stop);
  CHECK(view("t1")->messages.back()->text == "Please ask the desk.");
  CHECK(reason_of("Half a sent", "t2") == StopReason::length);
  CHECK(view("t2")->messages.back()->text.empty());
}

TEST_CASE_METHOD(ConversationTest, "a turn that the pool has no place for leaves nothing behind") {
  start_node();
  for (int i = 0; i < 4; ++i)
    start_turn(request("chat", "hello", "busy" + std::to_string(i)));
  settle();
  const auto refused = start_turn(request("chat", "hello", "t1"));
  settle();
  REQUIRE(refused->is_closed());
  REQUIRE(refused->error);
  CHECK(refused->error->code == ErrorCode::model_queue_full);
  CHECK(refused->error->retry_after >= 1s);
  CHECK_FALSE(refused->start);
  CHECK_FALSE(journal.thread({TenantId{"acme"}, ThreadId{"t1"}}).head);
  CHECK(provider->running() == 2);
}

TEST_CASE_METHOD(ConversationTest, "a slot that becomes free goes to the call that waits longest") {
  start_node();
  for (int i = 0; i < 4; ++i)
    start_turn(request("chat", "n" + std::to_string(i), "t" + std::to_string(i)));
  settle();
  REQUIRE(provider->calls.size() == 2);
  provider->calls[1]->end(tests::answer_of("done"));
  settle();
  REQUIRE(provider->calls.size() == 3);
  CHECK(provider->calls[2]->call.request.messages.back()->text == "n2");
}

TEST_CASE_METHOD(ConversationTest,
                 "a full mailbox refuses the next turn and loses none of the others") {
  options.thread.turns_waiting_max = 2;
  start_node();
  std::vector<std::shared_ptr<tests::RecordingSink>> sinks;
  for (int i = 0; i < 5; ++i)
    sinks.push_back(start_turn(request("echo", std::to_string(i))));
  settle();
  int refused = 0;
  for (const auto& sink : sinks) {
    REQUIRE(sink->is_closed());
    if (sink->error) {
      CHECK(sink->error->code == ErrorCode::mailbox_full);
      ++refused;
    }
  }
  CHECK(refused == 2);
  CHECK(view()->messages.size() == 6);
}

TEST_CASE_METHOD(ConversationTest, "reject refuses a second turn, enqueue keeps it") {
  start_node();
  const auto first = start_turn(request("chat", "hello"));
  settle();
  auto second = request("chat", "me too");
  second.multitask = Multitask::reject;
  const auto rejected = start_turn(second);
  settle();
  REQUIRE(rejected->error);
  CHECK(rejected->error->code == ErrorCode::thread_busy);
  const auto waiting = start_turn(request("chat", "and me"));
  settle();
  CHECK(waiting->start->position == 1);  // acknowledged: it is on disk
  CHECK(waiting->all.empty());
  provider->calls[0]->end(tests::answer_of("first"));
  settle();
  REQUIRE(provider->calls.size() == 2);
  provider->calls[1]->end(tests::answer_of("second"));
  settle();
  CHECK(waiting->ended()->outcome == TurnOutcome::finished);
  CHECK(waiting->start->messages->size() == 2);
}

TEST_CASE_METHOD(ConversationTest,
                 "cancel closes the provider's call and is on disk when it is answered") {
  start_node();
  auto turn = request("chat", "hello");
  const RunId run = turn.run;
  const auto sink = start_turn(turn);
  settle();
  provider->calls[0]->say("half");
  settle();
  bool answered = false;
  conversations->cancel(
      {TenantId{"acme"}, ThreadId{"t1"}}, run, CancelReason::asked, [&](Result<void> done) {
        answered = static_cast<bool>(done);
      });
  run_messages();
  CHECK(provider->calls[0]->cancelled);
  CHECK_FALSE(answered);
  settle();
  CHECK(answered);
  CHECK(sink->ended()->outcome == TurnOutcome::cancelled);
  CHECK(view()->runs[0].status == RunStatus::interrupted);
}

TEST_CASE_METHOD(ConversationTest, "a deadline ends the turn and frees its slot") {
  start_node();
  auto turn = request("chat", "hello");
  turn.deadline = Deadline::at(clock.now() + 200ms);
  const auto sink = start_turn(turn);
  settle();
  advance_time(400ms);
  settle();
  CHECK(provider->calls[0]->cancelled);
  REQUIRE(sink->ended() != nullptr);
  CHECK(sink->ended()->error == ErrorCode::deadline_passed);
  CHECK(view()->runs[0].status == RunStatus::timeout);
}

TEST_CASE_METHOD(ConversationTest,
                 "a thread that holds as many messages as its agent allows takes no more") {
  start_node();
  start_turn(request("small", "one"));
  settle();
  const auto refused = start_turn(request("small", "two"));
  settle();
  REQUIRE(refused->error);
  CHECK(refused->error->code == ErrorCode::thread_full);
}

TEST_CASE_METHOD(ConversationTest, "an answer that never ends is cut at its bound") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  settle();
  for (int i = 0; i < 5; ++i)
    provider->calls[0]->say(std::string(100 * 1024, 'x'));
  settle();
  REQUIRE(sink->ended() != nullptr);
  CHECK(sink->ended()->error == ErrorCode::answer_too_long);
  CHECK(provider->calls[0]->cancelled);
}

TEST_CASE_METHOD(ConversationTest,
                 "a turn takes the steps that it asked for at most, or its agent's") {
  tests::add_agent(agents,
                   "three",
                   R"({"limits": {"steps_max": 3}, "start": "a", "nodes": {
                       "a": {"kind": "reply", "text": "1", "edges": {"ok": "b"}},
                       "b": {"kind": "reply", "text": "2", "edges": {"ok": "c"}},
                       "c": {"kind": "reply", "text": "3"}}})");
  start_node();
  const auto outcome_with = [&](const Json& asked) {
    auto turn = request("three", "go");
    turn.options = asked;
    const auto sink = start_turn(std::move(turn));
    settle();
    REQUIRE(sink->ended() != nullptr);
    return sink->ended()->error;
  };
  CHECK_FALSE(outcome_with(Json::object()));
  CHECK_FALSE(outcome_with({{"steps_max", 3}}));
  CHECK_FALSE(outcome_with({{"steps_max", 1'000}}));
  CHECK(outcome_with({{"steps_max", 2}}) == ErrorCode::steps_exceeded);
  CHECK(outcome_with({{"steps_max", 1}}) == ErrorCode::steps_exceeded);
}

TEST_CASE_METHOD(ConversationTest, "a failed provider ends the turn typed") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  settle();
  provider->calls[0]->say("half");
  settle();
  provider->calls[0]->end(Error{ErrorCode::provider_failed, "cut", {}, {}});
  settle();
  REQUIRE(sink->ended() != nullptr);
  CHECK(sink->ended()->outcome == TurnOutcome::failed);
  CHECK(sink->ended()->error == ErrorCode::provider_failed);
}

TEST_CASE_METHOD(ConversationTest, "a late reader sees the whole turn, running or ended") {
  start_node();
  auto turn = request("chat", "hello");
  const auto first = start_turn(turn);
  settle();
  provider->calls[0]->say("one ");
  settle();
  const auto late = std::make_shared<tests::RecordingSink>();
  conversations->join({TenantId{"acme"}, ThreadId{"t1"}}, turn.run, late);
  settle();
  CHECK(late->text() == "one ");
  provider->calls[0]->say("two");
  settle();
  provider->calls[0]->end(tests::answer_of("one two"));
  settle();
  const auto later = std::make_shared<tests::RecordingSink>();
  conversations->join({TenantId{"acme"}, ThreadId{"t1"}}, turn.run, later);
  settle();
  for (const auto& sink : {late, later}) {
    REQUIRE(sink->all.size() == first->all.size());
    for (std::size_t i = 0; i < first->all.size(); ++i)
      CHECK(sink->all[i]->seq == first->all[i]->seq);
    CHECK(sink->closings == 1);
    CHECK_FALSE(sink->error);
  }
}

TEST_CASE_METHOD(ConversationTest, "text that nobody follows is written once, with its answer") {
  start_node();
  const auto turn = request("chat", "hello");
  const auto waits = start_turn(turn);
  waits->follows = false;
  settle();
  const auto accepted = journal.appends;
  provider->calls[0]->say("one ");
  settle();
  provider->calls[0]->say("two ");
  settle();
  CHECK(journal.appends == accepted);

  SECTION("until its end") {
    provider->calls[0]->end(tests::answer_of("one two "));
    settle();
    CHECK(journal.appends == accepted + 1);
  }
  SECTION("until somebody comes who follows it") {
    const auto follower = std::make_shared<tests::RecordingSink>();
    conversations->join({TenantId{"acme"}, ThreadId{"t1"}}, turn.run, follower);
    settle();
    CHECK(follower->text() == "one two ");
    provider->calls[0]->say("three");
    settle();
    CHECK(follower->text() == "one two three");
    provider->calls[0]->end(tests::answer_of("one two three"));
    settle();
    CHECK(follower->is_closed());
  }
  CHECK(waits->is_closed());
  CHECK(waits->text().starts_with("one two "));
}

TEST_CASE_METHOD(ConversationTest, "a reader that falls behind is cut, and the turn goes on") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  sink->takes_more = false;
  settle();
  REQUIRE(sink->is_closed());
  CHECK(sink->error->code == ErrorCode::reader_too_slow);
  provider->calls[0]->end(tests::answer_of("fine"));
  settle();
  CHECK(view()->runs[0].status == RunStatus::success);
}

TEST_CASE_METHOD(ConversationTest,
                 "a turn on an unknown thread is refused when its client says so") {
  start_node();
  auto turn = request("echo", "hello");
  turn.if_missing = IfMissing::reject;
  const auto sink = start_turn(turn);
  settle();
  REQUIRE(sink->error);
  CHECK(sink->error->code == ErrorCode::thread_not_found);
  CHECK(metric("parlance_threads_resident") == 0);  // nothing to keep in memory
}

TEST_CASE_METHOD(ConversationTest, "a temporary thread is gone when its turn has ended") {
  start_node();
  auto turn = request("echo", "hello");
  turn.temporary = true;
  const auto sink = start_turn(turn);
  settle();
  CHECK(sink->ended()->outcome == TurnOutcome::finished);
  CHECK_FALSE(view());
  CHECK_FALSE(journal.thread(turn.thread).head);
}

TEST_CASE_METHOD(ConversationTest, "threads are made once, and deleted when nothing runs") {
  start_node();
  const ThreadKey key{TenantId{"acme"}, ThreadId{"t1"}};
  std::vector<ErrorCode> errors;
  const auto note = [&](auto answer) {
    if (!answer) errors.push_back(answer.error().code);
  };
  conversations->create_thread({key, {{"k", "v"}}, {}, false}, note);
  settle();
  CHECK(view()->metadata == Json{{"k", "v"}});
  conversations->create_thread({key, Json::object(), {}, false}, note);
  settle();
  REQUIRE(errors == std::vector{ErrorCode::thread_exists});
  start_turn(request("chat", "hello"));
  settle();
  conversations->delete_thread(key, note);
  settle();
  REQUIRE(errors.back() == ErrorCode::thread_busy);
  provider->calls[0]->end(tests::answer_of("x"));
  settle();
  conversations->delete_thread(key, note);
  settle();
  CHECK(errors.size() == 2);
  CHECK_FALSE(view());
}

TEST_CASE_METHOD(ConversationTest, "a waiting turn that was cancelled never runs") {
  start_node();
  start_turn(request("chat", "first"));
  settle();
  auto second = request("echo", "second");
  const auto waiting = start_turn(second);
  settle();
  // The front ends while the cancellation is still being written.
  conversations->cancel(second.thread, second.run, CancelReason::asked, [](const Result<void>&) {});
  run_messages();
  provider->calls[0]->end(tests::answer_of("done"));
  settle();
  CHECK(waiting->count<StepDone>() == 0);
  REQUIRE(waiting->ended() != nullptr);
  CHECK(waiting->ended()->outcome == TurnOutcome::cancelled);
  const auto thread = view();
  for (const auto& message : thread->messages)
    CHECK(message->text != "echo: second");
  CHECK(journal.thread(second.thread).head->unfinished_seqs.empty());
}

}  // namespace
}  // namespace parlance::actors
