// How much clients did lately: requests and tokens, each counted in a sliding window, by address,
// key, tenant and user.
//
//   take        all that it is counted for have room for it, and it counts; or it is refused, and
//               counts for none
//   add         it counts, whether there is room or not
//   take_back   it does not count after all, or less of it
//
// So the tokens of a call are taken before it is made, as many as it may come to, and what it did
// not need comes back when it ends. More than a limit lets through at all passes while nothing else
// is counted.
//
// Bounds: clients_max are remembered for each limit, once something counts for them; the least
// recently seen leave.
// Threading: any thread; one mutex, held for a few look-ups.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/limits/lru_map.hpp"
#include "runtime/limits/sliding_window.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance {

enum class RateUnit : std::uint8_t { requests, tokens };
enum class RateOf : std::uint8_t { address, key, tenant, user };
std::string_view to_string(RateUnit unit);
std::string_view to_string(RateOf of);

struct RateLimit {
  RateOf of = RateOf::address;
  RateUnit unit = RateUnit::requests;
  std::uint64_t most = 0;  // in a window; 0: no limit
};

struct RateOptions {
  std::chrono::milliseconds window{60'000};
  std::size_t clients_max = 10'000;
  std::vector<RateLimit> limits;
};

class RateLimits {
 public:
  using Time = SlidingWindow::Time;

  // Somebody whom a limit may be counted for; nobody, without a name.
  struct Client {
    RateOf of = RateOf::address;
    std::string name;
  };
  using Clients = std::vector<Client>;
  static Client user_of(const std::string& tenant, const std::string& user);

  struct Refusal {
    RateLimit limit;
    std::chrono::milliseconds window{0};
    std::chrono::milliseconds wait{0};  // until there is room

    Error error() const;  // rate_limited
  };

  // Of the limit that is nearest to being reached.
  struct Left {
    std::uint64_t most = 0;
    std::uint64_t left = 0;
    std::chrono::milliseconds reset{0};  // until all of it is free
  };

  explicit RateLimits(RateOptions options = {});

  bool empty() const { return limits_.empty(); }
  bool has(RateUnit unit) const;

  // What take() would say.
  std::optional<Refusal> refusal_of(RateUnit unit,
                                    const Clients& clients,
                                    std::uint64_t amount,
                                    Time now);
  std::optional<Refusal> take(RateUnit unit,
                              const Clients& clients,
                              std::uint64_t amount,
                              Time now);
  void add(RateUnit unit, const Clients& clients, std::uint64_t amount, Time now);
  void take_back(RateUnit unit, const Clients& clients, std::uint64_t amount, Time at);

  // None: nobody of them has a limit.
  std::optional<Left> left(RateUnit unit, const Clients& clients, Time now);

 private:
  struct Limit {
    RateLimit limit;
    LruMap<SlidingWindow> windows;
  };
  struct Counted {
    Limit* limit = nullptr;
    const std::string* name = nullptr;  // of the client
    SlidingWindow* window = nullptr;    // null: it is not remembered
  };

  std::vector<Counted> counted(RateUnit unit, const Clients& clients);
  std::optional<Refusal> judge(const std::vector<Counted>& all,
                               std::uint64_t amount,
                               Time now) const;
  void count(const std::vector<Counted>& all, std::uint64_t amount, Time now) const;

  const std::chrono::milliseconds window_;
  std::mutex mutex_;
  std::vector<Limit> limits_;  // those that there are; their windows are guarded by mutex_
};

}  // namespace parlance
