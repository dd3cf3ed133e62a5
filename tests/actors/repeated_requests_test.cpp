// What becomes of requests that are sent again under the same Idempotency-Key.
#include "tests/actors/conversation_test.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

using namespace std::chrono_literals;

const ThreadKey thread_1{TenantId{"acme"}, ThreadId{"t1"}};

struct RepeatedRequestsTest : ConversationTest {
  // As the front makes them: the run is named after the key, the digest is the body's.
  TurnRequest keyed(const std::string& agent, const std::string& text) {
    auto turn = request(agent, text);
    turn.run = RunId{"run-of-the-key"};
    turn.request_digest = "digest of " + text;
    return turn;
  }

  std::shared_ptr<tests::RecordingSink> ask(TurnRequest turn) {
    auto sink = start_turn(std::move(turn));
    settle();
    return sink;
  }

  void answer(const std::string& text) {
    provider->calls.back()->end(tests::answer_of(text));
    settle();
  }

  static std::vector<std::uint64_t> seqs(const tests::RecordingSink& sink) {
    std::vector<std::uint64_t> shown;
    for (const auto& record : sink.all)
      shown.push_back(record->seq);
    return shown;
  }
};

TEST_CASE_METHOD(RepeatedRequestsTest, "a turn that is asked for again is shown, not made again") {
  start_node();
  const auto first = ask(keyed("chat", "one"));
  provider->calls.back()->say("fir");
  settle();
  const auto second = ask(keyed("chat", "one"));
  answer("first");
  const auto third = ask(keyed("chat", "one"));

  CHECK(provider->calls.size() == 1);
  CHECK(view()->runs.size() == 1);
  for (const auto& repeated : {second, third}) {
    REQUIRE(repeated->start);
    CHECK(repeated->start->repeated);
    CHECK(repeated->start->accepted->accepted_ms == first->start->accepted->accepted_ms);
    CHECK(repeated->closings == 1);
    CHECK_FALSE(repeated->error);
    CHECK(seqs(*repeated) == seqs(*first));
    CHECK(repeated->text() == first->text());
  }
  CHECK_FALSE(first->start->repeated);
  CHECK(metric("parlance_turns_repeated_total") == 2);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a hundred who ask at once get one turn") {
  options.thread.turns_waiting_max = 0;
  start_node();
  std::vector<std::shared_ptr<tests::RecordingSink>> sinks;
  for (int i = 0; i < 100; ++i) {
    sinks.push_back(std::make_shared<tests::RecordingSink>());
    conversations->start_turn(keyed("chat", "one"), sinks.back());
  }
  settle();
  REQUIRE(provider->calls.size() == 1);
  answer("first");
  for (const auto& sink : sinks) {
    CHECK_FALSE(sink->error);
    CHECK(sink->closings == 1);
    CHECK(seqs(*sink) == seqs(*sinks.front()));
  }
  CHECK(view()->messages.size() == 2);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "another request under the same key is refused") {
  start_node();
  ask(keyed("chat", "one"));
  for (const bool ended : {false, true}) {
    if (ended) answer("first");
    const auto other = ask(keyed("chat", "two"));
    CHECK_FALSE(other->start);
    REQUIRE(other->error);
    CHECK(other->error->code == ErrorCode::idempotency_key_reused);
  }
  CHECK(provider->calls.size() == 1);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a turn is known again by a new process") {
  start_node();
  const auto first = ask(keyed("chat", "one"));
  SECTION("that goes on with it") {
    journal.forget_unanswered();
    provider->calls.clear();
    start_node();
    const auto again = ask(keyed("chat", "one"));
    REQUIRE(provider->calls.size() == 1);
    answer("first");
    CHECK(again->start->repeated);
    CHECK(again->ended() != nullptr);
    CHECK(view()->messages.size() == 2);
  }
  SECTION("that finds it ended") {
    answer("first");
    start_node();
    const auto again = ask(keyed("chat", "one"));
    CHECK(seqs(*again) == seqs(*first));
    CHECK(again->start->repeated);
    CHECK(provider->calls.size() == 1);
  }
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a refusal leaves the key free") {
  options.thread.turns_waiting_max = 0;
  start_node();
  ask(request("chat", "in the way"));
  const auto refused = ask(keyed("chat", "one"));
  REQUIRE(refused->error);
  CHECK(refused->error->code == ErrorCode::mailbox_full);
  answer("out of the way");
  const auto taken = ask(keyed("chat", "one"));
  CHECK_FALSE(taken->start->repeated);
  CHECK(provider->calls.size() == 2);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "who repeats a turn that is refused is refused with it") {
  lane.calls_at_once_max = 1;
  lane.calls_waiting_max = 0;
  start_node();
  ask(request("chat", "in the way", "t2"));
  std::vector<std::shared_ptr<tests::RecordingSink>> sinks;
  for (int i = 0; i < 3; ++i) {
    sinks.push_back(std::make_shared<tests::RecordingSink>());
    conversations->start_turn(keyed("chat", "one"), sinks.back());
  }
  settle();
  for (const auto& sink : sinks) {
    REQUIRE(sink->error);
    CHECK(sink->error->code == ErrorCode::model_queue_full);
  }
  CHECK(view() == nullptr);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a failed turn fails again, and is not made again") {
  start_node();
  ask(keyed("chat", "one"));
  provider->calls.back()->end(Error{ErrorCode::provider_failed, "cut", {}, {}});
  settle();
  const auto again = ask(keyed("chat", "one"));
  REQUIRE(again->ended() != nullptr);
  CHECK(again->ended()->error == ErrorCode::provider_failed);
  CHECK(provider->calls.size() == 1);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a stateless turn with a key outlives its end for a while") {
  options.thread.idempotency_ttl = 1h;
  start_node();
  auto turn = keyed("echo", "one");
  turn.temporary = true;
  const auto first = ask(turn);
  REQUIRE(first->ended() != nullptr);
  const auto& head = journal.thread(thread_1).head;
  REQUIRE(head);
  CHECK(head->ttl_ms == std::chrono::milliseconds(1h).count());  // from its end on
  const auto again = ask(turn);
  CHECK(again->start->repeated);
  CHECK(seqs(*again) == seqs(*first));

  clock.advance(1h);
  const auto later = ask(turn);
  CHECK_FALSE(later->start->repeated);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a stateless turn with a key is kept as long as it runs") {
  options.thread.idempotency_ttl = 1min;
  options.thread.thread_ttl = 24h;
  start_node();
  auto turn = keyed("chat", "one");
  turn.temporary = true;
  turn.deadline = Deadline::at(clock.now() + 1h);
  ask(turn);
  REQUIRE(journal.thread(thread_1).head);
  CHECK(journal.thread(thread_1).head->ttl_ms == std::chrono::milliseconds(24h).count());
  answer("first");
  CHECK(journal.thread(thread_1).head->ttl_ms == std::chrono::milliseconds(1min).count());
}

TEST_CASE_METHOD(
    RepeatedRequestsTest,
    "who is read a turn of a thread that is deleted meanwhile is told that it is gone") {
  start_node();
  ask(request("echo", "before"));
  ask(keyed("echo", "one"));
  const auto again = std::make_shared<tests::RecordingSink>();
  conversations->start_turn(keyed("echo", "one"), again);
  bool deleted = false;
  conversations->delete_thread(thread_1, [&](Result<void> done) { deleted = bool(done); });
  settle();
  CHECK(deleted);
  CHECK_FALSE(again->start);
  REQUIRE(again->error);
  CHECK(again->error->code == ErrorCode::thread_not_found);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a turn is read back whole, in as many reads as it takes") {
  journal.read_records_max = 2;
  start_node();
  const auto first = ask(keyed("chat", "one"));
  for (int i = 0; i < 4; ++i)
    ask(request("echo", "behind it"));
  answer("first");
  const auto again = ask(keyed("chat", "one"));
  CHECK_FALSE(again->error);
  CHECK(seqs(*again) == seqs(*first));
  CHECK(journal.reads > 2);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a stateless turn without a key leaves nothing") {
  start_node();
  auto turn = request("echo", "one");
  turn.temporary = true;
  ask(turn);
  CHECK_FALSE(journal.thread(thread_1).head);
}

TEST_CASE_METHOD(RepeatedRequestsTest, "a thread that is made again is shown as it was made") {
  start_node();
  const CreateThread create{thread_1, Json{{"k", "v"}}, {}, false, "digest"};
  std::vector<Result<std::shared_ptr<const ThreadView>>> answers;
  const auto keep = [&](auto answer) { answers.push_back(std::move(answer)); };
  conversations->create_thread(create, keep);
  settle();
  clock.advance(1s);
  ask(request("echo", "one"));
  for (const bool restarted : {false, true}) {
    if (restarted) start_node();
    conversations->create_thread(create, keep);
    settle();
  }
  REQUIRE(answers.size() == 3);
  for (const auto& answer : answers) {
    REQUIRE(answer);
    CHECK((*answer)->messages.empty());
    CHECK((*answer)->runs.empty());
    CHECK((*answer)->metadata == Json{{"k", "v"}});
    CHECK((*answer)->created_ms == (*answers.front())->created_ms);
    CHECK((*answer)->updated_ms == (*answers.front())->updated_ms);
  }

  auto other = create;
  other.request_digest = "another";
  conversations->create_thread(other, keep);
  settle();
  REQUIRE_FALSE(answers.back());
  CHECK(answers.back().error().code == ErrorCode::thread_exists);
}

}  // namespace
}  // namespace parlance::actors
