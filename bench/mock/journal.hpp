// What the mock provider saw: one entry a request, and the sums over all of them.
//
// Threading: the mock's one thread.
// Bounds: the latest 100,000 entries; older ones are forgotten and counted (`entries_forgotten`).
#pragma once

#include "runtime/base/json.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_set>

namespace parlance::bench {

enum class MockOutcome : std::uint8_t {
  open,           // waiting for a slot, or being answered
  finished,       // the whole answer was written
  refused,        // an HTTP error was written
  client_closed,  // the client went first
  cut,            // the mock ended it: the faults cut, reset, garbage and error
};

struct MockEntry {
  std::uint64_t id = 0;
  std::string model;
  std::string text;  // the first 80 characters of the last user message
  std::string user;
  std::size_t messages = 0;
  bool stream = false;
  std::string fault;            // or empty
  std::string options = "{}";   // JSON, at most 4 KiB: the request's other members
  unsigned status = 0;          // 0: no head was written
  std::uint32_t tokens_in = 0;  // of the prompt
  std::uint32_t tokens_sent = 0;
  std::size_t at_once = 0;  // answers being given when this one began, itself included
  MockOutcome outcome = MockOutcome::open;
  std::int64_t arrived_at_ms = 0;  // since 1970
  double began_after_ms = -1;      // all "after" are since arrival; -1: has not happened
  double first_token_after_ms = -1;
  double ended_after_ms = -1;
  double closed_after_ms = -1;  // when the client's socket was closed, by whichever side
};

class MockJournal {
 public:
  using Clock = std::chrono::steady_clock;

  // Takes the entry in, gives it its id and its time of arrival, and says the id.
  std::uint64_t arrived(MockEntry entry);

  void began(std::uint64_t id);
  void waiting(std::uint32_t count);  // how many wait for a slot
  void head_written(std::uint64_t id, unsigned status);
  void tokens_written(std::uint64_t id, std::uint32_t count);
  void ended(std::uint64_t id, MockOutcome outcome);
  void closed(std::uint64_t id);  // of several, the first counts

  // Entries from `since` (an id) on, at most `limit` of them, oldest first.
  Json entries(std::uint64_t since, std::size_t limit) const;
  Json stats() const;

  // Forgets entries, sums and peaks. Answers being given go on, and count as such.
  void reset();

 private:
  struct Record {
    MockEntry entry;
    Clock::time_point arrived;
  };

  Record* find(std::uint64_t id);

  std::deque<Record> records_;
  std::unordered_set<std::uint64_t> running_;  // answers being given
  std::uint64_t next_id_ = 1;
  std::uint64_t requests_ = 0;
  std::uint64_t entries_forgotten_ = 0;
  std::uint64_t tokens_sent_ = 0;
  std::uint64_t streams_ = 0;
  std::size_t at_once_max_ = 0;
  std::uint32_t waiting_ = 0;
  std::uint32_t waiting_max_ = 0;
  std::map<MockOutcome, std::uint64_t> by_outcome_;
  std::map<std::string, std::uint64_t> by_status_;
  std::map<std::string, std::uint64_t> by_fault_;
};

}  // namespace parlance::bench
