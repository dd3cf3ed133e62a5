#include "storage/rocks_journal.hpp"

#include "storage/record_codec.hpp"
#include "tests/storage/journal_fixture.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <thread>

using namespace parlance;
using namespace parlance::storage;
using namespace parlance::storage::testing;

namespace {

using Seqs = std::vector<std::uint64_t>;

Head head_of(std::uint64_t incarnation, Seqs unfinished = {}, std::uint64_t last_ended = 0) {
  Head head;
  head.incarnation = incarnation;
  head.unfinished_seqs = std::move(unfinished);
  head.last_ended_seq = last_ended;
  return head;
}

// Of a turn that ended while it waited.
Event not_begun(Event end) {
  get<TurnEnded>(end).begun = false;
  return end;
}

// Text that does not get smaller on disk.
std::string noise() {
  std::string text;
  for (std::uint32_t i = 0, x = 1; i < 400'000; ++i, x = x * 1664525U + 1013904223U)
    text.push_back(static_cast<char>('a' + (x >> 24U) % 26U));
  return text;
}

}  // namespace

TEST_CASE_METHOD(JournalFixture,
                 "a thread that is not there opens empty and is made by its first append") {
  start();
  const auto first = opened(thread("t"));
  CHECK_FALSE(first.head);
  CHECK(first.seq == 0);
  CHECK(first.epoch == 1);
  CHECK(append(thread("t"), first.epoch, 0, {accepted(1)}, head_of(7, {1})) ==
        AppendOutcome::committed);

  const auto again = opened(thread("t"));
  REQUIRE(again.head);
  CHECK(again.head->incarnation == 7);
  CHECK(again.head->epoch == 1);
  CHECK(again.head->seq == 1);
  CHECK(again.epoch == 2);
  CHECK(again.seq == 1);
  CHECK(seqs(again.records) == Seqs{1});
}

TEST_CASE_METHOD(JournalFixture,
                 "a thread that does not exist is opened within the call, one that does is not") {
  start();
  const auto opened_by = [&](const ThreadKey& key) {
    std::promise<std::thread::id> by;
    journal->open(key, [&](const auto&) { by.set_value(std::this_thread::get_id()); });
    return by.get_future().get();
  };
  CHECK(opened_by(thread("new")) == std::this_thread::get_id());

  const auto owner = opened(thread("t"));
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head_of(7, {1})) ==
          AppendOutcome::committed);
  journal->release(thread("t"), owner.epoch);
  CHECK(opened_by(thread("t")) != std::this_thread::get_id());
  restart();
  CHECK(opened_by(thread("t")) != std::this_thread::get_id());
  CHECK(opened_by(thread("also new")) == std::this_thread::get_id());
}

TEST_CASE_METHOD(JournalFixture,
                 "what was committed is there after a restart, deltas without a head too") {
  start();
  const auto owner = opened(thread("t"));
  Head head = head_of(7, {1});
  head.metadata = R"({"topic":"boats"})";
  head.agent = "chat";
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head) == AppendOutcome::committed);
  REQUIRE(append(thread("t"), owner.epoch, 1, {delta(1, "a"), delta(1, "b")}) ==
          AppendOutcome::committed);

  restart();
  const auto again = opened(thread("t"));
  CHECK(again.epoch == 2);
  CHECK(again.seq == 3);
  CHECK(again.head->seq == 1);
  CHECK(again.head->metadata == head.metadata);
  CHECK(again.head->agent == "chat");
  CHECK(seqs(again.records) == Seqs{1, 2, 3});
  CHECK(again.records[2]->event == delta(1, "b"));
}

TEST_CASE_METHOD(
    JournalFixture,
    "an append with another epoch or seq than the stored one is fenced and writes nothing") {
  start();
  const auto old_owner = opened(thread("t"));
  REQUIRE(append(thread("t"), old_owner.epoch, 0, {accepted(1)}, head_of(7, {1})) ==
          AppendOutcome::committed);
  const auto owner = opened(thread("t"));

  CHECK(append(thread("t"), old_owner.epoch, 1, {delta(1, "late")}) == AppendOutcome::fenced);
  CHECK(append(thread("t"), owner.epoch + 1, 1, {delta(1, "early")}) == AppendOutcome::fenced);
  CHECK(append(thread("t"), owner.epoch, 0, {delta(1, "again")}) == AppendOutcome::fenced);
  CHECK(append(thread("t"), owner.epoch, 2, {delta(1, "ahead")}) == AppendOutcome::fenced);
  CHECK(append(thread("never opened"), 1, 0, {accepted(1)}, head_of(9)) == AppendOutcome::fenced);
  CHECK(seqs(*read(thread("t"))) == Seqs{1});
  CHECK(append(thread("t"), owner.epoch, 1, {delta(1, "right")}) == AppendOutcome::committed);

  journal->release(thread("t"), owner.epoch);
  CHECK(append(thread("t"), owner.epoch, 2, {delta(1, "after release")}) == AppendOutcome::fenced);
}

TEST_CASE_METHOD(JournalFixture, "a release by an owner that was superseded changes nothing") {
  start();
  const auto old_owner = opened(thread("t"));
  const auto owner = opened(thread("t"));
  CHECK(owner.epoch == old_owner.epoch + 1);
  journal->release(thread("t"), old_owner.epoch);
  CHECK(append(thread("t"), owner.epoch, 0, {accepted(1)}, head_of(7)) == AppendOutcome::committed);
}

TEST_CASE_METHOD(JournalFixture, "an opening sees what was appended before it was asked for") {
  options.batch_appends_max = 1'000;
  auto opened_store = RocksJournal::open_store(options, metrics, clock);
  REQUIRE(opened_store);
  journal = std::move(*opened_store);
  std::promise<OpenedThread> first;
  journal->open(thread("t"), [&](Result<OpenedThread> thread) { first.set_value(*thread); });
  journal->start([](const std::string&) {});
  const auto owner = first.get_future().get();

  std::vector<AppendOutcome> outcomes;
  for (std::uint64_t seq = 0; seq < 50; ++seq) {
    journal->append(make(thread("t"), owner.epoch, seq, {accepted(seq + 1)}, head_of(7, {seq + 1})),
                    [&](AppendOutcome outcome) { outcomes.push_back(outcome); });
  }
  const auto next = opened(thread("t"));
  CHECK(next.seq == 50);
  CHECK(next.epoch == owner.epoch + 1);
  CHECK(outcomes == std::vector(50, AppendOutcome::committed));
}

TEST_CASE_METHOD(JournalFixture,
                 "calls that wait together are written as one batch and answered in order") {
  auto opened_store = RocksJournal::open_store(options, metrics, clock);
  REQUIRE(opened_store);
  journal = std::move(*opened_store);
  std::vector<std::uint64_t> epochs(100);
  std::atomic<int> open_count = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    journal->open(thread("t" + std::to_string(i)), [&, i](Result<OpenedThread> thread) {
      epochs[i] = thread->epoch;
      ++open_count;
    });
  }
  std::promise<void> all_open;
  journal->start([](const std::string&) {});
  while (open_count < 100)
    std::this_thread::yield();

  // The first append holds the writer in its callback while the others queue up.
  std::promise<void> queued;
  auto released = queued.get_future().share();
  journal->append(make(thread("t0"), epochs[0], 0, {accepted(1)}, head_of(7)),
                  [released](AppendOutcome) { released.wait(); });
  std::vector<std::size_t> order;
  std::promise<void> answered;
  for (std::size_t i = 1; i < 100; ++i) {
    journal->append(make(thread("t" + std::to_string(i)), epochs[i], 0, {accepted(1)}, head_of(7)),
                    [&, i](AppendOutcome outcome) {
                      CHECK(outcome == AppendOutcome::committed);
                      order.push_back(i);
                      if (order.size() == 99) answered.set_value();
                    });
  }
  queued.set_value();
  answered.get_future().wait();
  CHECK(std::is_sorted(order.begin(), order.end()));
  journal.reset();
  const std::string text = registry.text();
  // The first may have waited with the others, when the writer woke late.
  const auto batches = [&](int count) {
    return text.find("parlance_journal_batches_total " + std::to_string(count) + "\n") !=
           std::string::npos;
  };
  CHECK((batches(1) || batches(2)));
  CHECK(text.find("parlance_journal_records_total 100\n") != std::string::npos);
}

TEST_CASE_METHOD(JournalFixture,
                 "opening loads the chain of ended turns and leaves their deltas out") {
  start();
  const auto owner = opened(thread("t"));
  // Turn 2 waits while turn 1 runs; turn 1 fails after a message, turn 2 is cancelled while it
  // waits, turn 3 finishes, turn 4 runs, turn 5 waits.
  const std::vector<Event> events{
      accepted(1),                                 // 1
      accepted(2),                                 // 2
      delta(1, "half"),                            // 3
      step(1, "half an answer"),                   // 4
      ended(1, 1, 0, {4}, TurnOutcome::failed),    // 5
      ended(2, 2, 5, {}, TurnOutcome::cancelled),  // 6
      accepted(3),                                 // 7
      step(3),                                     // 8
      delta(3, "whole"),                           // 9
      accepted(4),                                 // 10
      step(3, "whole answer"),                     // 11
      ended(3, 7, 6, {11}),                        // 12
      delta(4, "now"),                             // 13
      accepted(5),                                 // 14
      Superseded{4, "out-4"},                      // 15
      delta(4, "again"),                           // 16
  };
  REQUIRE(append(thread("t"), owner.epoch, 0, events, head_of(7, {10, 14}, 12)) ==
          AppendOutcome::committed);
  restart();
  const auto again = opened(thread("t"));
  CHECK(again.seq == 16);
  CHECK(seqs(again.records) == Seqs{1, 2, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16});
  for (const auto& loaded : again.records)
    CHECK(encode(loaded->event) == encode(events[loaded->seq - 1]));
}

TEST_CASE_METHOD(
    JournalFixture,
    "beside a turn that has still to begin, text of turns that have ended is not read") {
  start();
  const auto key = thread("t");
  const auto owner = opened(key);
  // Turn 1 begins later. Turn 2 finishes, turn 3 runs, turn 4 is cancelled while it waits for it.
  const std::vector<Event> events{
      accepted(1),                                            // 1
      accepted(2),                                            // 2
      delta(2, "half"),                                       // 3
      step(2, "half an answer"),                              // 4
      ended(2, 2, 0, {4}),                                    // 5
      accepted(3),                                            // 6
      delta(3, "now"),                                        // 7
      accepted(4),                                            // 8
      not_begun(ended(4, 8, 5, {}, TurnOutcome::cancelled)),  // 9
      delta(3, "again"),                                      // 10
  };
  REQUIRE(append(key, owner.epoch, 0, events, head_of(7, {1, 6}, 9)) == AppendOutcome::committed);
  damage(key, 7, 3);
  CHECK(seqs(opened(key).records) == Seqs{1, 2, 4, 5, 6, 7, 8, 9, 10});
  damage(key, 7, 10);
  CHECK_FALSE(open(key));
}

TEST_CASE_METHOD(JournalFixture,
                 "records that a write deletes are gone with it, and the rest is read") {
  start();
  const auto key = thread("t");
  const auto owner = opened(key);
  auto head = head_of(7, {2});
  REQUIRE(append(key,
                 owner.epoch,
                 0,
                 {accepted(1), accepted(2), delta(1, "half"), delta(1, " said")},
                 head_of(7, {1, 2})) == AppendOutcome::committed);
  auto call = make(key, owner.epoch, 4, {RolledBack{1}}, head);
  call.deleted_seqs = {1, 3, 4};
  REQUIRE(ask<AppendOutcome>([&](auto done) { journal->append(call, done); }) ==
          AppendOutcome::committed);
  for (const bool restarted : {false, true}) {
    if (restarted) restart();
    const auto found = opened(key);
    CHECK(found.seq == 5);
    CHECK(seqs(found.records) == std::vector<std::uint64_t>{2});
    CHECK(seqs(*read(key)) == std::vector<std::uint64_t>{2, 5});
  }
}

TEST_CASE_METHOD(JournalFixture, "a long chain is loaded whole") {
  start();
  for (int turn = 0; turn < 150; ++turn)
    finish_turn(thread("t"));
  const auto again = opened(thread("t"));
  CHECK(again.seq == 450);
  CHECK(again.records.size() == 450);
}

TEST_CASE_METHOD(JournalFixture, "a range is read by seq and cut at records_max") {
  start();
  finish_turn(thread("t"));
  finish_turn(thread("t"));
  finish_turn(thread("t/other"));
  CHECK(seqs(*read(thread("t"))) == Seqs{1, 2, 3, 4, 5, 6});
  CHECK(seqs(*read(thread("t"), 2, 4)) == Seqs{2, 3, 4});
  CHECK(seqs(*read(thread("t"), 3, 100, 2)) == Seqs{3, 4});
  CHECK(read(thread("t"), 7)->empty());
  CHECK(read(thread("nobody"))->empty());
}

TEST_CASE_METHOD(JournalFixture, "reads beyond reads_waiting_max are refused with advice") {
  options.reads_waiting_max = 0;
  start();
  const auto answer = read(thread("t"));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::storage_failed);
  CHECK(answer.error().retry_after);
}

TEST_CASE_METHOD(JournalFixture, "threads with unfinished turns are found by the index") {
  start();
  for (const auto* name : {"a", "b", "c"}) {
    const auto owner = opened(thread(name));
    REQUIRE(append(thread(name), owner.epoch, 0, {accepted(1)}, head_of(7, {1})) ==
            AppendOutcome::committed);
  }
  finish_turn(thread("d"));
  restart();
  CHECK(unfinished() == std::vector{thread("a"), thread("b"), thread("c")});
  CHECK(unfinished({}, 2) == std::vector{thread("a"), thread("b")});
  CHECK(unfinished(thread("a"), 10) == std::vector{thread("b"), thread("c")});

  const auto owner = opened(thread("b"));
  REQUIRE(append(thread("b"), owner.epoch, 1, {ended(1, 1, 0, {})}, head_of(7, {}, 2)) ==
          AppendOutcome::committed);
  CHECK(unfinished() == std::vector{thread("a"), thread("c")});
}

TEST_CASE_METHOD(JournalFixture, "an erased thread is gone at once and can be made again") {
  start();
  finish_turn(thread("t"));
  const auto owner = opened(thread("t"));
  const auto refused = erase(thread("t"), owner.epoch - 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_owner);
  REQUIRE(erase(thread("t"), owner.epoch));
  CHECK(read(thread("t"))->empty());
  CHECK(append(thread("t"), owner.epoch, 3, {accepted(2)}) == AppendOutcome::fenced);

  restart();
  const auto again = opened(thread("t"));
  CHECK_FALSE(again.head);
  CHECK(again.seq == 0);
  REQUIRE(append(thread("t"), again.epoch, 0, {accepted(1, "new")}, head_of(8, {1})) ==
          AppendOutcome::committed);
  CHECK(seqs(*read(thread("t"))) == Seqs{1});
  REQUIRE(journal->sweep());
  CHECK(seqs(*read(thread("t"))) == Seqs{1});
}

TEST_CASE_METHOD(JournalFixture, "the owner of an erased thread may begin its next incarnation") {
  start();
  finish_turn(thread("t"));
  const auto owner = opened(thread("t"));
  REQUIRE(erase(thread("t"), owner.epoch));
  CHECK(append(thread("t"), owner.epoch, 0, {accepted(1)}, head_of(8, {1})) ==
        AppendOutcome::committed);
  CHECK(append(thread("t"), owner.epoch, 1, {delta(1, "x")}) == AppendOutcome::committed);
  CHECK(seqs(*read(thread("t"))) == Seqs{1, 2});
}

TEST_CASE_METHOD(JournalFixture, "the bytes of an erased thread leave the disk") {
  start();
  const auto owner = opened(thread("t"));
  const std::string text = noise();
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1, text)}, head_of(7)) ==
          AppendOutcome::committed);
  finish_turn(thread("other"));
  const auto before = folder.bytes();
  REQUIRE(erase(thread("t"), owner.epoch));
  REQUIRE(journal->sweep());
  CHECK(folder.bytes() + text.size() * 9 / 10 < before);
  CHECK(seqs(*read(thread("other"))) == Seqs{1, 2, 3});
}

TEST_CASE_METHOD(JournalFixture, "an expired thread is not read, not listed and opens as absent") {
  start();
  const auto owner = opened(thread("t"));
  Head head = head_of(7, {1});
  head.expires_ms = clock.now_ms + 1'000;
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head) == AppendOutcome::committed);
  journal->release(thread("t"), owner.epoch);
  finish_turn(thread("other"));  // the writer has come to the release
  CHECK(unfinished() == std::vector{thread("t")});
  clock.now_ms += 1'000;
  CHECK(unfinished().empty());
  CHECK(read(thread("t"))->empty());
  const auto again = opened(thread("t"));
  CHECK_FALSE(again.head);
  CHECK(again.seq == 0);
  CHECK(again.records.empty());
  CHECK(again.epoch == owner.epoch + 1);

  REQUIRE(append(thread("t"), again.epoch, 0, {accepted(1, "new life")}, head_of(8, {1})) ==
          AppendOutcome::committed);
  const auto records = *read(thread("t"));
  REQUIRE(seqs(records) == Seqs{1});
  CHECK(encode(records[0]->event) == encode(accepted(1, "new life")));
}

TEST_CASE_METHOD(JournalFixture, "a thread does not expire while its owner works on a turn") {
  start();
  const auto owner = opened(thread("t"));
  Head head = head_of(7, {1});
  head.expires_ms = clock.now_ms + 1'000;
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head) == AppendOutcome::committed);
  clock.now_ms += 60'000;
  REQUIRE(journal->sweep());
  CHECK(append(thread("t"), owner.epoch, 1, {delta(1, "slow")}) == AppendOutcome::committed);
  CHECK(seqs(*read(thread("t"))) == Seqs{1, 2});
  head.expires_ms = clock.now_ms + 1'000;
  head.unfinished_seqs.clear();
  head.last_ended_seq = 3;
  CHECK(append(thread("t"), owner.epoch, 2, {ended(1, 1, 0, {})}, head) ==
        AppendOutcome::committed);
  CHECK(opened(thread("t")).seq == 3);
}

TEST_CASE_METHOD(JournalFixture,
                 "the owner of a thread that has expired under it is fenced until it begins anew") {
  start();
  const auto owner = opened(thread("t"));
  Head head = head_of(7);
  head.expires_ms = clock.now_ms + 1'000;
  REQUIRE(append(thread("t"), owner.epoch, 0, {accepted(1)}, head) == AppendOutcome::committed);
  clock.now_ms += 60'000;
  REQUIRE(journal->sweep());
  head.expires_ms = clock.now_ms + 1'000;
  CHECK(append(thread("t"), owner.epoch, 1, {accepted(2)}, head) == AppendOutcome::fenced);
  head.incarnation = 8;
  CHECK(append(thread("t"), owner.epoch, 0, {accepted(1)}, head) == AppendOutcome::committed);
}

TEST_CASE_METHOD(JournalFixture,
                 "the directory shrinks when threads have expired and nobody writes") {
  start();
  constexpr std::uint64_t threads = 3'000;
  std::atomic<std::uint64_t> answered = 0;
  for (std::uint64_t i = 0; i < threads; ++i) {
    const auto key = thread("thread-" + std::to_string(i));
    Head head = head_of(7, {}, 3);
    head.expires_ms = clock.now_ms + 5'000;
    std::string text;
    for (std::uint64_t x = i + 1; text.size() < 2'000;
         x = x * 6364136223846793005ULL + 1442695040888963407ULL) {
      text += std::to_string(x);
    }
    journal->open(key, [&, key, head, text](Result<OpenedThread> thread) {
      journal->append(
          make(key, thread->epoch, 0, {accepted(1, text), step(1, "x"), ended(1, 1, 0, {2})}, head),
          [&, key, epoch = thread->epoch](AppendOutcome) {
            journal->release(key, epoch);
            ++answered;
          });
    });
  }
  while (answered < threads)
    std::this_thread::yield();
  finish_turn(thread("stays"));
  const auto before = folder.bytes();
  REQUIRE(before > 5'000'000);

  REQUIRE(journal->sweep());
  CHECK(folder.bytes() > before / 4);
  clock.now_ms += 11'000;
  REQUIRE(journal->sweep());
  CHECK(folder.bytes() < before / 20);
  CHECK(seqs(*read(thread("stays"))) == Seqs{1, 2, 3});
  CHECK_FALSE(opened(thread("thread-17")).head);
}

TEST_CASE_METHOD(JournalFixture, "the sweeper runs by itself") {
  options.sweep_period = std::chrono::milliseconds(5);
  start();
  finish_turn(thread("t"), 7, 1'000);
  clock.now_ms += 60'000;
  for (int i = 0; i < 2'000; ++i) {
    if (registry.text().find("parlance_journal_sweep_compactions_total 1") != std::string::npos)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(registry.text().find("parlance_journal_sweep_compactions_total 1") != std::string::npos);
}

TEST_CASE_METHOD(JournalFixture, "a damaged record is an error of its thread alone") {
  start();
  finish_turn(thread("good"));
  const auto owner = opened(thread("bad"));
  // The head names an ending that is not there.
  REQUIRE(append(thread("bad"), owner.epoch, 0, {accepted(1)}, head_of(7, {}, 9)) ==
          AppendOutcome::committed);
  journal->release(thread("bad"), owner.epoch);
  const auto answer = open(thread("bad"));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::record_damaged);
  CHECK(opened(thread("good")).seq == 3);
  CHECK(registry.text().find("parlance_journal_damaged_total 1\n") != std::string::npos);
}

TEST_CASE_METHOD(JournalFixture, "a store that cannot be opened is an error with its path") {
  options.path = folder.path() / "file" / "below";
  std::ofstream(folder.path() / "file") << "not a folder";
  const auto opened_store = RocksJournal::open_store(options, metrics, clock);
  REQUIRE_FALSE(opened_store);
  CHECK(opened_store.error().code == ErrorCode::storage_failed);
  CHECK(opened_store.error().detail.find(options.path.string()) != std::string::npos);
}

TEST_CASE_METHOD(JournalFixture, "two journals cannot share a folder") {
  start();
  CHECK_FALSE(RocksJournal::open_store(options, metrics, clock));
}

TEST_CASE_METHOD(JournalFixture, "ending the journal answers every call") {
  start();
  const auto owner = opened(thread("t"));
  std::atomic<int> answered = 0;
  for (std::uint64_t seq = 0; seq < 500; ++seq) {
    journal->append(
        make(thread("t"), owner.epoch, seq, {accepted(seq + 1)}, head_of(7)),
        [&](AppendOutcome outcome) { answered += outcome == AppendOutcome::committed ? 1 : 0; });
  }
  journal->read(thread("t"), 1, 9, 9, [&](auto) { ++answered; });
  journal->open(thread("t"), [&](auto) { ++answered; });
  journal.reset();
  CHECK(answered == 502);
}

TEST_CASE("a thread that is written in several writes is none until the last of them") {
  JournalFixture fixture;
  auto& journal = fixture.start();
  const auto key = thread("copy");
  const auto epoch = fixture.opened(key).epoch;
  Head head;
  head.incarnation = 9;
  head.turns = 2;
  head.last_ended_seq = 13;
  Head unmade = head;
  unmade.expires_ms = expires_unmade_ms;
  unmade.unfinished_seqs = {1};
  REQUIRE(fixture.append(key, epoch, 0, {}, unmade) == AppendOutcome::committed);
  // Places may be left out.
  Append first = JournalFixture::make(
      key, epoch, 0, {accepted(1, noise()), step(1, "one"), ended(1, 1, 0, {2})});
  Append second =
      JournalFixture::make(key, epoch, 10, {accepted(2), step(2, "two"), ended(2, 11, 3, {12})});
  second.seq = 3;
  const auto write = [&](const Append& append) {
    return JournalFixture::ask<AppendOutcome>([&](auto done) { journal.append(append, done); });
  };
  REQUIRE(write(first) == AppendOutcome::committed);

  SECTION("not while it is written, though it is swept") {
    fixture.clock.now_ms += 3'600'000;
    REQUIRE(journal.sweep());
    CHECK(fixture.unfinished().empty());
    REQUIRE(write(second) == AppendOutcome::committed);
    REQUIRE(fixture.append(key, epoch, 13, {}, head) == AppendOutcome::committed);
    fixture.restart();
    const auto made = fixture.opened(key);
    REQUIRE(made.head);
    CHECK(seqs(made.records) == std::vector<std::uint64_t>{1, 2, 3, 11, 12, 13});
    CHECK(made.seq == 13);
  }
  SECTION("not after a crash, and then it leaves the disk") {
    REQUIRE(write(second) == AppendOutcome::committed);
    auto& restarted = fixture.restart();
    CHECK_FALSE(fixture.opened(key).head);
    CHECK(fixture.read(key)->empty());
    CHECK(fixture.unfinished().empty());
    const auto before = fixture.folder.bytes();
    REQUIRE(restarted.sweep());
    CHECK(fixture.folder.bytes() + noise().size() / 4 < before);
    CHECK(fixture.finish_turn(key, 10).turns == 1);
    CHECK(seqs(fixture.opened(key).records) == std::vector<std::uint64_t>{1, 2, 3});
  }
}

TEST_CASE_METHOD(JournalFixture, "a journal without threads does nothing before it is stepped") {
  const OpenThreads open_threads;
  auto store = JournalStore::open_store(
      options, std::make_shared<ExpiryJudge>(open_threads, clock, options));
  REQUIRE(store);
  options.reader_threads = 1;
  journal = RocksJournal::without_threads(std::move(*store), options, metrics, clock);
  const auto owner = opened(thread("t"));  // memory can tell that there is none
  std::vector<AppendOutcome> outcomes;
  Head head;
  head.incarnation = 7;
  journal->append(make(thread("t"), owner.epoch, 0, {accepted(1)}, head),
                  [&](AppendOutcome outcome) { outcomes.push_back(outcome); });
  std::optional<std::size_t> records;
  journal->read(thread("t"), 1, 9, 9, [&](auto read) { records = (*read).size(); });
  using Step = JournalWriter::Step;
  CHECK(journal->writer().step() == Step::planned);
  journal->readers().step(0);
  CHECK(records == 0);  // planned is not written
  CHECK(journal->writer().step() == Step::written);
  CHECK(outcomes.empty());
  CHECK(journal->writer().step() == Step::answered);
  CHECK(outcomes == std::vector{AppendOutcome::committed});
  CHECK(journal->writer().step() == Step::idle);
  CHECK_FALSE(journal->readers().has_work(0));
  journal.reset();
}
