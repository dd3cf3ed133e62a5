#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

using Texts = std::vector<std::string>;

struct ForksTest : ConversationTest {
  static ThreadKey key() { return {TenantId{"acme"}, ThreadId{"t1"}}; }

  std::vector<CheckpointView> history() {
    std::vector<CheckpointView> all;
    HistoryQuery query;
    query.checkpoints_max = 1'000;
    conversations->history(key(), query, [&](auto answer) {
      if (answer) all = *answer;
    });
    settle();
    return all;
  }

  std::shared_ptr<tests::RecordingSink> take_turn(TurnRequest turn) {
    auto sink = start_turn(std::move(turn));
    settle();
    return sink;
  }

  TurnRequest fork(const std::string& checkpoint_id, const std::string& text) {
    TurnRequest turn = request("echo", text);
    turn.checkpoint_id = checkpoint_id;
    return turn;
  }
  TurnRequest going_on(const std::string& checkpoint_id) {
    TurnRequest turn = fork(checkpoint_id, "");
    turn.input.clear();
    turn.command = Command{};
    return turn;
  }

  Result<std::shared_ptr<const ThreadView>> change(UpdateState update) {
    std::optional<Result<std::shared_ptr<const ThreadView>>> answer;
    update.thread = key();
    update.run = RunId{random_uuid()};
    conversations->update_state(std::move(update), [&](auto got) { answer.emplace(got); });
    settle();
    REQUIRE(answer);
    return *answer;
  }

  static Texts texts(const Messages& messages) {
    Texts all;
    for (const auto& message : messages)
      all.push_back(message->text);
    return all;
  }
  Texts now() { return texts(view()->messages); }
};

TEST_CASE_METHOD(ForksTest, "a fork begins from its checkpoint, and the thread goes on from it") {
  start_node();
  for (const char* const text : {"one", "two", "three"})
    take_turn(request("echo", text));
  const auto before = history();
  REQUIRE(before.size() == 9);
  const auto sink = take_turn(fork(before[3].id, "else"));
  const Texts forked{"one", "echo: one", "two", "echo: two", "else", "echo: else"};
  REQUIRE(sink->start);
  CHECK(texts(*sink->start->messages) == Texts{"one", "echo: one", "two", "echo: two"});
  CHECK(now() == forked);
  for (const bool restarted : {false, true}) {
    INFO(restarted);
    if (restarted) start_node();
    const auto all = history();
    REQUIRE(all.size() == 12);
    for (std::size_t i = 0; i < before.size(); ++i) {
      CHECK(all[i + 3].id == before[i].id);
      CHECK(all[i + 3].parent_id == before[i].parent_id);
      CHECK(all[i + 3].step == before[i].step);
      CHECK(texts(all[i + 3].messages) == texts(before[i].messages));
    }
    CHECK(all[2].parent_id == before[3].id);
    CHECK(all[2].step == before[3].step + 1);
    CHECK(all[0].step == before[3].step + 3);
    CHECK(texts(all[0].messages) == forked);
    CHECK(now() == forked);
  }
  take_turn(request("echo", "next"));
  CHECK(now().size() == 8);
  CHECK(history()[2].parent_id == history()[3].id);
}

TEST_CASE_METHOD(ForksTest,
                 "without an input a fork goes on with what its checkpoint stood before") {
  start_node();
  take_turn(request("echo", "one"));
  take_turn(request("echo", "two"));
  const auto before = history();
  take_turn(going_on(before[4].id));
  CHECK(now() == Texts{"one", "echo: one"});
  const auto all = history();
  REQUIRE(all.size() == 8);
  CHECK(all[1].source == CheckpointSource::fork);
  CHECK(all[1].parent_id == before[4].id);
  CHECK(all[1].next == "echo");
  take_turn(going_on(before[2].id));
  CHECK(now() == Texts{"one", "echo: one", "two", "echo: two"});
  const auto nothing_next = take_turn(going_on(before[0].id));
  REQUIRE(nothing_next->error);
  CHECK(nothing_next->error->code == ErrorCode::thread_not_paused);
}

TEST_CASE_METHOD(ForksTest, "an answer is taken wherever its question is asked next") {
  start_node();
  take_turn(request("booking", "a table"));
  const auto answer = [&](const std::string& checkpoint_id, const Json& said) {
    TurnRequest turn = going_on(checkpoint_id);
    turn.agent = "booking";
    turn.command->resume = said;
    const auto sink = take_turn(std::move(turn));
    CHECK_FALSE(sink->error);
  };
  const auto paused = history();
  answer(paused[0].id, "no");
  const auto answered = history();
  const auto& fork = answered.at(answered.size() - paused.size() - 1);
  REQUIRE(fork.source == CheckpointSource::fork);
  answer(fork.id, "by the window");
  CHECK(now() == Texts{"a table",
                       "A table is free.",
                       "Shall I book it?",
                       "by the window",
                       "echo: by the window"});
  REQUIRE(paused[1].next == "ask");  // which has not said its question there
  answer(paused[1].id, "no");
  CHECK(now() == Texts{"a table", "A table is free.", "Shall I book it?", "no", "Not booked."});
}

TEST_CASE_METHOD(ForksTest, "what a command changes at an input stands in front of the input") {
  start_node();
  take_turn(request("booking", "another table"));
  take_turn(request("booking", "a table"));
  const auto before = history();
  REQUIRE(before[3].source == CheckpointSource::input);
  TurnRequest turn = going_on(before[3].id);
  turn.agent = "booking";
  turn.command->update = {{"guest", "Ada"}};
  turn.input = {tests::human("for two")};
  for (const bool restarted : {false, true}) {
    INFO(restarted);
    if (restarted) start_node();
    turn.run = RunId{random_uuid()};
    REQUIRE(take_turn(turn)->ended());
    const auto shown = view();
    REQUIRE(shown->messages.size() == 7);
    CHECK(shown->messages[3]->text == "for two");
    CHECK(shown->messages[4]->text == "a table");
    CHECK(shown->runs.back().ended->interrupt->value["fields"]["guest"] == "Ada");
    const auto all = history();
    const auto& first = all[2];
    CHECK(first.parent_id == before[3].id);
    CHECK(first.next == "look");
    CHECK(first.fields["guest"] == "Ada");
  }
}

TEST_CASE_METHOD(ForksTest, "a change of an older state is the newest one") {
  start_node();
  take_turn(request("echo", "one"));
  take_turn(request("echo", "two"));
  const auto before = history();
  UpdateState update;
  update.checkpoint_id = before[3].id;
  update.messages = {tests::human("more")};
  REQUIRE(change(update));
  const Texts changed{"one", "echo: one", "more"};
  CHECK(now() == changed);
  start_node();
  CHECK(now() == changed);
  const auto all = history();
  REQUIRE(all.size() == 7);
  CHECK(all[0].source == CheckpointSource::update);
  CHECK(all[0].parent_id == before[3].id);
  CHECK(all[0].step == before[3].step + 1);
}

TEST_CASE_METHOD(ForksTest, "a change without any values has a checkpoint, too") {
  start_node();
  take_turn(request("echo", "one"));
  const auto before = history();
  REQUIRE(change({}));
  const auto all = history();
  REQUIRE(all.size() == 4);
  CHECK(all[0].source == CheckpointSource::update);
  CHECK(all[0].parent_id == before[0].id);
}

TEST_CASE_METHOD(ForksTest, "a fork that waits when the process ends begins from its checkpoint") {
  start_node();
  take_turn(request("echo", "one"));
  take_turn(request("echo", "two"));
  const auto before = history();
  const auto running = start_turn(request("chat", "three"));
  settle();
  start_turn(fork(before[3].id, "else"));
  settle();
  CHECK(view()->runs.size() == 4);
  start_node();
  CHECK(view()->runs.size() == 4);
  conversations->cancel(key(), view()->runs[2].run, CancelReason::asked, [](auto) {});
  settle();
  CHECK(now() == Texts{"one", "echo: one", "else", "echo: else"});
}

TEST_CASE_METHOD(ForksTest,
                 "a checkpoint of another thread, or of a turn that goes on, is refused") {
  start_node();
  take_turn(request("echo", "one"));
  const auto unknown = take_turn(fork(random_uuid(), "else"));
  REQUIRE(unknown->error);
  CHECK(unknown->error->code == ErrorCode::checkpoint_not_found);
  UpdateState update;
  update.checkpoint_id = "zz";
  const auto nowhere = change(update);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == ErrorCode::checkpoint_not_found);
  start_turn(request("chat", "two"));
  settle();
  const auto running = history();
  REQUIRE(running.size() == 5);
  const auto early = take_turn(fork(running[0].id, "else"));
  REQUIRE(early->error);
  CHECK(early->error->code == ErrorCode::thread_busy);
}

TEST_CASE_METHOD(ForksTest, "what a key stands for is looked at before the checkpoint is") {
  start_node();
  take_turn(request("echo", "one"));
  TurnRequest keyed = request("echo", "two");
  keyed.request_digest = "digest";
  take_turn(keyed);
  keyed.checkpoint_id = random_uuid();
  CHECK_FALSE(take_turn(keyed)->error);
  keyed.request_digest = "another";
  CHECK(take_turn(keyed)->error->code == ErrorCode::idempotency_key_reused);
}

TEST_CASE_METHOD(ForksTest, "the branches of a thread have a bound together") {
  start_node();
  take_turn(request("small", "one"));  // two messages at most, in one branch
  const std::string first = history().back().id;
  for (int turn = 2; turn <= 9; ++turn) {
    TurnRequest again = request("small", "else");
    again.checkpoint_id = first;
    const auto sink = take_turn(std::move(again));
    INFO(turn);
    REQUIRE(sink->error.has_value() == (turn == 9));
    if (turn == 9) CHECK(sink->error->code == ErrorCode::thread_full);
  }
}

TEST_CASE_METHOD(ForksTest, "what a thread holds has a bound, also after a restart") {
  start_node();
  take_turn(request("small", "one"));
  UpdateState update;
  update.fields = {{"note", std::string(10'000, 'x')}};
  int changes = 0;
  auto changed = change(update);
  for (; changed && changes < 20; ++changes)
    changed = change(update);
  CHECK(changes >= 3);
  CHECK(changes <= 7);
  for (const bool restarted : {false, true}) {
    INFO(restarted);
    if (restarted) start_node();
    changed = change(update);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().code == ErrorCode::thread_full);
    CHECK(now() == Texts{"one", "echo: one"});
  }
}

TEST_CASE_METHOD(ForksTest, "a page of the history with many forks of one checkpoint is whole") {
  start_node();
  take_turn(request("echo", "one"));
  take_turn(request("echo", "two"));
  const auto before = history();
  for (const std::size_t at : {3, 3, 0, 3, 1})
    take_turn(fork(before[at].id, "else"));
  const auto all = history();
  REQUIRE(all.size() == before.size() + 15);
  const Texts after_one{"one", "echo: one", "else", "echo: else"};
  const Texts after_two{"one", "echo: one", "two", "echo: two", "else", "echo: else"};
  CHECK(texts(all[0].messages) == Texts{"one", "echo: one", "two", "else", "echo: else"});
  CHECK(texts(all[3].messages) == after_one);
  CHECK(texts(all[6].messages) == after_two);
  CHECK(texts(all[9].messages) == after_one);
  CHECK(texts(all[12].messages) == after_one);
}

}  // namespace
}  // namespace parlance::actors
