#include "runtime/limits/provider_quota.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <limits>
#include <vector>

namespace parlance {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr ProviderQuota::Time noon{12h};

ToldQuota quota(std::uint64_t limit, std::uint64_t remaining, milliseconds reset) {
  return {limit, remaining, reset};
}

// Takes so much a minute, and says truly what is left: a bucket that refills evenly, or a window
// that begins anew each minute.
class HonestProvider {
 public:
  enum class Kind { bucket, window };

  HonestProvider(Kind kind, double limit) : kind_(kind), limit_(limit), amount_(limit) {}

  // Whether it takes a call; it is told what is left then.
  bool take(ProviderQuota::Time now) {
    roll(now);
    if (amount_ < 1) return false;
    amount_ -= 1;
    return true;
  }

  ToldQuota left() const {
    const double seconds = kind_ == Kind::bucket
                               ? (limit_ - amount_) / limit_ * 60
                               : std::chrono::duration<double>(at_ + 60s - now_).count();
    return quota(static_cast<std::uint64_t>(limit_),
                 static_cast<std::uint64_t>(amount_),
                 milliseconds(static_cast<std::int64_t>(seconds * 1'000)));
  }

 private:
  void roll(ProviderQuota::Time now) {
    now_ = now;
    if (kind_ == Kind::bucket) {
      const double seconds = std::chrono::duration<double>(now - at_).count();
      amount_ = std::min(limit_, amount_ + seconds * limit_ / 60);
      at_ = now;
    } else if (now >= at_ + 60s) {
      at_ += 60s * ((now - at_) / 60s);
      amount_ = limit_;
    }
  }

  Kind kind_;
  double limit_;
  double amount_;
  ProviderQuota::Time at_ = noon;
  ProviderQuota::Time now_ = noon;
};

struct Sent {
  ProviderQuota::Time answered_at;
  ProviderQuota::Mark mark = 0;
  bool refused = false;
  ToldQuota told;
};

// Somebody who always wants to send more: 16 calls at once, of 300 ms each.
struct Sender {
  ProviderQuota quota;
  std::deque<Sent> running;
  int taken = 0;
  int refused = 0;

  void step(HonestProvider& provider, ProviderQuota::Time now) {
    while (!running.empty() && running.front().answered_at <= now) {
      const Sent& call = running.front();
      quota.told(call.told, call.mark, call.refused, now);
      running.pop_front();
    }
    while (running.size() < 16 && quota.fits_at(1, now) <= now) {
      const auto mark = quota.sent(1, now);
      const bool is_taken = provider.take(now);
      (is_taken ? taken : refused) += 1;
      running.push_back({now + 300ms, mark, !is_taken, provider.left()});
    }
  }
};

void run(std::vector<Sender>& senders, HonestProvider& provider, std::chrono::seconds time) {
  for (auto now = noon; now < noon + time; now += 10ms)
    for (Sender& sender : senders)
      sender.step(provider, now);
}

TEST_CASE("what is told to be left goes, and the next call waits for the reset") {
  ProviderQuota left;
  const auto mark = left.sent(1, noon);
  left.told(quota(60, 2, 20s), mark, false, noon);
  CHECK(left.fits_at(1, noon) == noon);
  left.sent(1, noon);
  left.sent(1, noon);
  CHECK(left.fits_at(1, noon) == noon + 20s);
  CHECK(left.left(noon + 5s) == quota(60, 0, 15s));
  CHECK(left.fits_at(1, noon + 20s) == noon + 20s);
}

TEST_CASE("calls that were sent behind the one that is answered are taken off") {
  ProviderQuota left;
  const auto first = left.sent(10, noon);
  left.sent(10, noon);
  const auto third = left.sent(10, noon);
  left.told(quota(100, 25, 5s), first, false, noon + 1s);
  CHECK(left.left(noon + 1s)->remaining == 5U);
  left.told(quota(100, 30, 5s), third, false, noon + 1s);
  CHECK(left.left(noon + 1s)->remaining == 30U);
  left.told(quota(100, 90, 5s), first, false, noon + 2s);  // older than what is known
  CHECK(left.left(noon + 2s)->remaining == 30U);
}

TEST_CASE("a bucket gives back evenly, a window at once") {
  ProviderQuota bucket;
  bucket.told(quota(60, 0, 60s), 0, false, noon);
  CHECK(bucket.fits_at(1, noon) == noon + 1s);
  CHECK(bucket.fits_at(10, noon) == noon + 10s);
  ProviderQuota window;
  window.told(quota(60, 0, 30s), 0, false, noon);  // half of a minute's would be there then
  CHECK(window.fits_at(1, noon) == noon + 30s);
}

TEST_CASE("a reset that stands still is no bucket's, whatever it looks like") {
  ProviderQuota left;
  left.told(quota(60, 0, 60s), 0, false, noon);
  left.told(quota(60, 0, 57s), 0, false, noon + 3s);
  CHECK(left.fits_at(1, noon + 3s) == noon + 60s);
  left.told(quota(60, 0, 60s), 0, false, noon + 6s);
  CHECK(left.fits_at(1, noon + 6s) == noon + 7s);
}

TEST_CASE("a bucket of which little is taken is one, though its reset is hardly put off") {
  ProviderQuota left;
  left.told(quota(100'000, 5'000, 57s), 0, false, noon);
  const auto small = left.sent(1'000, noon + 3s);
  left.told(quota(100'000, 9'000, 54'600ms), small, false, noon + 3s);
  CHECK(left.fits_at(20'000, noon + 3s) < noon + 10s);
  const auto tiny = left.sent(100, noon + 6s);
  left.told(quota(100'000, 13'900, 51'660ms), tiny, false, noon + 6s);
  CHECK(left.fits_at(20'000, noon + 6s) < noon + 10s);
}

TEST_CASE("a window of few calls is known once a bucket would have given one back") {
  ProviderQuota left;
  left.told(quota(40, 10, 45s), 0, false, noon);
  left.told(quota(40, 10, 42'500ms), 0, false, noon + 2'500ms);
  left.sent(10, noon + 2'500ms);
  CHECK(left.fits_at(1, noon + 2'500ms) < noon + 10s);
  left.told(quota(40, 10, 41'500ms), 10, false, noon + 3'500ms);
  left.sent(10, noon + 3'500ms);
  CHECK(left.fits_at(1, noon + 3'500ms) == noon + 45s);
}

TEST_CASE("what cannot be true holds nobody back for longer than a minute or so") {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const ToldQuota wrong = GENERATE(quota(60, 0, 0ms),
                                   quota(60, 0, -5s),
                                   quota(0, 0, 5s),
                                   quota(1, most, 5s),
                                   quota(most, most, milliseconds::max()),
                                   quota(most, 0, milliseconds::max()),
                                   quota(60, 0, milliseconds::max()),
                                   ToldQuota{60, {}, 5s},
                                   ToldQuota{60, 0, {}},
                                   ToldQuota{{}, 0, std::chrono::hours(24)},
                                   ToldQuota{});
  ProviderQuota left;
  const auto mark = left.sent(1, noon);
  left.told(wrong, mark, false, noon);
  for (auto now = noon; now < noon + 10min; now += 1s) {
    CHECK(left.fits_at(most, now) <= now + ProviderQuota::hold_max);
    if (left.fits_at(1'000, now) <= now) left.sent(1'000, now);
  }
}

TEST_CASE("behind a reset that is far away one call goes, and then what its answer allows") {
  ProviderQuota left;
  left.told(quota(100, 0, 5h), 0, true, noon);
  CHECK(left.fits_at(1, noon) == noon + ProviderQuota::hold_max);
  const auto later = noon + ProviderQuota::hold_max;
  REQUIRE(left.fits_at(1, later) == later);
  const auto probe = left.sent(1, later);
  CHECK(left.fits_at(1, later) == later + ProviderQuota::hold_max);
  left.told(quota(100, 40, 5h), probe, false, later + 1s);
  CHECK(left.fits_at(40, later + 1s) == later + 1s);
}

TEST_CASE("a call that costs more than there ever is goes when all is there") {
  ProviderQuota left;
  left.told(quota(1'000, 500, 30s), 0, false, noon);
  CHECK(left.fits_at(5'000, noon) > noon + 29s);
  CHECK(left.fits_at(5'000, noon + 30s) == noon + 30s);
}

TEST_CASE("a provider that stops saying anything binds nobody any more") {
  ProviderQuota left;
  left.told(quota(10, 0, 20s), 0, false, noon);
  for (int call = 0; call < 10; ++call) {
    REQUIRE(left.fits_at(1, noon + 20s) == noon + 20s);
    left.sent(1, noon + 20s);
  }
  CHECK(left.fits_at(1, noon + 20s) == noon + 80s);
  CHECK(left.fits_at(1, noon + 80s) == noon + 80s);
  CHECK_FALSE(left.left(noon + 80s));
}

TEST_CASE("a bucket is used to the full, and refuses nothing") {
  const double limit = GENERATE(20, 60, 600, 6'000);
  HonestProvider provider(HonestProvider::Kind::bucket, limit);
  std::vector<Sender> senders(1);
  run(senders, provider, 300s);
  CHECK(senders[0].refused == 0);
  const double possible = std::min(limit * 6, 16 / 0.31 * 300);  // full at first, five minutes more
  CHECK(senders[0].taken >= 0.95 * possible - 16);
}

TEST_CASE("a window is used to the full, and refuses hardly anything") {
  const double limit = GENERATE(20, 60, 600, 6'000);
  HonestProvider provider(HonestProvider::Kind::window, limit);
  std::vector<Sender> senders(1);
  run(senders, provider, 300s);
  CHECK(senders[0].refused <= 1 + senders[0].taken / 100);
  CHECK(senders[0].taken >= 0.95 * std::min(limit * 5, 16 / 0.31 * 300) - 16);
}

TEST_CASE("replicas that share a bucket use it, and few of their calls are refused") {
  HonestProvider provider(HonestProvider::Kind::bucket, 600);
  std::vector<Sender> senders(3);
  run(senders, provider, 600s);
  int taken = 0;
  int refused = 0;
  for (const Sender& sender : senders) {
    taken += sender.taken;
    refused += sender.refused;
    CHECK(sender.taken > 600);
  }
  CAPTURE(taken, refused);
  CHECK(taken >= 0.9 * 600 * 11);
  CHECK(refused <= taken / 5);
}

TEST_CASE("of two quantities, the one that lets a call go later decides") {
  ProviderQuotas quotas;
  const auto mark = quotas.sent(100, noon);
  quotas.told({quota(60, 5, 20s), quota(1'000, 50, 10s), false}, mark, noon);
  CHECK(quotas.fits_at(50, noon) == noon);
  CHECK(quotas.fits_at(60, noon) == noon + 10s);
  quotas.told({quota(60, 0, 20s), quota(1'000, 50, 10s), false}, mark, noon);
  CHECK(quotas.fits_at(50, noon) == noon + 20s);
}

}  // namespace
}  // namespace parlance
