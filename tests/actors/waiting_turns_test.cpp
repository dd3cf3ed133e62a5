// What becomes of turns that end while they wait for the one in front.
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

const ThreadKey thread_1{TenantId{"acme"}, ThreadId{"t1"}};

// Has no place for anybody, and does not say so.
struct SilentPool : caf::event_based_actor {
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[](const Ask&) {}};
  }
};

struct WaitingTurnsTest : ConversationTest {
  // The turn in front asks the model, two wait behind it.
  void start_three() {
    start_node();
    for (const auto* text : {"one", "two", "three"}) {
      turns.push_back(request("chat", text));
      if (turns.size() == 2) turns.back().deadline = second_deadline;
      sinks.push_back(start_turn(turns.back()));
      settle();
    }
    REQUIRE(provider->calls.size() == 1);
  }

  void cancel(std::size_t turn) {
    bool cancelled = false;
    conversations->cancel(thread_1, turns[turn].run, CancelReason::asked, [&](Result<void> done) {
      cancelled = static_cast<bool>(done);
    });
    settle();
    CHECK(cancelled);
  }

  void answer(const std::string& text) {
    provider->calls.back()->end(tests::answer_of(text));
    settle();
  }

  std::vector<std::string> texts(const Messages& messages) {
    std::vector<std::string> said;
    for (const auto& message : messages)
      said.push_back(message->text);
    return said;
  }

  std::vector<RunStatus> statuses() {
    std::vector<RunStatus> listed;
    const auto shown = view();
    REQUIRE(shown->runs.size() == turns.size());
    for (std::size_t i = 0; i < turns.size(); ++i) {
      CHECK(shown->runs[i].run == turns[i].run);
      listed.push_back(shown->runs[i].status);
    }
    return listed;
  }

  // Everything after the end of the second turn: live, and as a new process finds it.
  void check_that_only_the_second_is_missing(RunStatus status_of_second) {
    using enum RunStatus;
    CHECK(statuses() == std::vector{running, status_of_second, pending});
    CHECK(texts(view()->messages) == std::vector<std::string>{"one"});
    answer("first");
    REQUIRE(provider->calls.size() == 2);
    const std::vector<std::string> prompt{"one", "first", "three"};
    CHECK(texts(provider->calls[1]->call.request.messages) == prompt);
    answer("third");
    const std::vector<std::string> conversation{"one", "first", "three", "third"};
    for (int process = 0; process < 2; ++process) {
      CHECK(texts(view()->messages) == conversation);
      CHECK(statuses() == std::vector{success, status_of_second, success});
      CHECK_FALSE(view()->runs[1].begun);
      start_node();
    }
    start_turn(request("chat", "four"));
    settle();
    CHECK(texts(provider->calls.back()->call.request.messages) ==
          std::vector<std::string>{"one", "first", "three", "third", "four"});
  }

  Deadline second_deadline = Deadline::at(clock.now() + 60s);
  std::vector<TurnRequest> turns;
  std::vector<std::shared_ptr<tests::RecordingSink>> sinks;
};

TEST_CASE_METHOD(WaitingTurnsTest, "a turn that is cancelled while it waits leaves no message") {
  start_three();
  cancel(1);
  check_that_only_the_second_is_missing(RunStatus::interrupted);
}

TEST_CASE_METHOD(WaitingTurnsTest,
                 "a turn that is cancelled behind one that has no place yet leaves nothing") {
  start_node();
  set(llm_pool, system.spawn<SilentPool>());
  std::vector<TurnRequest> asked;
  std::vector<std::shared_ptr<tests::RecordingSink>> readers;
  for (const auto* text : {"one", "two"}) {
    asked.push_back(request("chat", text));
    readers.push_back(start_turn(asked.back()));
    settle();
  }
  bool cancelled = false;
  conversations->cancel(thread_1, asked[1].run, CancelReason::asked, [&](Result<void> done) {
    cancelled = static_cast<bool>(done);
  });
  settle();
  CHECK(cancelled);
  REQUIRE(readers[1]->error);
  CHECK(readers[1]->error->code == ErrorCode::cancelled);
  CHECK_FALSE(readers[0]->is_closed());
  CHECK(journal.thread(thread_1).records.empty());
}

TEST_CASE_METHOD(WaitingTurnsTest, "a turn whose time is over while it waits leaves no message") {
  second_deadline = Deadline::at(clock.now() + 200ms);
  start_three();
  advance_time(400ms);
  settle();
  check_that_only_the_second_is_missing(RunStatus::timeout);
}

TEST_CASE_METHOD(WaitingTurnsTest,
                 "a turn whose time is over when its place comes does not begin") {
  second_deadline = Deadline::at(clock.now() + 200ms);
  start_three();
  SECTION("in the process that took it") {}
  SECTION("after a restart") {
    journal.forget_unanswered();
    provider->calls.clear();
    start_node();
  }
  CHECK(texts(view()->messages) == std::vector<std::string>{"one"});
  clock.advance(400ms);  // before any timer has noticed
  answer("first");
  answer("third");
  CHECK(texts(view()->messages) == std::vector<std::string>{"one", "first", "three", "third"});
  using enum RunStatus;
  CHECK(statuses() == std::vector{success, timeout, success});
}

TEST_CASE_METHOD(WaitingTurnsTest, "a turn that was cancelled after it began keeps its message") {
  start_three();
  cancel(0);
  REQUIRE(provider->calls.size() == 2);
  CHECK(texts(provider->calls[1]->call.request.messages) == std::vector<std::string>{"one", "two"});
  start_node();
  CHECK(texts(view()->messages) == std::vector<std::string>{"one", "two"});
  CHECK(view()->runs[0].begun);
}

TEST_CASE_METHOD(WaitingTurnsTest, "a turn that never began leaves the thread's fields alone") {
  tests::add_agent(agents, "drafts", R"({
      "state": {"draft": {"type": "object"}}, "start": "generate",
      "nodes": {"generate": {"kind": "generate", "draft": true, "edges": {"ok": "respond"}},
                "respond": {"kind": "respond", "draft": true}}})");
  start_node();
  start_turn(request("drafts", "one"));
  settle();
  const auto second = request("drafts", "two");
  const auto sink = start_turn(second);
  settle();
  // The end of the first is on its way to the disk when the second is cancelled.
  provider->calls[0]->end(tests::answer_of("first"));
  run_messages();
  conversations->cancel(thread_1, second.run, CancelReason::asked, [](const Result<void>&) {});
  settle();
  for (int process = 0; process < 2; ++process) {
    CHECK(view()->fields.at("draft").at("text") == "first");
    start_node();
  }
}

TEST_CASE_METHOD(WaitingTurnsTest,
                 "readers of a turn that never began are told so, late ones too") {
  start_three();
  cancel(1);
  answer("first");
  const auto late = std::make_shared<tests::RecordingSink>();
  conversations->join(thread_1, turns[1].run, late);
  settle();
  for (const auto& sink : {sinks[1], late}) {
    REQUIRE(sink->start);
    CHECK(sink->start->fields->is_null());
    REQUIRE(sink->all.size() == 2);
    REQUIRE(sink->ended() != nullptr);
    CHECK_FALSE(sink->ended()->begun);
  }
}

}  // namespace
}  // namespace parlance::actors
