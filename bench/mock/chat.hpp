// A call of the mock provider, in whichever API: one request, from its arrival to its end.
//
// Threading: the mock's one thread; waits are timers.
#pragma once

#include "bench/mock/answer.hpp"
#include "bench/mock/connection.hpp"
#include "bench/mock/journal.hpp"
#include "bench/mock/limits.hpp"
#include "bench/mock/settings.hpp"
#include "bench/mock/shape.hpp"
#include "bench/mock/slots.hpp"

#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace parlance::bench {

// What all requests share.
struct MockState {
  MockSettings settings;
  MockJournal journal;
  MockSlots slots;
  MockLimits limits;
  std::mt19937_64 random{1};
  std::uint64_t faults_given = 0;
};

using MockConnectionPtr = std::shared_ptr<MockConnection>;

// A whole HTTP response; `headers` are complete lines.
std::string http_response(unsigned status,
                          std::string_view content_type,
                          std::string_view headers,
                          std::string_view body);

class MockChat {
 public:
  // `shape` is one of bench/mock/shape.hpp.
  MockChat(MockState& state, const MockShape& shape, MockConnectionPtr connection);

  // Answers, and says what became of it. `entry` is its id in the journal.
  boost::asio::awaitable<MockOutcome> answer(const MockConnection::Request& request);
  std::uint64_t entry() const { return entry_; }

 private:
  using Clock = MockConnection::Clock;

  Result<void> read(const MockConnection::Request& request);
  void choose_fault();
  bool has(MockFaultKind kind) const { return fault_ && fault_->kind == kind; }
  bool breaks_off() const;

  // False: it is beyond the limits of a minute.
  bool fits_into_minute();
  boost::asio::awaitable<MockOutcome> admitted();
  boost::asio::awaitable<MockOutcome> serve();
  boost::asio::awaitable<MockOutcome> stream(const MockAnswer& answer);
  boost::asio::awaitable<MockOutcome> whole(const MockAnswer& answer);
  boost::asio::awaitable<MockOutcome> break_stream();
  boost::asio::awaitable<MockOutcome> refuse(unsigned status, std::string body);
  boost::asio::awaitable<MockOutcome> hang();
  boost::asio::awaitable<bool> write_tokens(std::string& bytes, std::uint32_t tokens);
  std::string stream_head();
  std::string headers(unsigned status) const;

  MockState& state_;
  const MockShape& shape_;
  MockConnectionPtr connection_;
  MockSettings settings_;  // the state's at arrival, and the request's own
  MockPrompt prompt_;
  std::optional<MockFault> fault_;
  std::uint64_t entry_ = 0;
};

}  // namespace parlance::bench
