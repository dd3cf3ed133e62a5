// Turns that pause with a question, and turns that go on from there.
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

struct PausingTest : ConversationTest {
  std::shared_ptr<tests::RecordingSink> ask(TurnRequest turn) {
    auto sink = start_turn(std::move(turn));
    settle();
    return sink;
  }

  TurnRequest command(Command wish, const std::string& agent = "booking") {
    auto turn = request(agent, "");
    turn.input.clear();
    turn.command = std::move(wish);
    return turn;
  }

  TurnRequest resuming(Json answer) {
    Command wish;
    wish.resume = std::move(answer);
    return command(std::move(wish));
  }

  TurnRequest stopping(const char* where, const std::string& node) {
    auto turn = request("booking", "a table");
    turn.options[where] = Json::array({node});
    return turn;
  }

  const TurnEnded& last_end() {
    shown = view();
    REQUIRE(shown);
    REQUIRE_FALSE(shown->runs.empty());
    REQUIRE(shown->runs.back().ended);
    return *shown->runs.back().ended;
  }

  const Interrupt& question() {
    const TurnEnded& end = last_end();
    REQUIRE(end.interrupt);
    return *end.interrupt;
  }

  void start_paused() {
    start_node();
    ask(request("booking", "a table"));
    REQUIRE(last_end().outcome == TurnOutcome::paused);
  }

  Strings texts() {
    Strings said;
    const auto thread = view();
    for (const auto& message : thread->messages)
      said.push_back(message->text);
    return said;
  }

  void answer_model(const std::string& text) {
    provider->calls.back()->end(tests::answer_of(text));
    settle();
  }

  std::optional<ErrorCode> refusal(TurnRequest turn) {
    const auto sink = ask(std::move(turn));
    if (!sink->is_closed() || !sink->error) return std::nullopt;
    return sink->error->code;
  }

  std::shared_ptr<const ThreadView> shown;
};

const Strings paused_texts{"a table", "A table is free.", "Shall I book it?"};

TEST_CASE_METHOD(PausingTest, "a turn that asks people ends in front of the node that asked") {
  start_node();
  const auto sink = ask(request("booking", "a table"));
  REQUIRE(sink->is_closed());
  CHECK_FALSE(sink->error);
  REQUIRE(sink->ended() != nullptr);
  CHECK(sink->ended()->outcome == TurnOutcome::paused);
  CHECK(sink->ended()->next == "ask");
  CHECK(question().value == Json{{"question", "Shall I book it?"}, {"fields", {{"guest", ""}}}});
  CHECK(question().id.size() == 32);
  CHECK(texts() == paused_texts);
  CHECK(shown->runs.back().status == RunStatus::success);
  CHECK(journal.thread({TenantId{"acme"}, ThreadId{"t1"}}).head->unfinished_seqs.empty());
  CHECK(metric(R"(parlance_turns_ended_total{outcome="paused"})") == 1);
}

TEST_CASE_METHOD(PausingTest, "a resumed turn goes on at the node that asked, with the answer") {
  start_paused();
  const auto sink = ask(resuming("Yes!"));
  REQUIRE(provider->calls.size() == 1);
  CHECK(provider->calls[0]->call.request.messages.back()->text == "Yes!");
  answer_model("Booked.");
  REQUIRE(sink->ended() != nullptr);
  CHECK(sink->ended()->outcome == TurnOutcome::finished);
  CHECK(
      texts() ==
      Strings{"a table", "A table is free.", "Shall I book it?", "Yes!", "Booked.", "Thank you."});
  CHECK(last_end().next.empty());
  CHECK_FALSE(last_end().interrupt);
  CHECK(get<StepDone>(sink->all[1]->event).node == "ask");
}

TEST_CASE_METHOD(PausingTest, "the answer chooses the edge") {
  start_paused();
  ask(resuming(false));
  CHECK(texts().back() == "Not booked.");
  ask(request("booking", "a table"));
  ask(resuming("one by the window"));
  CHECK(texts().back() == "echo: one by the window");
}

TEST_CASE_METHOD(PausingTest, "a paused thread is the same after a restart") {
  start_paused();
  const auto id = question().id;
  start_node();
  CHECK(question().id == id);
  CHECK(texts() == paused_texts);
  ask(resuming(true));
  answer_model("Booked.");
  CHECK(texts().back() == "Thank you.");
}

TEST_CASE_METHOD(PausingTest, "a crash in a resumed turn: it goes on at the node that asked") {
  start_paused();
  ask(resuming(true));
  REQUIRE(provider->calls.size() == 1);
  provider->calls.clear();
  journal.forget_unanswered();
  start_node();
  view();  // wakes it
  REQUIRE(provider->calls.size() == 1);
  CHECK(provider->calls[0]->call.request.messages.back()->text == "yes");
  answer_model("Booked.");
  CHECK(texts() ==
        Strings{"a table", "A table is free.", "Shall I book it?", "yes", "Booked.", "Thank you."});
}

TEST_CASE_METHOD(PausingTest, "an answer before its first step is on disk is given again") {
  tests::add_agent(agents, "strict", R"({"start": "ask", "nodes": {
      "ask": {"kind": "ask_human", "question": "Go?", "edges": {"answered": "wait"}},
      "wait": {"kind": "generate"}}})");
  start_node();
  ask(request("strict", "hello"));
  auto turn = resuming("first");
  turn.agent = "strict";
  start_turn(turn);
  auto& records = journal.thread({TenantId{"acme"}, ThreadId{"t1"}}).records;
  settle();
  REQUIRE(holds_alternative<StepDone>(records.back()->event));
  records.pop_back();  // as if the write had ended with the acceptance
  provider->calls.clear();
  start_node();
  view();
  REQUIRE(provider->calls.size() == 1);
  CHECK(provider->calls[0]->call.request.messages.back()->text == "first");
}

TEST_CASE_METHOD(PausingTest, "a rollback of a resumed turn brings the question back") {
  start_paused();
  const auto id = question().id;
  const auto turn = resuming(true);
  const auto sink = ask(turn);
  conversations->cancel(turn.thread, turn.run, CancelReason::rollback, [](Result<void>) {});
  settle();
  CHECK(sink->is_closed());
  CHECK(question().id == id);
  CHECK(texts() == paused_texts);
  ask(resuming(false));
  CHECK(texts().back() == "Not booked.");
}

TEST_CASE_METHOD(PausingTest,
                 "a resumed turn that is cancelled leaves the node where it was next") {
  start_paused();
  const auto turn = resuming(true);
  ask(turn);
  conversations->cancel(turn.thread, turn.run, CancelReason::asked, [](Result<void>) {});
  settle();
  CHECK(last_end().outcome == TurnOutcome::cancelled);
  CHECK(last_end().next == "book");
  CHECK_FALSE(last_end().interrupt);  // the answer was taken
  CHECK(refusal(resuming(true)) == ErrorCode::thread_not_paused);
  ask(command({}));
  answer_model("Booked.");
  CHECK(texts().back() == "Thank you.");
}

TEST_CASE_METHOD(PausingTest, "a new input starts anew, and the question is gone") {
  start_paused();
  ask(request("booking", "another table"));
  CHECK(texts().size() == 6);
  const auto id = question().id;
  CHECK(ask(resuming(Json{{std::string(32, '0'), true}}))->error->code == ErrorCode::invalid_value);
  ask(resuming(Json{{id, false}}));
  CHECK(texts().back() == "Not booked.");
}

TEST_CASE_METHOD(PausingTest, "who has nothing to go on from is refused, and nothing is written") {
  start_node();
  CHECK(refusal(resuming(true)) == ErrorCode::thread_not_paused);
  CHECK_FALSE(journal.thread({TenantId{"acme"}, ThreadId{"t1"}}).head);
  ask(request("echo", "hello"));
  const int appends = journal.appends;
  CHECK(refusal(resuming(true)) == ErrorCode::thread_not_paused);
  CHECK(refusal(command({})) == ErrorCode::thread_not_paused);
  ask(stopping("interrupt_before", "look"));
  CHECK(journal.appends == appends + 1);
  CHECK(refusal(resuming(true)) == ErrorCode::thread_not_paused);
  CHECK(refusal(command({}, "echo")) == ErrorCode::invalid_value);
  CHECK(journal.appends == appends + 1);
}

TEST_CASE_METHOD(PausingTest, "of two answers to one question the second one changes nothing") {
  start_paused();
  ask(resuming(true));
  const auto second = ask(resuming(false));
  answer_model("Booked.");
  REQUIRE(second->ended() != nullptr);
  CHECK(second->ended()->error == ErrorCode::thread_not_paused);
  CHECK_FALSE(second->ended()->begun);
  CHECK(texts().back() == "Thank you.");
  CHECK(view()->runs.back().status == RunStatus::error);
}

TEST_CASE_METHOD(PausingTest, "a turn stops before or after the nodes that its client names") {
  start_node();
  ask(stopping("interrupt_before", "look"));
  CHECK(last_end().next == "look");
  CHECK_FALSE(last_end().interrupt);
  CHECK(texts() == Strings{"a table"});

  auto on = command({});
  on.options["interrupt_after"] = Json::array({"look"});
  ask(on);
  CHECK(last_end().next == "ask");
  CHECK(texts() == Strings{"a table", "A table is free."});

  start_node();
  ask(command({}));
  CHECK(texts() == paused_texts);
  CHECK(question().value["question"] == "Shall I book it?");
}

TEST_CASE_METHOD(PausingTest, "an answer may come before its question is asked") {
  start_node();
  ask(stopping("interrupt_before", "ask"));
  CHECK(last_end().next == "ask");
  CHECK(ask(resuming(Json{{std::string(32, '0'), true}}))->error->code == ErrorCode::invalid_value);
  ask(resuming(false));
  CHECK(texts() == Strings{"a table", "A table is free.", "Shall I book it?", "no", "Not booked."});
  CHECK_FALSE(last_end().interrupt);
}

TEST_CASE_METHOD(PausingTest, "an answer that came before its question is given after a crash") {
  start_node();
  ask(stopping("interrupt_before", "ask"));
  ask(resuming(true));
  auto& records = journal.thread(thread_1).records;
  REQUIRE(get<StepDone>(records.back()->event).edge == "approved");
  records.pop_back();  // as if the write had ended with the question
  REQUIRE(get<StepDone>(records.back()->event).edge.empty());
  provider->calls.clear();
  start_node();
  view();  // wakes it
  REQUIRE(provider->calls.size() == 1);
  answer_model("Booked.");
  CHECK(texts() ==
        Strings{"a table", "A table is free.", "Shall I book it?", "yes", "Booked.", "Thank you."});
}

TEST_CASE_METHOD(PausingTest, "a turn stops before every node when that is asked for") {
  start_node();
  ask(stopping("interrupt_before", "*"));
  CHECK(last_end().next == "look");
  auto on = command({});
  on.options["interrupt_before"] = Json::array({"*"});
  ask(on);
  CHECK(last_end().next == "ask");
}

TEST_CASE_METHOD(PausingTest, "a command sets fields and goes to another node") {
  start_paused();
  Command wish;
  wish.update = {{"guest", "Ada"}};
  wish.node = "ask";
  ask(command(wish));
  CHECK(question().value["fields"]["guest"] == "Ada");
  CHECK(texts() == paused_texts);  // the question is said once
  wish.node = "decline";
  ask(command(wish));
  CHECK(texts().back() == "Not booked.");
  CHECK(view()->fields["guest"] == "Ada");
}

TEST_CASE_METHOD(PausingTest, "a question that a late reader asks for is the one that was shown") {
  start_node();
  const auto turn = request("booking", "a table");
  const auto first = ask(turn);
  const auto late = std::make_shared<tests::RecordingSink>();
  ask(resuming(false));
  conversations->join(turn.thread, turn.run, late);
  settle();
  REQUIRE(late->ended() != nullptr);
  CHECK((*late->ended() == *first->ended()));
}

TEST_CASE_METHOD(PausingTest, "a resumption that is sent again under its key is done once") {
  start_paused();
  auto turn = resuming(true);
  turn.request_digest = "digest";
  ask(turn);
  const auto again = ask(turn);
  REQUIRE(provider->calls.size() == 1);
  answer_model("Booked.");
  REQUIRE(again->ended() != nullptr);
  CHECK(again->ended()->outcome == TurnOutcome::finished);
  const auto late = ask(turn);
  REQUIRE(late->ended() != nullptr);
  CHECK((*late->ended() == *again->ended()));
}

TEST_CASE_METHOD(PausingTest, "a failed turn goes on at the node that failed") {
  start_paused();
  ask(resuming(true));
  provider->calls.back()->end(Error{ErrorCode::provider_failed, "it broke", {}, {}});
  settle();
  REQUIRE(last_end().outcome == TurnOutcome::failed);
  CHECK(last_end().next == "book");
  ask(command({}));
  answer_model("Booked.");
  CHECK(texts().back() == "Thank you.");
}

TEST_CASE_METHOD(PausingTest,
                 "a turn that goes on and fails at once says so where the thread stands") {
  start_paused();
  const auto failed_with = [&] {
    std::optional<CheckpointView> last;
    HistoryQuery query;
    query.checkpoints_max = 1;
    conversations->history(thread_1, query, [&](auto got) { last = (*got)[0]; });
    settle();
    REQUIRE(last);
    CHECK(last->next == "book");
    REQUIRE(last->next_ended);
    return last->next_ended->error;
  };
  ask(resuming(true));
  provider->calls.back()->end(Error{ErrorCode::request_rejected, "no", {}, {}});
  settle();
  CHECK(failed_with() == ErrorCode::request_rejected);
  ask(command({}));
  provider->calls.back()->end(Error{ErrorCode::credentials_refused, "no", {}, {}});
  settle();
  CHECK(failed_with() == ErrorCode::credentials_refused);
}

}  // namespace
}  // namespace parlance::actors
