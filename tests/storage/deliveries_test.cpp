#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "tests/storage/journal_fixture.hpp"

#include <catch2/catch.hpp>

namespace parlance::storage::testing {
namespace {

struct DeliveriesFixture : JournalFixture {
  static Delivery delivery(const std::string& name, const std::string& run) {
    Delivery made;
    made.key = {thread(name), RunId{run}};
    made.url = "https://hooks.example.com/x";
    made.created_ms = 5;
    made.attempts = 2;
    made.next_ms = 7;
    made.body = "{\"run_id\":\"" + run + "\"}";
    return made;
  }

  static Head head_of(std::uint64_t incarnation = 7) {
    Head head;
    head.incarnation = incarnation;
    return head;
  }

  // The end of a turn on a thread that is opened for it; gives its epoch.
  std::uint64_t end_turn(const std::string& name, const std::string& run) {
    const auto owner = opened(thread(name));
    auto call =
        make(thread(name), owner.epoch, owner.seq, {accepted(1)}, owner.head.value_or(head_of()));
    call.deliveries = {delivery(name, run)};
    CHECK(ask<AppendOutcome>([&](auto done) { journal->append(std::move(call), done); }) ==
          AppendOutcome::committed);
    return owner.epoch;
  }

  std::vector<Delivery> listed(std::optional<DeliveryKey> after = {}, std::size_t max = 100) {
    auto answer = ask<Result<std::vector<Delivery>>>(
        [&](auto done) { journal->deliveries(after, max, done); });
    REQUIRE(answer);
    return *answer;
  }

  std::optional<Delivery> found(const std::string& name, const std::string& run) {
    auto answer = ask<Result<std::optional<Delivery>>>([&](auto done) {
      journal->delivery({thread(name), RunId{run}}, done);
    });
    REQUIRE(answer);
    return *answer;
  }

  // What was submitted before is written when this returns.
  void written() { end_turn("barrier", "b"); }
};

TEST_CASE("a delivery that is written with a turn's end is there after a restart") {
  DeliveriesFixture fixture;
  fixture.start();
  fixture.end_turn("t", "r1");
  fixture.restart();
  CHECK(fixture.found("t", "r1") == DeliveriesFixture::delivery("t", "r1"));
  CHECK_FALSE(fixture.found("t", "r2"));
  CHECK_FALSE(fixture.found("u", "r1"));
}

TEST_CASE("deliveries are listed in pages, without their bodies") {
  DeliveriesFixture fixture;
  fixture.start();
  for (const char* const run : {"r1", "r2"}) {
    fixture.end_turn("t", run);
    fixture.end_turn("u", run);
  }
  const auto first = fixture.listed({}, 3);
  REQUIRE(first.size() == 3);
  CHECK(first[0].key.run.value == "r1");
  CHECK(first[0].url == "https://hooks.example.com/x");
  CHECK(first[0].attempts == 2);
  CHECK(first[0].body.empty());
  const auto rest = fixture.listed(first.back().key, 3);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].key == DeliveryKey{thread("u"), RunId{"r2"}});
  CHECK(fixture.listed(rest[0].key).empty());
}

TEST_CASE("a fenced append leaves no delivery") {
  DeliveriesFixture fixture;
  fixture.start();
  const auto epoch = fixture.opened(thread("t")).epoch;
  auto call =
      JournalFixture::make(thread("t"), epoch + 1, 0, {accepted(1)}, DeliveriesFixture::head_of());
  call.deliveries = {DeliveriesFixture::delivery("t", "r1")};
  CHECK(JournalFixture::ask<AppendOutcome>([&](auto done) {
          fixture.journal->append(std::move(call), done);
        }) == AppendOutcome::fenced);
  CHECK_FALSE(fixture.found("t", "r1"));
}

TEST_CASE("a delivery that is put off or over is so from then on") {
  DeliveriesFixture fixture;
  fixture.start();
  fixture.end_turn("t", "r1");
  fixture.end_turn("t", "r2");
  auto later = DeliveriesFixture::delivery("t", "r1");
  later.attempts = 9;
  later.next_ms = 99;
  fixture.journal->put_off(later);
  fixture.journal->remove({thread("t"), RunId{"r2"}});
  fixture.written();
  CHECK(fixture.found("t", "r1") == later);
  CHECK_FALSE(fixture.found("t", "r2"));
}

TEST_CASE("a delivery that has gone is not put back") {
  DeliveriesFixture fixture;
  fixture.start();
  fixture.end_turn("t", "r1");
  fixture.journal->remove({thread("t"), RunId{"r1"}});
  fixture.journal->put_off(DeliveriesFixture::delivery("t", "r1"));  // as a rule the same batch
  fixture.written();
  CHECK_FALSE(fixture.found("t", "r1"));
  fixture.journal->put_off(DeliveriesFixture::delivery("t", "r1"));
  fixture.written();
  CHECK_FALSE(fixture.found("t", "r1"));
}

TEST_CASE("erasing a thread erases its deliveries, and no other's, or keeps them") {
  DeliveriesFixture fixture;
  fixture.start();
  fixture.end_turn("t", "r1");
  fixture.end_turn("t0", "r1");
  const auto epoch = fixture.end_turn("t", "r2");
  const auto kept = fixture.end_turn("u", "r1");
  REQUIRE(fixture.erase(thread("t"), epoch));
  CHECK_FALSE(fixture.found("t", "r1"));
  CHECK_FALSE(fixture.found("t", "r2"));
  CHECK(fixture.found("t0", "r1"));
  REQUIRE(fixture.erase(thread("u"), kept, Undelivered::kept));
  CHECK(fixture.found("u", "r1"));
  fixture.restart();
  CHECK(fixture.listed().size() == 2);
}

TEST_CASE("a damaged delivery is counted and passed by") {
  const auto whole = encode(DeliveriesFixture::delivery("t", "r1"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_FALSE(decode_delivery(damaged));
    CHECK_FALSE(decode_delivery(whole.substr(0, i)));
  }
}

TEST_CASE("a delivery's key names its thread and its run") {
  const DeliveryKey key{thread("t"), RunId{"r1"}};
  CHECK(delivery_of(delivery_key(key)) == key);
  CHECK_FALSE(delivery_of("no-zero"));
  CHECK(delivery_key(key).starts_with(deliveries_prefix(thread_key(key.thread))));
}

}  // namespace
}  // namespace parlance::storage::testing
