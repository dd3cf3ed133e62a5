// What the mock provider takes in a minute, in requests and in tokens: buckets that refill evenly,
// as those of OpenAI and Anthropic do, and what it says of them.
//
// Threading: the mock's one thread.
// Bounds: by the settings' requests_per_minute and tokens_per_minute at the time of asking; 0 is no
// limit.
#pragma once

#include "bench/mock/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace parlance::bench {

class MockBucket {
 public:
  using Clock = std::chrono::steady_clock;

  struct Left {
    std::uint64_t limit = 0;
    std::uint64_t remaining = 0;
    std::chrono::milliseconds reset{0};  // until it is full
  };

  // From now on it holds `limit`, and is full when it held something else before.
  void refill(std::uint64_t limit, Clock::time_point now);
  // Until `amount` is there, or, where that is more than there ever is, until it is full.
  std::chrono::milliseconds wait(std::uint64_t amount) const;
  void take(std::uint64_t amount);
  std::optional<Left> left(Clock::time_point now) const;  // none: there is no limit

 private:
  double amount_at(Clock::time_point now) const;
  std::chrono::milliseconds time_of(double amount) const;

  std::uint64_t limit_ = 0;
  double amount_ = 0;
  Clock::time_point at_{};
};

struct MockLimitsLeft {
  std::optional<MockBucket::Left> requests;
  std::optional<MockBucket::Left> tokens;
};

class MockLimits {
 public:
  // Takes one request of so many tokens, or says how long it is until it would: then nothing is
  // taken.
  std::optional<std::chrono::milliseconds> take(const MockSettings& settings,
                                                std::uint64_t tokens,
                                                MockBucket::Clock::time_point now);
  MockLimitsLeft left(MockBucket::Clock::time_point now) const {
    return {requests_.left(now), tokens_.left(now)};
  }

 private:
  MockBucket requests_;
  MockBucket tokens_;
};

}  // namespace parlance::bench
