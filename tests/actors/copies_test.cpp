#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

ThreadKey key(const std::string& thread) {
  return {TenantId{"acme"}, ThreadId{thread}};
}

struct CopiesTest : ConversationTest {
  using Copied = Result<std::shared_ptr<const ThreadView>>;

  // Answers when the copy does.
  std::shared_ptr<std::optional<Copied>> begin_copy(const std::string& from,
                                                    const std::string& to,
                                                    const std::string& digest = {}) {
    auto answer = std::make_shared<std::optional<Copied>>();
    conversations->copy_thread({key(from), key(to), digest},
                               [answer](Copied copied) { answer->emplace(std::move(copied)); });
    run_messages();
    return answer;
  }

  Copied copy(const std::string& from, const std::string& to, const std::string& digest = {}) {
    const auto answer = begin_copy(from, to, digest);
    settle();
    REQUIRE(*answer);
    return **answer;
  }

  std::vector<CheckpointView> history(const std::string& thread) {
    std::vector<CheckpointView> all;
    HistoryQuery query;
    query.checkpoints_max = 1'000;
    conversations->history(key(thread), query, [&](auto answer) {
      if (answer) all = *answer;
    });
    settle();
    return all;
  }

  void take_turns(int count, const std::string& thread = "t1") {
    for (int i = 0; i < count; ++i) {
      start_turn(request("echo", std::to_string(i), thread));
      settle();
    }
  }
};

TEST_CASE_METHOD(CopiesTest, "a copy has all turns of its original, under runs of its own") {
  start_node();
  take_turns(10);
  const auto original = view();
  const auto original_history = history("t1");
  journal.read_records_max = 4;
  const auto copied = copy("t1", "t2");
  REQUIRE(copied);
  for (const bool restarted : {false, true}) {
    if (restarted) start_node();
    const auto thread = view("t2");
    REQUIRE(thread);
    CHECK_FALSE(thread->busy);
    CHECK(thread->agent == "echo");
    CHECK(thread->incarnation != original->incarnation);
    REQUIRE(thread->messages.size() == 20);
    for (std::size_t i = 0; i < 20; ++i)
      CHECK(*thread->messages[i] == *original->messages[i]);
    REQUIRE(thread->runs.size() == 10);
    CHECK(thread->runs[3].run == copied_run(key("t2"), original->runs[3].run));
    CHECK(thread->runs[3].accepted->run == thread->runs[3].run);
    const auto all = history("t2");
    REQUIRE(all.size() == original_history.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      CHECK(all[i].id != original_history[i].id);
      CHECK(all[i].step == original_history[i].step);
      CHECK(all[i].messages.size() == original_history[i].messages.size());
    }
    const auto sink = std::make_shared<tests::RecordingSink>();
    conversations->join(key("t2"), thread->runs[3].run, sink);
    settle();
    REQUIRE(sink->ended() != nullptr);
    CHECK(sink->all.front()->seq == original->runs[3].accepted_seq);
  }
  const auto next = start_turn(request("echo", "more", "t2"));
  settle();
  CHECK(next->start->turn == 11);
  CHECK(view("t2")->messages.size() == 22);
  CHECK(view()->messages.size() == 20);
}

TEST_CASE_METHOD(CopiesTest, "nothing of a copy is seen before all of it is on disk") {
  start_node();
  take_turns(6);
  journal.read_records_max = 4;
  int kills = 0;
  for (int answers = 0;; ++answers) {
    const auto name = "copy-" + std::to_string(answers);
    auto answer = begin_copy("t1", name);
    int answered = 0;
    for (; answered < answers && journal.answer_next(); ++answered)
      run_messages();
    if (*answer) {
      CHECK(**answer);
      break;
    }
    journal.forget_unanswered();
    start_node();
    ++kills;
    INFO(name);
    REQUIRE(*answer);
    CHECK_FALSE(**answer);
    CHECK(view(name) == nullptr);
    // The name is free.
    const auto again = copy("t1", name);
    REQUIRE(again);
    CHECK((*again)->messages.size() == 12);
  }
  CHECK(kills > 8);
}

TEST_CASE_METHOD(CopiesTest, "a turn that runs or waits is not copied") {
  start_node();
  take_turns(1);
  start_turn(request("chat", "runs"));
  start_turn(request("echo", "waits"));
  settle();
  provider->calls.at(0)->say("so far");
  settle();
  const auto copied = copy("t1", "t2");
  REQUIRE(copied);
  CHECK((*copied)->messages.size() == 2);
  CHECK((*copied)->runs.size() == 1);
  CHECK_FALSE((*copied)->busy);

  provider->calls.at(0)->end(tests::answer_of("done"));
  settle();
  REQUIRE(copy("t1", "t3"));
  CHECK(view("t3")->messages.size() == 6);
  CHECK(view("t2")->messages.size() == 2);
}

TEST_CASE_METHOD(CopiesTest, "what lies between the turns that are copied is left out") {
  start_node();
  auto first = request("chat", "taken back");
  const auto run = first.run;
  start_turn(std::move(first));
  start_turn(request("echo", "stays"));
  settle();
  conversations->cancel(key("t1"), run, CancelReason::rollback, [](auto) {});
  settle();
  REQUIRE(copy("t1", "t2"));
  start_node();
  const auto thread = view("t2");
  REQUIRE(thread);
  CHECK(thread->runs.size() == 1);
  CHECK(thread->messages.size() == 2);
  CHECK(journal.thread(key("t2")).records.size() == 3);
  start_turn(request("echo", "more", "t2"));
  settle();
  CHECK(view("t2")->messages.size() == 4);
}

TEST_CASE_METHOD(CopiesTest, "an empty thread has an empty copy, an unknown one has none") {
  start_node();
  conversations->create_thread({key("t1"), Json{{"customer", 7}}, {}, false, {}}, [](auto) {});
  settle();
  const auto copied = copy("t1", "t2");
  REQUIRE(copied);
  CHECK((*copied)->metadata == Json{{"customer", 7}});
  CHECK((*copied)->messages.empty());
  const auto unknown = copy("nobody", "t3");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::thread_not_found);
  CHECK(view("t3") == nullptr);
  const auto taken = copy("t1", "t2");
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::thread_exists);
}

TEST_CASE_METHOD(CopiesTest, "a copy that is asked for again is shown as it was made") {
  start_node();
  take_turns(3);
  const auto first = begin_copy("t1", "t2", "digest");
  const auto second = begin_copy("t1", "t2", "digest");
  settle();
  REQUIRE(*first);
  REQUIRE(*second);
  REQUIRE(**first);
  REQUIRE(**second);
  take_turns(2, "t2");
  conversations->delete_thread(key("t1"), [](auto) {});
  settle();
  start_node();
  const auto third = copy("t1", "t2", "digest");
  REQUIRE(third);
  for (const auto& answer : {**second, third}) {
    CHECK((*answer)->created_ms == (***first)->created_ms);
    CHECK((*answer)->updated_ms == (***first)->updated_ms);
    CHECK((*answer)->messages.size() == 6);
    CHECK((*answer)->runs.size() == 3);
    CHECK((*answer)->agent == "echo");
  }
  CHECK(view("t2")->messages.size() == 10);
  CHECK_FALSE(copy("t1", "t2", "another"));
}

TEST_CASE_METHOD(CopiesTest, "a copy of what is deleted meanwhile fails, and leaves nothing") {
  start_node();
  take_turns(6);
  journal.read_records_max = 4;
  const auto answer = begin_copy("t1", "t2");
  for (int i = 0; i < 4; ++i) {
    REQUIRE(journal.answer_next());
    run_messages();
  }
  conversations->delete_thread(key("t1"), [](auto) {});
  settle();
  REQUIRE(*answer);
  REQUIRE_FALSE(**answer);
  CHECK((**answer).error().code == ErrorCode::thread_not_found);
  CHECK(view("t2") == nullptr);
  CHECK(journal.thread(key("t2")).records.empty());
  start_turn(request("echo", "new", "t2"));
  settle();
  CHECK(view("t2")->messages.size() == 2);
}

}  // namespace
}  // namespace parlance::actors
