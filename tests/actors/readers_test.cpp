// What readers are shown of threads and of turns that have ended.
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

TEST_CASE_METHOD(ConversationTest, "a thread is shown to nobody before its creation is on disk") {
  start_node();
  int answers = 0;
  const auto count = [&](auto answer) { answers += answer ? 1 : 0; };
  conversations->create_thread({thread_1, Json::object(), {}, false}, count);
  run_messages();
  REQUIRE(journal.answer_next());  // the thread is open, its head on its way
  run_messages();
  conversations->create_thread({thread_1, Json::object(), {}, true}, count);
  conversations->view(thread_1, count);
  run_messages();
  CHECK(answers == 0);

  REQUIRE(journal.answer_next());
  run_messages();
  CHECK(answers == 3);
}

TEST_CASE_METHOD(ConversationTest, "a creation whose write failed is acknowledged to nobody") {
  start_node();
  int acknowledged = 0;
  const auto count = [&](auto answer) { acknowledged += answer ? 1 : 0; };
  conversations->create_thread({thread_1, Json::object(), {}, false}, count);
  run_messages();
  REQUIRE(journal.answer_next());
  run_messages();
  conversations->create_thread({thread_1, Json::object(), {}, true}, count);
  run_messages();
  journal.next_append_is(AppendOutcome::failed);
  REQUIRE(journal.answer_next());
  run_messages();
  CHECK(acknowledged == 0);
}

TEST_CASE_METHOD(ConversationTest, "no more ended turns than 64 are read back at once") {
  start_node();
  std::vector<TurnRequest> turns;
  for (int i = 0; i < 65; ++i) {
    turns.push_back(request("echo", "hello"));
    start_turn(turns.back());
    settle();
  }

  std::vector<std::shared_ptr<tests::RecordingSink>> readers;
  for (const auto& turn : turns) {
    readers.push_back(std::make_shared<tests::RecordingSink>());
    conversations->join(thread_1, turn.run, readers.back());
  }
  run_messages();
  REQUIRE(readers.back()->error);
  CHECK(readers.back()->error->code == ErrorCode::mailbox_full);
  settle();
  for (int i = 0; i < 64; ++i) {
    CHECK(readers[i]->is_closed());
    CHECK_FALSE(readers[i]->error);
    CHECK(readers[i]->ended() != nullptr);
  }
}

TEST_CASE_METHOD(ConversationTest, "an ended turn is read back once for all who ask meanwhile") {
  start_node();
  const auto turn = request("echo", "hello");
  start_turn(turn);
  settle();

  std::vector<std::shared_ptr<tests::RecordingSink>> readers;
  for (int i = 0; i < 200; ++i) {
    readers.push_back(std::make_shared<tests::RecordingSink>());
    conversations->join(thread_1, turn.run, readers.back());
  }
  settle();
  CHECK(journal.reads == 1);
  for (const auto& reader : readers) {
    CHECK_FALSE(reader->error);
    CHECK(reader->closings == 1);
    CHECK(reader->all.size() == readers.front()->all.size());
    CHECK(reader->ended() != nullptr);
  }
}

TEST_CASE_METHOD(ConversationTest,
                 "a replay ends with its thread: the next of that name is another") {
  start_node();
  const auto turn = request("echo", "hello");
  start_turn(turn);
  settle();
  journal.read_records_max = 1;
  const auto reader = std::make_shared<tests::RecordingSink>();
  conversations->join(thread_1, turn.run, reader);
  run_messages();
  conversations->delete_thread(thread_1, [](const Result<void>&) {});
  run_messages();
  REQUIRE(journal.answer_next());  // the first record is read, the others are to follow
  REQUIRE(journal.answer_next());  // the thread is deleted
  run_messages();
  REQUIRE(reader->error);
  CHECK(reader->error->code == ErrorCode::thread_not_found);
  settle();
  CHECK(reader->closings == 1);
}

TEST_CASE_METHOD(ConversationTest, "a replay starts from the fields that its turn found") {
  tests::add_agent(agents, "drafts", R"({
      "state": {"draft": {"type": "object"}}, "start": "generate",
      "nodes": {"generate": {"kind": "generate", "draft": true, "edges": {"ok": "respond"}},
                "respond": {"kind": "respond", "draft": true}}})");
  start_node();
  std::vector<TurnRequest> turns;
  for (const auto* answer : {"first", "second", "third"}) {
    turns.push_back(request("drafts", "hello"));
    start_turn(turns.back());
    settle();
    provider->calls.back()->end(tests::answer_of(answer));
    settle();
  }

  const auto reader = std::make_shared<tests::RecordingSink>();
  conversations->join(thread_1, turns[1].run, reader);
  settle();
  REQUIRE(reader->start);
  CHECK(reader->start->messages->size() == 2);
  CHECK(reader->start->fields->at("draft").at("text") == "first");
}

TEST_CASE_METHOD(ConversationTest, "a replay starts from the messages as its turn found them") {
  start_node();
  RunId run;
  for (const char* const wording : {"first wording", "second wording"}) {
    auto turn = request("echo", wording);
    turn.input = {
        std::make_shared<const Message>(Message{"m-1", Role::human, wording, nullptr, {}})};
    run = turn.run;
    start_turn(std::move(turn));
    settle();
  }
  const auto sink = std::make_shared<tests::RecordingSink>();
  conversations->join({TenantId{"acme"}, ThreadId{"t1"}}, run, sink);
  settle();
  REQUIRE(sink->start);
  REQUIRE(sink->start->messages->size() == 2);
  CHECK(sink->start->messages->at(0)->text == "first wording");
}

}  // namespace
}  // namespace parlance::actors
