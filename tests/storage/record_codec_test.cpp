#include "storage/record_codec.hpp"

#include "storage/keys.hpp"
#include "storage/wire.hpp"
#include "tests/storage/journal_fixture.hpp"

#include <zlib.h>

#include <limits>
#include <random>

using namespace parlance;
using namespace parlance::storage;
using namespace parlance::storage::testing;

namespace {

constexpr Usage full_usage{12, 34, 5};

MessagePtr full_message() {
  return std::make_shared<const Message>(Message{
      "m-1", Role::tool, "héllo\n\"quoted\"", Json{{"name", "calc"}, {"n", 1.5}}, full_usage});
}

std::vector<Event> one_of_each() {
  TurnAccepted accepted_turn;
  accepted_turn.turn = 3;
  accepted_turn.run = RunId{"run-3"};
  accepted_turn.agent = "chat";
  accepted_turn.model_override = "mock-2";
  accepted_turn.input = {full_message(), message("m-2", Role::system, "")};
  accepted_turn.accepted_ms = 1'800'000'000'123;
  accepted_turn.deadline_ms = -1;
  accepted_turn.temporary = true;
  accepted_turn.options = Json{{"metadata", {{"a", Json::array({1, nullptr, true})}}}};
  accepted_turn.request_digest = "0123abcd";
  accepted_turn.starts_ms = 1'800'000'600'000;
  TurnAccepted going_on;
  going_on.turn = 4;
  going_on.command = Command{Json{{"approved", true}}, "book", Json{{"guest", "Ada"}}};
  going_on.caller_key = "k1";
  going_on.user = "ada";
  going_on.fork = ForkPoint{{300, CheckpointPlace::Kind::start},
                            Json{{"guest", "Bob"}},
                            "ask",
                            Interrupt{"4567cdef", Json{{"question", "Shall I book it?"}}}};
  StepDone step_done;
  step_done.turn = std::numeric_limits<std::uint64_t>::max();
  step_done.step = std::numeric_limits<std::uint32_t>::max();
  step_done.node = "generate";
  step_done.edge = "ok";
  step_done.update = Json{{"tries", 2}};
  step_done.messages = {full_message()};
  step_done.time_us = 1'234'567;
  step_done.done_ms = 1'800'000'000'456;
  Delta delta_batch;
  delta_batch.turn = 1;
  delta_batch.node = "generate";
  delta_batch.message = "m-9";
  delta_batch.pieces = {"one", "", std::string("nul \0 inside", 12), std::string(300, 'x')};
  TurnEnded failed;
  failed.turn = 4;
  failed.outcome = TurnOutcome::failed;
  failed.accepted_seq = 17;
  failed.previous_ended_seq = 9;
  failed.message_seqs = {18, 200, 70'000};
  failed.step_seqs = {18, 19, 200, 70'000};
  failed.fields = Json{{"topic", "boats"}};
  failed.usage = {200, 4'000'000'000, 150};
  failed.model = "mock-1";
  failed.stop_reason = StopReason::length;
  failed.error = ErrorCode::deadline_passed;
  failed.error_detail = "after 30 s";
  failed.ended_ms = 1'800'000'000'999;
  failed.retry_after = std::chrono::milliseconds(7'000);
  TurnEnded cancelled = failed;
  cancelled.outcome = TurnOutcome::cancelled;
  cancelled.error.reset();
  cancelled.begun = false;
  TurnEnded paused;
  paused.turn = 5;
  paused.outcome = TurnOutcome::paused;
  paused.fields = Json{{"guest", ""}};
  paused.usage = {21, 8, 13};
  paused.next = "ask";
  paused.interrupt = Interrupt{"0123abcd", Json{{"question", "Shall I book it?"}}};
  return {accepted_turn,
          step_done,
          delta_batch,
          Superseded{2, "m-9"},
          RolledBack{300},
          failed,
          cancelled,
          TurnEnded{},
          TurnAccepted{},
          going_on,
          paused};
}

// A value around `body`, with the right checksum.
std::string framed(std::uint8_t version, const std::string& body) {
  std::string value(1, static_cast<char>(version));
  const uLong before = version < 3 ? 0 : crc32_z(0, &version, 1);
  const auto crc = static_cast<std::uint32_t>(
      crc32_z(before, reinterpret_cast<const Bytef*>(body.data()), body.size()));
  for (unsigned i = 0; i < 4; ++i)
    value.push_back(static_cast<char>((crc >> (8U * i)) & 0xFFU));
  return value + body;
}

Head full_head() {
  Head head;
  head.incarnation = 0x0123456789ABCDEF;
  head.epoch = 4;
  head.seq = 99;
  head.turns = 7;
  head.last_ended_seq = 90;
  head.unfinished_seqs = {91, 95};
  head.attempts = 2;
  head.created_ms = 1;
  head.updated_ms = 2;
  head.expires_ms = std::numeric_limits<std::int64_t>::max();
  head.ttl_ms = std::numeric_limits<std::int64_t>::min();
  head.agent = "chat";
  head.metadata = R"({"k":"v"})";
  head.request_digest = "0123abcd";
  head.made_seq = 88;
  head.deadline_ms = 1'800'000'000'555;
  head.spent = {20'000, 24'000, {1, 2}, {300, 400}, {5'000, 6'000}, {1, 2, 800'000}};
  return head;
}

// As values: messages are compared by what they say, not by where they are.
void check_same(const Messages& one, const Messages& other) {
  REQUIRE(one.size() == other.size());
  for (std::size_t i = 0; i < one.size(); ++i)
    CHECK(*one[i] == *other[i]);
}

void check_same(Event one, Event other) {
  REQUIRE(one.index() == other.index());
  if (auto* accepted_turn = get_if<TurnAccepted>(&one)) {
    auto& copy = get<TurnAccepted>(other);
    check_same(accepted_turn->input, copy.input);
    copy.input = accepted_turn->input;
  } else if (auto* step_done = get_if<StepDone>(&one)) {
    auto& copy = get<StepDone>(other);
    check_same(step_done->messages, copy.messages);
    copy.messages = step_done->messages;
  }
  CHECK((one == other));
}

}  // namespace

TEST_CASE("every kind of event comes back as it was") {
  for (const auto& event : one_of_each()) {
    const auto back = decode_event(encode(event));
    REQUIRE(back);
    check_same(event, *back);
  }
}

TEST_CASE("a head comes back as it was") {
  for (const auto& head : {full_head(), Head{}}) {
    const auto back = decode_head(encode(head));
    REQUIRE(back);
    CHECK((*back == head));
  }
}

TEST_CASE("the layout on disk is the one that is written down") {
  // version, crc32, kind superseded, turn, message
  CHECK(encode(Event{Superseded{300, "m"}}) ==
        std::string("\x08\x79\xdb\x30\x86\x04\xac\x02\x01m", 10));
}

// `value` of an accepted turn with neither, as it was before turns had `caller_key` and `user`.
std::string without_payers(const std::string& value) {
  REQUIRE(value.ends_with(std::string(2, '\0')));
  return value.substr(0, value.size() - 2);
}

// The body of a head before it had `spent`.
std::string head_body_of_version_6() {
  std::string added;
  WireWriter writer(added);
  const Account& spent = full_head().spent;
  for (const std::int64_t number : {spent.day,
                                    spent.month,
                                    spent.of_day.tokens,
                                    spent.of_day.nanos,
                                    spent.of_month.tokens,
                                    spent.of_month.nanos,
                                    spent.in_all.tokens,
                                    spent.in_all.nanos})
    writer.integer(number);
  for (const std::uint32_t share : spent.told)
    writer.uint(share);
  std::string body = encode(full_head()).substr(5);
  REQUIRE(body.ends_with(added));
  body.resize(body.size() - added.size());
  return body;
}

TEST_CASE("what was written before calls were charged has spent nothing, and nobody pays") {
  auto expected = full_head();
  expected.spent = {};
  const auto head = decode_head(framed(6, head_body_of_version_6()));
  REQUIRE(head);
  CHECK((*head == expected));
  CHECK_FALSE(decode_head(framed(7, head_body_of_version_6())));
  const auto first = one_of_each().front();
  const std::string body = without_payers(encode(first)).substr(5);
  const auto event = decode_event(framed(6, body));
  REQUIRE(event);
  check_same(*event, first);
  CHECK_FALSE(decode_event(framed(7, body)));
}

TEST_CASE("an account that was written before alerts were posted was told of nothing") {
  Account account = full_head().spent;
  std::string body = encode(account).substr(5);
  std::string added;
  WireWriter writer(added);
  for (const std::uint32_t share : account.told)
    writer.uint(share);
  REQUIRE(body.ends_with(added));
  body.resize(body.size() - added.size());
  account.told = {};
  const auto back = decode_account(framed(7, body));
  REQUIRE(back);
  CHECK((*back == account));
  CHECK_FALSE(decode_account(framed(8, body)));
}

TEST_CASE("an account and a row of the ledger come back as they were") {
  const Account account = full_head().spent;
  CHECK((*decode_account(encode(account)) == account));
  LedgerRow row;
  row.caller_key = "k1";
  row.user = "ada";
  row.turn = 3;
  row.run = RunId{"run-3"};
  row.agent = "chat";
  row.node = "generate";
  row.provider = "upstream";
  row.model = "mock-1";
  row.usage = full_usage;
  row.nanos = 1'234;
  row.price_version = "2026-01";
  row.counted = Counted::estimated;
  CHECK((*decode_ledger_row(encode(row)) == row));
  const AccountKey owner{Payer::user, "acme", std::string("a\0b", 3)};
  CHECK((*account_of(account_key(owner)) == owner));
  const LedgerKey call{1'800'000'000'000, thread("t1"), 7, 9};
  CHECK((*ledger_call_of(ledger_key(call)) == call));
  CHECK(ledger_key(call) >= ledger_prefix(call.at_ms));
  CHECK(ledger_key(call) < ledger_prefix(call.at_ms + 1));
  CHECK_FALSE(ledger_call_of("short"));
  CHECK_FALSE(
      account_of("\x09"
                 "acme"));
}

// The body of `value` as it was before usages had `tokens_in_cached`; `usage` is the one in it.
std::string body_of_version_5(const std::string& value, const Usage& usage) {
  std::string counts;
  WireWriter writer(counts);
  writer.uint(usage.tokens_in);
  writer.uint(usage.tokens_out);
  std::string cached;
  WireWriter(cached).uint(usage.tokens_in_cached);
  std::string body = value.substr(5);
  const auto at = body.find(counts + cached);
  REQUIRE(at != std::string::npos);
  return body.erase(at + counts.size(), cached.size());
}

TEST_CASE("what was written before cached tokens were counted has none") {
  auto ended = get<TurnEnded>(one_of_each()[5]);
  const std::string body = body_of_version_5(encode(ended), ended.usage);
  const auto event = decode_event(framed(5, body));
  REQUIRE(event);
  ended.usage.tokens_in_cached = 0;
  CHECK((get<TurnEnded>(*event) == ended));
  CHECK_FALSE(decode_event(framed(6, body)));
}

TEST_CASE("a turn's end of the oldest version is one of a turn that had begun") {
  auto expected = get<TurnEnded>(one_of_each()[6]);
  std::string body = body_of_version_5(encode(expected), expected.usage);
  // Without the last fields: `begun`, one byte, `retry_after`, two, the empty `next` and
  // `interrupt`, and `step_seqs`, eight.
  body.resize(body.size() - 13);
  const auto event = decode_event(framed(1, body));
  REQUIRE(event);
  REQUIRE_FALSE(expected.begun);
  expected.begun = true;
  expected.usage.tokens_in_cached = 0;
  expected.retry_after = {};
  expected.step_seqs = expected.message_seqs;
  CHECK((get<TurnEnded>(*event) == expected));
  CHECK_FALSE(decode_event(framed(2, body)));
}

// Without what the version after added: `made_seq` and `deadline_ms`.
std::string head_body_of_version_4() {
  std::string added;
  WireWriter writer(added);
  writer.uint(full_head().made_seq);
  writer.integer(full_head().deadline_ms);
  std::string body = head_body_of_version_6();
  REQUIRE(body.ends_with(added));
  body.resize(body.size() - added.size());
  return body;
}

TEST_CASE("a head that was written before it kept a deadline has none, and is no copy") {
  auto expected = full_head();
  expected.made_seq = 0;
  expected.deadline_ms = 0;
  expected.spent = {};
  const auto head = decode_head(framed(4, head_body_of_version_4()));
  REQUIRE(head);
  CHECK((*head == expected));
  CHECK_FALSE(decode_head(framed(5, head_body_of_version_4())));
}

// The body of the first accepted turn as version 3 wrote it: without `command`, `starts_ms` and
// `fork`.
std::string accepted_body_of_version_3() {
  const auto accepted_turn = get<TurnAccepted>(one_of_each().front());
  std::string added(1, '\0');  // no command
  WireWriter(added).integer(accepted_turn.starts_ms);
  added.push_back('\0');  // no fork
  std::string body = body_of_version_5(without_payers(encode(Event{accepted_turn})), full_usage);
  REQUIRE(body.ends_with(added));
  body.resize(body.size() - added.size());
  return body;
}

// The first accepted turn, as it reads from before version 6.
TurnAccepted accepted_without_cached() {
  auto accepted_turn = get<TurnAccepted>(one_of_each().front());
  Message first = *accepted_turn.input.front();
  first.usage->tokens_in_cached = 0;
  accepted_turn.input.front() = std::make_shared<const Message>(std::move(first));
  return accepted_turn;
}

TEST_CASE("a turn that was written before turns could begin later begins at once, and anew") {
  auto expected = accepted_without_cached();
  expected.starts_ms = 0;
  const auto event = decode_event(framed(3, accepted_body_of_version_3()));
  REQUIRE(event);
  check_same(*event, expected);
  CHECK_FALSE(decode_event(framed(4, accepted_body_of_version_3())));
}

TEST_CASE("what was written before there were idempotency keys has none") {
  const auto digest = std::string(1, '\x08') + "0123abcd";
  std::string body = accepted_body_of_version_3();
  REQUIRE(body.ends_with(digest));
  body.resize(body.size() - digest.size());
  auto expected = accepted_without_cached();
  expected.request_digest.clear();
  expected.starts_ms = 0;
  std::string head_body = head_body_of_version_4();
  REQUIRE(head_body.ends_with(digest));
  head_body.resize(head_body.size() - digest.size());
  auto expected_head = full_head();
  expected_head.request_digest.clear();
  expected_head.made_seq = 0;
  expected_head.deadline_ms = 0;
  expected_head.spent = {};
  for (const std::uint8_t version : {std::uint8_t{1}, std::uint8_t{2}}) {
    const auto event = decode_event(framed(version, body));
    REQUIRE(event);
    check_same(*event, expected);
    const auto head = decode_head(framed(version, head_body));
    REQUIRE(head);
    CHECK((*head == expected_head));
  }
  CHECK_FALSE(decode_event(framed(3, body)));
  CHECK_FALSE(decode_head(framed(3, head_body)));
}

// `value` with this usage as an older version wrote it: without the bytes at its end that have been
// added since.
std::string as_of(std::uint8_t version,
                  const std::string& value,
                  const Usage& usage,
                  std::size_t bytes_added) {
  std::string body = body_of_version_5(value, usage);
  body.resize(body.size() - bytes_added);
  return framed(version, body);
}

TEST_CASE("a turn that was written before there were forks is none") {
  const auto value = without_payers(encode(one_of_each().front()));
  const auto back = decode_event(as_of(4, value, full_usage, 1));
  REQUIRE(back);
  check_same(*back, accepted_without_cached());
  CHECK_FALSE(decode_event(as_of(5, value, full_usage, 1)));
}

TEST_CASE("what was written before a turn named its steps has those with messages") {
  const auto written = one_of_each();
  auto step_done = get<StepDone>(written[1]);
  const auto step_value = encode(step_done);
  const auto step_back = decode_event(as_of(4, step_value, full_usage, 6));
  REQUIRE(step_back);
  step_done.done_ms = 0;
  step_done.messages = {accepted_without_cached().input.front()};
  check_same(*step_back, step_done);
  CHECK_FALSE(decode_event(as_of(5, step_value, full_usage, 6)));
  for (auto ended : {get<TurnEnded>(written[5]), get<TurnEnded>(written.back())}) {
    std::string steps;
    WireWriter out(steps);
    out.uint(ended.step_seqs.size());
    for (const auto seq : ended.step_seqs)
      out.uint(seq);
    const auto value = encode(ended);
    REQUIRE(value.ends_with(steps));
    const auto back = decode_event(as_of(4, value, ended.usage, steps.size()));
    REQUIRE(back);
    CHECK_FALSE(decode_event(as_of(5, value, ended.usage, steps.size())));
    ended.step_seqs = ended.message_seqs;
    ended.usage.tokens_in_cached = 0;
    CHECK((get<TurnEnded>(*back) == ended));
  }
}

TEST_CASE("what was written before turns could pause stands in front of no node") {
  auto failed = get<TurnEnded>(one_of_each()[5]);
  const auto value = encode(failed);
  // Without the empty `next` and `interrupt`, and `step_seqs`, eight.
  const auto older = decode_event(as_of(3, value, failed.usage, 10));
  REQUIRE(older);
  CHECK_FALSE(decode_event(as_of(4, value, failed.usage, 10)));
  failed.step_seqs = failed.message_seqs;
  failed.usage.tokens_in_cached = 0;
  CHECK((get<TurnEnded>(*older) == failed));
}

TEST_CASE("a value of an unknown version is damaged") {
  std::string value = encode(full_head());
  value[0] = '\x09';
  const auto head = decode_head(value);
  REQUIRE_FALSE(head);
  CHECK(head.error().code == ErrorCode::record_damaged);
  CHECK(head.error().detail.find("version 9") != std::string::npos);
}

TEST_CASE("every flipped bit and every missing byte of a record is found") {
  for (const auto& event : one_of_each()) {
    const std::string value = encode(event);
    for (std::size_t at = 0; at < value.size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string flipped = value;
        flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
        const auto back = decode_event(flipped);
        REQUIRE_FALSE(back);
        REQUIRE(back.error().code == ErrorCode::record_damaged);
      }
      REQUIRE_FALSE(decode_event(value.substr(0, at)));
    }
    REQUIRE_FALSE(decode_event(value + '\0'));
    REQUIRE_FALSE(decode_head(value));
  }
}

TEST_CASE("bodies of chance with a right checksum never decode to more than they hold") {
  std::mt19937 random(17);
  for (int round = 0; round < 20'000; ++round) {
    std::string body(random() % 60, '\0');
    for (auto& byte : body)
      byte = static_cast<char>(random());
    if (!body.empty()) body[0] = static_cast<char>(1 + random() % 6);
    const auto value = framed(5, body);
    if (const auto event = decode_event(value)) CHECK(decode_event(encode(*event)));
    if (const auto head = decode_head(value)) CHECK(decode_head(encode(*head)));
  }
}

TEST_CASE("event keys sort by thread, incarnation and seq") {
  const auto key = [](const char* name, std::uint64_t incarnation, std::uint64_t seq) {
    return event_key(events_prefix(thread_key(thread(name)), incarnation), seq);
  };
  CHECK(key("a", 1, 255) < key("a", 1, 256));
  CHECK(key("a", 1, UINT64_MAX) < key("a", 2, 1));
  CHECK(key("a", UINT64_MAX, UINT64_MAX) < key("a-b", 1, 1));
  CHECK(key("a", UINT64_MAX, UINT64_MAX) < thread_key(thread("a")) + '\x01');
  const std::string bytes = key("a", 0x0102030405060708, 5);
  const auto parts = split_event_key(bytes);
  REQUIRE(parts);
  CHECK(parts->thread == thread_key(thread("a")));
  CHECK(parts->incarnation == 0x0102030405060708);
  CHECK(parts->seq == 5);
  CHECK(thread_of(parts->thread) == thread("a"));
  CHECK_FALSE(split_event_key("short"));
  CHECK_FALSE(thread_of("no border"));
}
