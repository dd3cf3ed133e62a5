#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

namespace parlance::actors {
namespace {

struct HistoryTest : ConversationTest {
  Result<std::vector<CheckpointView>> ask(HistoryQuery query, const std::string& thread = "t1") {
    std::optional<Result<std::vector<CheckpointView>>> answer;
    conversations->history(key(thread), std::move(query), [&](auto got) { answer.emplace(got); });
    settle();
    REQUIRE(answer);
    return *answer;
  }

  std::vector<CheckpointView> history(HistoryQuery query = {}, const std::string& thread = "t1") {
    auto answer = ask(std::move(query), thread);
    REQUIRE(answer);
    return *answer;
  }

  ErrorCode refusal(HistoryQuery query, const std::string& thread = "t1") {
    const auto answer = ask(std::move(query), thread);
    REQUIRE_FALSE(answer);
    return answer.error().code;
  }

  // All of it, by pages of this size.
  std::vector<CheckpointView> paged(std::size_t checkpoints_max) {
    std::vector<CheckpointView> all;
    for (HistoryQuery query = newest(checkpoints_max);; query.before = all.back().id) {
      const auto page = history(query);
      if (page.empty()) return all;
      all.insert(all.end(), page.begin(), page.end());
    }
  }

  static HistoryQuery newest(std::size_t checkpoints_max) {
    HistoryQuery query;
    query.checkpoints_max = checkpoints_max;
    return query;
  }
  static HistoryQuery before(const std::string& id) {
    HistoryQuery query;
    query.before = id;
    return query;
  }
  static HistoryQuery at(const std::string& id) {
    HistoryQuery query;
    query.at = id;
    return query;
  }

  static ThreadKey key(const std::string& thread) { return {TenantId{"acme"}, ThreadId{thread}}; }

  static std::vector<std::string> texts(const CheckpointView& checkpoint) {
    std::vector<std::string> all;
    for (const auto& message : checkpoint.messages)
      all.push_back(message->text);
    return all;
  }

  static std::vector<std::string> ids(const std::vector<CheckpointView>& checkpoints) {
    std::vector<std::string> all;
    for (const auto& checkpoint : checkpoints)
      all.push_back(checkpoint.id);
    return all;
  }
};

using Texts = std::vector<std::string>;

TEST_CASE_METHOD(HistoryTest, "a turn's checkpoints: what it found, its input, each step") {
  start_node();
  CHECK(refusal({}) == ErrorCode::thread_not_found);
  start_turn(request("echo", "one"));
  start_turn(request("echo", "two"));
  settle();
  const auto all = history();
  REQUIRE(all.size() == 6);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].step == 4 - static_cast<std::int64_t>(i));
    CHECK(all[i].parent_id == (i + 1 < all.size() ? all[i + 1].id : ""));
  }
  CHECK(texts(all[5]).empty());
  CHECK(all[5].source == CheckpointSource::input);
  CHECK(texts(all[4]) == Texts{"one"});
  CHECK(all[4].source == CheckpointSource::loop);
  CHECK(all[4].next == "echo");
  REQUIRE(all[4].next_done);
  CHECK(all[4].next_done->messages[0]->text == "echo: one");
  CHECK(texts(all[3]) == Texts{"one", "echo: one"});
  CHECK(all[3].next.empty());
  CHECK(all[3].created_ms == clock.unix_ms());
  CHECK(texts(all[2]) == Texts{"one", "echo: one"});
  CHECK(texts(all[0]) == Texts{"one", "echo: one", "two", "echo: two"});
  const auto names = ids(all);
  CHECK(std::is_sorted(names.rbegin(), names.rend()));
}

TEST_CASE_METHOD(HistoryTest, "pages of a history show each checkpoint once, and read their own") {
  start_node();
  for (int i = 0; i < 40; ++i) {
    start_turn(request("echo", std::to_string(i)));
    settle();
  }
  const auto all = history(newest(1'000));
  REQUIRE(all.size() == 120);
  const auto names = ids(all);
  CHECK(std::set(names.begin(), names.end()).size() == 120);
  for (const std::size_t page : {1U, 7U, 50U})
    CHECK(ids(paged(page)) == names);
  const auto alone = history(at(names[60]));
  REQUIRE(alone.size() == 1);
  CHECK(texts(alone[0]) == texts(all[60]));

  start_node();
  view();
  journal.reads = 0;
  const auto page = history(before(names[60]));
  CHECK(journal.reads == 1);
  REQUIRE(page.size() == 10);
  for (std::size_t i = 0; i < page.size(); ++i) {
    CHECK(page[i].id == names[61 + i]);
    CHECK(texts(page[i]) == texts(all[61 + i]));
  }
}

TEST_CASE_METHOD(HistoryTest, "what a page needs is read in ranges, however short they come") {
  start_node();
  for (int i = 0; i < 5; ++i) {
    start_turn(request("echo", std::to_string(i)));
    settle();
  }
  const auto names = ids(history());
  journal.read_records_max = 1;
  CHECK(ids(history()) == names);
}

TEST_CASE_METHOD(HistoryTest,
                 "a running turn's steps are in the history, and stay what they were") {
  start_node();
  start_turn(request("told", "hello"));
  settle();
  auto all = history();
  REQUIRE(all.size() == 2);
  CHECK(all[0].next == "generate");
  CHECK_FALSE(all[0].next_done);
  const auto names = ids(all);

  REQUIRE(provider->calls.size() == 1);
  provider->calls[0]->end(tests::answer_of("Good day"));
  settle();
  all = history();
  REQUIRE(all.size() == 4);
  CHECK(ids({all[2], all[3]}) == names);
  CHECK(all[2].next_done);
  CHECK(all[1].next == "respond");
  CHECK(all[1].fields.contains("draft"));
  CHECK(all[0].next.empty());
  CHECK(texts(all[0]) == Texts{"hello", "Good day"});
}

TEST_CASE_METHOD(HistoryTest, "a turn that failed stands at the node that it failed in") {
  start_node();
  const auto sink = start_turn(request("chat", "hello"));
  settle();
  REQUIRE(provider->calls.size() == 1);
  provider->calls[0]->end(Error{ErrorCode::request_rejected, "no", {}, {}});
  settle();
  REQUIRE(sink->is_closed());
  start_turn(request("echo", "again"));
  settle();
  const auto all = history();
  REQUIRE(all.size() == 5);
  CHECK(all[3].next == "generate");
  REQUIRE(all[3].next_ended);
  CHECK(all[3].next_ended->error == ErrorCode::request_rejected);
  CHECK_FALSE(all[1].next_ended);
  CHECK(texts(all[0]) == Texts{"hello", "again", "echo: again"});
}

TEST_CASE_METHOD(HistoryTest, "turns that were rolled back, or never began, are in no history") {
  start_node();
  start_turn(request("echo", "before"));
  settle();
  const auto names = ids(history());
  auto first = request("chat", "taken back");
  const auto first_run = first.run;
  start_turn(std::move(first));
  auto second = request("echo", "cancelled while it waits");
  const auto second_run = second.run;
  start_turn(std::move(second));
  start_turn(request("echo", "after"));
  settle();
  const auto running = history();
  REQUIRE(running.size() == 5);

  conversations->cancel(key("t1"), second_run, CancelReason::asked, [](auto) {});
  conversations->cancel(key("t1"), first_run, CancelReason::rollback, [](auto) {});
  settle();
  const auto all = history();
  REQUIRE(all.size() == 6);
  CHECK(ids({all[3], all[4], all[5]}) == names);
  CHECK(texts(all[0]) == Texts{"before", "echo: before", "after", "echo: after"});
  CHECK(all[2].step == 2);
  CHECK(refusal(at(running[0].id)) == ErrorCode::checkpoint_not_found);
  CHECK(refusal(before(running[0].id)) == ErrorCode::checkpoint_not_found);
  start_node();
  CHECK(ids(history()) == ids(all));
}

TEST_CASE_METHOD(HistoryTest, "a turn that waited comes behind the one that it waited for") {
  start_node();
  start_turn(request("chat", "slow"));
  start_turn(request("echo", "waits"));
  settle();
  provider->calls.at(0)->end(tests::answer_of("done"));
  settle();
  const auto all = history();
  REQUIRE(all.size() == 6);
  const auto names = ids(all);
  CHECK(std::is_sorted(names.rbegin(), names.rend()));
  CHECK(texts(all[2]) == Texts{"slow", "done"});
  for (const auto& id : names)
    CHECK(history(at(id)).at(0).id == id);
}

TEST_CASE_METHOD(HistoryTest, "a message that was replaced is in older checkpoints what it was") {
  start_node();
  auto first = request("echo", "first wording");
  first.input = {
      std::make_shared<const Message>(Message{"m-1", Role::human, "first wording", nullptr, {}})};
  start_turn(std::move(first));
  auto second = request("echo", "");
  second.input = {
      std::make_shared<const Message>(Message{"m-1", Role::human, "second wording", nullptr, {}})};
  start_turn(std::move(second));
  settle();
  for (const bool restarted : {false, true}) {
    if (restarted) start_node();
    const auto all = history();
    REQUIRE(all.size() == 6);
    CHECK(texts(all[0])[0] == "second wording");
    for (const std::size_t old : {2U, 3U, 4U})
      CHECK(texts(all[old])[0] == "first wording");
  }
}

TEST_CASE_METHOD(HistoryTest, "ids of other threads, and made-up ones, are no checkpoints") {
  start_node();
  start_turn(request("echo", "one"));
  start_turn(request("echo", "one", "t2"));
  settle();
  const auto own = history();
  const auto foreign = history({}, "t2");
  for (const auto& id : {foreign[0].id, foreign[2].id, random_uuid(), std::string("zz")}) {
    CHECK(refusal(at(id)) == ErrorCode::checkpoint_not_found);
    CHECK(refusal(before(id)) == ErrorCode::checkpoint_not_found);
  }
  // Places that hold other records, or none.
  const CheckpointIds ids(key("t1"), view()->incarnation);
  using Kind = CheckpointPlace::Kind;
  CHECK(ids.id_of({1, Kind::input}) == own[2].id);
  for (const CheckpointPlace place :
       {CheckpointPlace{1, Kind::step}, {2, Kind::start}, {3, Kind::input}, {9, Kind::step}})
    CHECK(refusal(at(ids.id_of(place))) == ErrorCode::checkpoint_not_found);
}

TEST_CASE_METHOD(HistoryTest, "a thread that is deleted while its history is read has none") {
  start_node();
  start_turn(request("echo", "one"));
  settle();
  std::optional<ErrorCode> code;
  conversations->history(key("t1"), {}, [&](auto answer) {
    if (!answer) code = answer.error().code;
  });
  conversations->delete_thread(key("t1"), [](auto) {});
  settle();
  CHECK(code == ErrorCode::thread_not_found);
}

}  // namespace
}  // namespace parlance::actors
