// Clients that change a thread's state themselves.
#include "runtime/journal/state_update.hpp"

#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

struct StateUpdateTest : ConversationTest {
  UpdateState update(Json fields, const std::string& text = {}) {
    UpdateState wish;
    wish.thread = thread_1;
    wish.run = RunId{random_uuid()};
    wish.fields = std::move(fields);
    if (!text.empty()) wish.messages = {tests::human(text)};
    return wish;
  }

  void send(UpdateState wish) {
    error.reset();
    thread = nullptr;
    conversations->update_state(std::move(wish), [this](auto answer) {
      if (answer) {
        thread = *answer;
      } else {
        error = answer.error();
      }
    });
    run_messages();
  }

  void change(UpdateState wish) {
    send(std::move(wish));
    settle();
  }

  void start_paused() {
    start_node();
    start_turn(request("booking", "a table"));
    settle();
  }

  std::shared_ptr<tests::RecordingSink> resume(Json answer) {
    auto turn = request("booking", "");
    turn.input.clear();
    turn.command.emplace();
    turn.command->resume = std::move(answer);
    auto sink = start_turn(std::move(turn));
    settle();
    return sink;
  }

  const TurnEnded& end() { return *thread->runs.back().ended; }

  std::shared_ptr<const ThreadView> thread;
  std::optional<Error> error;
};

TEST_CASE_METHOD(StateUpdateTest, "a change is on disk before it is answered, in one write") {
  start_paused();
  const int appends = journal.appends;
  send(update({{"guest", "Ada"}}, "for two"));
  CHECK(journal.appends == appends + 1);
  CHECK_FALSE(thread);
  settle();
  REQUIRE(thread);
  CHECK(thread->fields["guest"] == "Ada");
  CHECK(thread->messages.back()->text == "for two");
  CHECK(is_state_update(*thread->runs.back().accepted));
  CHECK(journal.thread(thread_1).head->unfinished_seqs.empty());
}

TEST_CASE_METHOD(StateUpdateTest, "what is asked stays asked, and is answered after a restart") {
  start_paused();
  const auto asked = view()->runs.back().ended->interrupt;
  change(update({{"guest", "Ada"}}));
  CHECK(end().next == "ask");
  CHECK(end().interrupt == asked);
  start_node();
  resume(true);
  CHECK(provider->calls.size() == 1);
  CHECK(view()->fields["guest"] == "Ada");
}

TEST_CASE_METHOD(StateUpdateTest, "a change in a node's place leaves the thread behind that node") {
  start_paused();
  auto wish = update(Json::object());
  wish.as_node = "book";
  change(wish);
  CHECK(end().next == "thank");
  CHECK_FALSE(end().interrupt);
  wish.run = RunId{random_uuid()};
  wish.as_node = "thank";
  change(wish);
  CHECK(end().next.empty());
  CHECK(end().outcome == TurnOutcome::finished);
  wish.run = RunId{random_uuid()};
  wish.as_node = "__start__";
  wish.messages = {tests::human("another table")};
  change(wish);
  CHECK(end().next == "look");
}

TEST_CASE_METHOD(StateUpdateTest, "a message of a known id is replaced") {
  start_paused();
  auto wish = update(Json::object());
  wish.messages = {std::make_shared<const Message>(
      Message{view()->messages[0]->id, Role::human, "a table by the window", nullptr, {}})};
  change(wish);
  CHECK(thread->messages.size() == 3);
  CHECK(thread->messages[0]->text == "a table by the window");
}

TEST_CASE_METHOD(StateUpdateTest, "what the agent does not have is refused by its path") {
  start_paused();
  const int appends = journal.appends;
  const auto refused = [&](UpdateState wish) {
    change(std::move(wish));
    REQUIRE(error);
    CHECK(error->code == ErrorCode::invalid_value);
    return error->field;
  };
  CHECK(refused(update({{"nope", 1}})) == "values.nope");
  CHECK(refused(update({{"guest", 1}})) == "values.guest");
  auto wish = update(Json::object());
  wish.as_node = "nope";
  CHECK(refused(wish) == "as_node");
  wish.as_node = "ask";  // chooses its edge by the answer
  CHECK(refused(wish) == "as_node");
  CHECK(journal.appends == appends);
}

TEST_CASE_METHOD(StateUpdateTest,
                 "a thread that runs a turn is busy; one without an agent has none") {
  start_node();
  change(update(Json::object()));
  CHECK(error->code == ErrorCode::thread_not_found);
  start_turn(request("chat", "hello"));
  settle();
  change(update(Json::object(), "more"));
  CHECK(error->code == ErrorCode::thread_busy);

  CreateThread create;
  create.thread = {TenantId{"acme"}, ThreadId{"t2"}};
  conversations->create_thread(create, [](auto) {});
  settle();
  auto wish = update(Json::object(), "hello");
  wish.thread = create.thread;
  change(wish);
  CHECK(error->code == ErrorCode::agent_not_found);

  create.thread.thread = ThreadId{"t3"};
  create.metadata = {{"graph_id", "echo"}};
  conversations->create_thread(create, [](auto) {});
  settle();
  wish.thread = create.thread;
  change(wish);
  REQUIRE(thread);
  CHECK(thread->messages.size() == 1);
}

TEST_CASE_METHOD(StateUpdateTest, "a change that is sent again under its key is done once") {
  start_paused();
  auto wish = update({{"guest", "Ada"}}, "for two");
  wish.request_digest = "digest";
  send(wish);
  send(wish);
  settle();
  REQUIRE(thread);
  CHECK(thread->messages.size() == 4);
  const auto first = end().accepted_seq;
  start_node();
  change(wish);
  REQUIRE(thread);
  CHECK(thread->messages.size() == 4);
  CHECK(end().accepted_seq == first);
  wish.request_digest = "another";
  change(wish);
  CHECK(error->code == ErrorCode::idempotency_key_reused);
  wish.checkpoint_id = random_uuid();  // that the thread does not have
  change(wish);
  CHECK(error->code == ErrorCode::idempotency_key_reused);
}

TEST_CASE_METHOD(StateUpdateTest, "the next turn goes on from what was changed") {
  start_paused();
  change(update(Json::object(), "for two"));
  auto wish = update(Json::object());
  wish.as_node = "__start__";
  wish.messages = {tests::human("another table")};
  change(wish);
  auto turn = request("booking", "");
  turn.input.clear();
  turn.command.emplace();
  start_turn(std::move(turn));
  settle();
  const auto shown = view();
  CHECK(shown->messages.back()->text == "Shall I book it?");
  CHECK(shown->runs.back().ended->interrupt);
}

}  // namespace
}  // namespace parlance::actors
