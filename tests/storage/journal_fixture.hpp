// A RocksJournal in a folder of its own, on the test's clock, asked as one asks a function.
#pragma once

#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/metrics/registry.hpp"
#include "storage/expiry_filter.hpp"
#include "storage/keys.hpp"
#include "storage/rocks_journal.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parlance::storage::testing {

class TestClock : public Clock {
 public:
  std::int64_t unix_ms() const override { return now_ms; }

  std::atomic<std::int64_t> now_ms = 1'800'000'000'000;
};

using tests::TempFolder;

inline ThreadKey thread(const std::string& name) {
  return {TenantId{"acme"}, ThreadId{name}};
}

inline RecordPtr record(std::uint64_t seq, Event event) {
  return std::make_shared<const Record>(Record{seq, std::move(event)});
}

inline MessagePtr message(const std::string& id, Role role, const std::string& text) {
  return std::make_shared<const Message>(Message{id, role, text, nullptr, {}});
}

inline Event accepted(std::uint64_t turn, const std::string& text = "hello") {
  TurnAccepted event;
  event.turn = turn;
  event.run = RunId{"run-" + std::to_string(turn)};
  event.agent = "chat";
  event.input = {message("in-" + std::to_string(turn), Role::human, text)};
  return event;
}

inline Event step(std::uint64_t turn, const std::string& text = {}) {
  StepDone event;
  event.turn = turn;
  event.step = 1;
  event.node = "generate";
  if (!text.empty()) event.messages = {message("out-" + std::to_string(turn), Role::ai, text)};
  return event;
}

inline Event delta(std::uint64_t turn, const std::string& text) {
  Delta event;
  event.turn = turn;
  event.node = "generate";
  event.message = "out-" + std::to_string(turn);
  event.pieces = {text};
  return event;
}

inline Event ended(std::uint64_t turn,
                   std::uint64_t accepted_seq,
                   std::uint64_t previous_ended_seq,
                   std::vector<std::uint64_t> message_seqs,
                   TurnOutcome outcome = TurnOutcome::finished) {
  TurnEnded event;
  event.turn = turn;
  event.outcome = outcome;
  event.accepted_seq = accepted_seq;
  event.previous_ended_seq = previous_ended_seq;
  event.message_seqs = std::move(message_seqs);
  return event;
}

class JournalFixture {
 public:
  JournalFixture() { options.path = folder.path() / "journal"; }

  RocksJournal& start() {
    auto opened = RocksJournal::open_store(options, metrics, clock);
    REQUIRE(opened);
    journal = std::move(*opened);
    journal->start([this](const std::string& reason) { died.set_value(reason); });
    return *journal;
  }

  RocksJournal& restart() {
    journal.reset();
    return start();
  }

  // Restarts, and meanwhile writes over a record.
  void damage(const ThreadKey& key, std::uint64_t incarnation, std::uint64_t seq) {
    journal.reset();
    OpenThreads nobody;
    {
      const auto store =
          JournalStore::open_store(options, std::make_shared<ExpiryJudge>(nobody, clock, options));
      REQUIRE(store);
      const auto at = event_key(events_prefix(thread_key(key), incarnation), seq);
      REQUIRE((*store)->db().Put({}, (*store)->events(), at, "damaged").ok());
    }
    start();
  }

  Result<OpenedThread> open(const ThreadKey& key) {
    return ask<Result<OpenedThread>>([&](auto done) { journal->open(key, done); });
  }

  OpenedThread opened(const ThreadKey& key) {
    auto answer = open(key);
    REQUIRE(answer);
    return *answer;
  }

  AppendOutcome append(const ThreadKey& key,
                       std::uint64_t epoch,
                       std::uint64_t seq,
                       std::vector<Event> events,
                       std::optional<Head> head = {}) {
    return ask<AppendOutcome>(
        [&](auto done) { journal->append(make(key, epoch, seq, events, head), done); });
  }

  static Append make(const ThreadKey& key,
                     std::uint64_t epoch,
                     std::uint64_t seq,
                     std::vector<Event> events,
                     std::optional<Head> head = {}) {
    Append call{key, epoch, seq, {}, {}, std::move(head)};
    for (auto& event : events)
      call.records.push_back(record(++seq, std::move(event)));
    return call;
  }

  Result<void> erase(const ThreadKey& key,
                     std::uint64_t epoch,
                     Undelivered undelivered = Undelivered::erased) {
    return ask<Result<void>>([&](auto done) { journal->erase(key, epoch, undelivered, done); });
  }

  Result<std::vector<RecordPtr>> read(const ThreadKey& key,
                                      std::uint64_t first = 1,
                                      std::uint64_t last = UINT64_MAX,
                                      std::size_t records_max = 1'000) {
    return ask<Result<std::vector<RecordPtr>>>(
        [&](auto done) { journal->read(key, first, last, records_max, done); });
  }

  std::vector<ThreadKey> unfinished(std::optional<ThreadKey> after = {},
                                    std::size_t threads_max = 100) {
    auto answer = ask<Result<std::vector<ThreadKey>>>(
        [&](auto done) { journal->unfinished(after, threads_max, done); });
    REQUIRE(answer);
    return *answer;
  }

  // One whole turn in one append. Gives the head that was written.
  Head finish_turn(const ThreadKey& key, std::uint64_t incarnation = 7, std::int64_t ttl_ms = 0) {
    const auto thread = opened(key);
    Head head = thread.head.value_or(Head{});
    if (!thread.head) head.incarnation = incarnation;
    const std::uint64_t turn = ++head.turns;
    const std::uint64_t seq = thread.seq;
    head.ttl_ms = ttl_ms;
    head.expires_ms = ttl_ms == 0 ? 0 : clock.now_ms + ttl_ms;
    const std::uint64_t previous = std::exchange(head.last_ended_seq, seq + 3);
    REQUIRE(append(key,
                   thread.epoch,
                   seq,
                   {accepted(turn),
                    step(turn, "answer " + std::to_string(turn)),
                    ended(turn, seq + 1, previous, {seq + 2})},
                   head) == AppendOutcome::committed);
    journal->release(key, thread.epoch);
    return head;
  }

  template <class T, class Call>
  static T ask(const Call& call) {
    auto promise = std::make_shared<std::promise<T>>();
    auto answer = promise->get_future();
    call([promise](T value) { promise->set_value(std::move(value)); });
    REQUIRE(answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    return answer.get();
  }

  TempFolder folder;
  TestClock clock;
  Registry registry;
  JournalMetrics metrics{registry};
  JournalOptions options;
  std::promise<std::string> died;
  std::unique_ptr<RocksJournal> journal;
};

inline std::vector<std::uint64_t> seqs(const std::vector<RecordPtr>& records) {
  std::vector<std::uint64_t> numbers;
  for (const auto& entry : records)
    numbers.push_back(entry->seq);
  return numbers;
}

}  // namespace parlance::storage::testing
