#include "actors/webhook_sender.hpp"

#include "tests/support/actor_test.hpp"
#include "tests/support/fake_webhook_client.hpp"
#include "tests/support/memory_outbox.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace parlance::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct SenderTest : tests::ActorTest {
  SenderTest() {
    options.retry_wait_min = milliseconds(100);
    options.retry_wait_max = milliseconds(400);
    options.retry_time_max = seconds(10);
  }
  ~SenderTest() {
    end_actors();
    slot->clear();
    outbox.forget_unanswered();
    client.posts.clear();
    run_messages();
  }

  void start() {
    slot->set({ends_with_test(system.spawn<WebhookSender>(
                   options, WebhookSenderTools{outbox, client, metrics, clock, waiting, slot})),
               ++generation});
    settle(milliseconds(60));
  }

  void kill() {
    caf::anon_send_exit(slot->part().actor, caf::exit_reason::kill);
    slot->clear();
    run_messages();
  }

  // Lets time pass and the outbox answer.
  void settle(milliseconds time = milliseconds(0)) {
    run_messages();
    for (auto left = time; left.count() > 0; left -= milliseconds(5)) {
      advance_time(milliseconds(5));
      answer_outbox();
    }
    answer_outbox();
  }
  void answer_outbox() {
    do {
      run_messages();
    } while (outbox.answer_next());
    run_messages();
  }

  Delivery row(const std::string& run, const std::string& host = "a.example") {
    Delivery delivery;
    delivery.key = {{TenantId{"acme"}, ThreadId{"t1"}}, 7, RunId{run}};
    delivery.url = "https://" + host + "/hook?key=secret";
    delivery.created_ms = delivery.next_ms = clock.unix_ms();
    delivery.body = "{\"run_id\":\"" + run + "\"}";
    return delivery;
  }

  // As a thread does it.
  void waits(Delivery delivery) {
    outbox.rows[delivery.key] = delivery;
    delivery.body.clear();
    caf::anon_send(slot->part().actor,
                   DeliveryWaits{std::make_shared<WaitingDelivery>(
                       WaitingDelivery{std::move(delivery), waiting.enter(TenantId{"acme"})})});
    settle();
  }

  double metric(const std::string& line) {
    const std::string text = registry.text();
    const auto at = text.find("\n" + line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }

  WebhookSenderOptions options;
  Registry registry;
  WebhookMetrics metrics{registry};
  tests::MemoryOutbox outbox;
  tests::FakeWebhookClient client;
  TenantGate waiting{100, 100};
  std::shared_ptr<PartSlot> slot = std::make_shared<PartSlot>();
  std::uint64_t generation = 0;
};

const char* const delivered = "parlance_webhook_attempts_total{outcome=\"delivered\"}";
const char* const failed = "parlance_webhook_attempts_total{outcome=\"failed\"}";

TEST_CASE("a webhook is posted at once, and is over when its receiver has it") {
  SenderTest test;
  test.start();
  test.waits(test.row("r1"));
  REQUIRE(test.client.posts.size() == 1);
  CHECK(test.client.posts[0]->delivery.body == R"({"run_id":"r1"})");
  CHECK(test.metric("parlance_webhooks_waiting") == 1);
  test.client.answer(0, 204);
  test.settle();
  CHECK(test.outbox.rows.empty());
  CHECK(test.waiting.inside() == 0);
  CHECK(test.metric(delivered) == 1);
  CHECK(test.metric("parlance_webhooks_waiting") == 0);
  test.settle(seconds(1));
  CHECK(test.client.posts.size() == 1);
}

TEST_CASE("a sender that starts finds what waits, page by page, and counts it") {
  SenderTest test;
  test.options.at_once_max = 600;
  test.options.per_receiver_max = 600;
  for (int i = 0; i < 600; ++i) {
    const auto row = test.row("r" + std::to_string(i));
    test.outbox.rows[row.key] = row;
  }
  test.start();
  CHECK(test.client.posts.size() == 600);
  CHECK(test.waiting.inside() == 600);
}

TEST_CASE("until a sender has listed what waits, nobody gets a place beside it") {
  SenderTest test;
  const TenantId other{"other"};
  const auto row = test.row("r1");
  test.outbox.rows[row.key] = row;
  test.waiting.count_anew();
  test.outbox.refuses = true;
  test.start();
  CHECK_FALSE(test.waiting.try_enter(other));
  test.outbox.refuses = false;
  test.settle(milliseconds(100));
  CHECK(test.waiting.inside() == 1);
  CHECK(test.waiting.try_enter(other));
  test.kill();
  CHECK_FALSE(test.waiting.try_enter(other));
  test.start();
  CHECK(test.waiting.inside() == 1);
  CHECK(test.waiting.try_enter(other));
}

TEST_CASE("a sender that cannot list the outbox tries again") {
  SenderTest test;
  const auto row = test.row("r1");
  test.outbox.rows[row.key] = row;
  test.outbox.refuses = true;
  test.start();
  CHECK(test.client.posts.empty());
  test.outbox.refuses = false;
  test.settle(milliseconds(100));
  CHECK(test.client.posts.size() == 1);
}

TEST_CASE("a webhook that is over is not posted again when the list of what waits still has it") {
  SenderTest test;
  test.outbox.refuses = true;
  test.outbox.removes_late = true;
  test.start();
  test.outbox.refuses = false;
  test.waits(test.row("r1"));
  test.client.answer(0, 204);
  test.settle(milliseconds(100));
  CHECK(test.client.posts.size() == 1);
  CHECK(test.waiting.inside() == 0);
  test.outbox.finish_removing();
  test.settle(milliseconds(100));
  CHECK(test.client.posts.size() == 1);
}

TEST_CASE("a webhook that failed is posted again, the same, after a wait that is on disk") {
  SenderTest test;
  test.start();
  const auto row = test.row("r1");
  test.waits(row);
  for (const unsigned status : {500U, 404U, 301U, 0U}) {
    INFO(status);
    const std::size_t posts = test.client.posts.size();
    test.client.answer(posts - 1, status);
    test.settle();
    const Delivery& kept = test.outbox.rows.at(row.key);
    CHECK(kept.attempts == posts);
    CHECK(kept.next_ms <= test.clock.unix_ms() + 400);
    test.settle(milliseconds(500));
    REQUIRE(test.client.posts.size() == posts + 1);
    CHECK(test.client.posts.back()->delivery.body == row.body);
  }
  CHECK(test.metric(failed) == 4);
}

TEST_CASE("Retry-After is obeyed, up to the end of the time for retries") {
  SenderTest test;
  test.start();
  test.waits(test.row("r1"));
  test.client.answer(0, {503, seconds(3), {}});
  test.settle(milliseconds(2'900));
  CHECK(test.client.posts.size() == 1);
  test.settle(milliseconds(200));
  REQUIRE(test.client.posts.size() == 2);
  test.client.answer(1, {429, std::chrono::hours(1), {}});
  test.settle(seconds(6));
  CHECK(test.client.posts.size() == 2);
  test.settle(seconds(1));
  CHECK(test.client.posts.size() == 3);
}

TEST_CASE("a receiver that answers 410 gets no more of it") {
  SenderTest test;
  test.start();
  test.waits(test.row("r1"));
  test.client.answer(0, 410);
  test.settle(seconds(1));
  CHECK(test.client.posts.size() == 1);
  CHECK(test.outbox.rows.empty());
  CHECK(test.waiting.inside() == 0);
  CHECK(test.metric("parlance_webhooks_given_up_total{reason=\"gone\"}") == 1);
}

TEST_CASE("a webhook is given up after a last attempt at the end of its time") {
  SenderTest test;
  test.start();
  const auto row = test.row("r1");
  test.waits(row);
  while (!test.outbox.rows.empty()) {
    if (test.client.posts.back()->answered) test.client.answer(test.client.posts.size() - 1, 500);
    test.settle(milliseconds(20));
    REQUIRE(test.clock.unix_ms() < row.created_ms + 11'000);
  }
  CHECK(test.clock.unix_ms() >= row.created_ms + 10'000);
  CHECK(test.metric("parlance_webhooks_given_up_total{reason=\"out_of_time\"}") == 1);
  CHECK(test.waiting.inside() == 0);
}

TEST_CASE("a receiver that hangs does not hold the others up") {
  SenderTest test;
  test.options.at_once_max = 3;
  test.options.per_receiver_max = 2;
  test.start();
  for (int i = 0; i < 10; ++i)
    test.waits(test.row("slow" + std::to_string(i), "slow.example"));
  CHECK(test.client.posts.size() == 2);
  for (std::size_t i = 0; i < 5; ++i) {
    test.waits(test.row("fast" + std::to_string(i), "fast.example"));
    REQUIRE(test.client.posts.size() == 3 + i);
    test.client.answer(2 + i, 200);
    test.settle();
  }
  CHECK(test.metric(delivered) == 5);
}

TEST_CASE("receivers take turns") {
  SenderTest test;
  test.options.at_once_max = 1;
  test.start();
  for (const char* const run : {"a1", "a2", "a3"})
    test.waits(test.row(run, "a.example"));
  test.waits(test.row("b1", "b.example"));
  test.client.answer(0, 200);
  test.settle();
  REQUIRE(test.client.posts.size() == 2);
  CHECK(test.client.posts[1]->delivery.key.run.value == "b1");
}

TEST_CASE("what went with its thread is not posted, nor put back") {
  SenderTest test;
  test.start();
  const auto row = test.row("r1");
  test.waits(row);
  test.outbox.rows.clear();
  test.client.answer(0, 500);
  test.settle(milliseconds(500));
  CHECK(test.client.posts.size() == 1);
  CHECK(test.outbox.rows.empty());
  CHECK(test.waiting.inside() == 0);
}

TEST_CASE("a run that was made again has a delivery of its own, whatever the old one does") {
  SenderTest test;
  test.start();
  test.waits(test.row("r1"));
  auto second = test.row("r1", "b.example");
  second.key.incarnation = 8;
  second.body = "again";
  test.waits(second);
  REQUIRE(test.client.posts.size() == 2);
  CHECK(test.client.posts[1]->delivery.body == "again");
  test.client.answer(0, 200);
  test.settle();
  REQUIRE(test.outbox.rows.size() == 1);
  CHECK(test.outbox.rows.begin()->second == second);
  test.client.answer(1, 500);
  test.settle(milliseconds(500));
  REQUIRE(test.client.posts.size() == 3);
  CHECK(test.client.posts[2]->delivery.body == "again");
}

TEST_CASE("a sender that died left its attempts cancelled and its rows to the next one") {
  SenderTest test;
  test.start();
  test.waits(test.row("r1"));
  test.kill();
  CHECK(test.client.posts[0]->cancelled);
  CHECK(test.waiting.inside() == 0);
  test.start();
  REQUIRE(test.client.posts.size() == 2);
  test.client.answer(0, 200);  // the first one's answer: nobody's
  test.settle();
  CHECK(test.outbox.rows.size() == 1);
  test.client.answer(1, 200);
  test.settle();
  CHECK(test.outbox.rows.empty());
}

TEST_CASE("a sender that drains sends nothing more and keeps its rows") {
  SenderTest test;
  test.start();
  test.waits(test.row("r1"));
  caf::anon_send(test.slot->part().actor, Drain{Deadline::at(test.clock.now())});
  test.waits(test.row("r2"));
  CHECK(test.client.posts.size() == 1);
  test.client.answer(0, 500);
  test.settle(seconds(1));
  CHECK(test.client.posts.size() == 1);
  CHECK(test.outbox.rows.size() == 2);
}

}  // namespace
}  // namespace parlance::actors
