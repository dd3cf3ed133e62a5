// Who may come in how often: decided by a request's head alone, before any work is done.
//
// Requests are counted in a sliding window by address, by key and by tenant. One that is over any
// of these limits is refused and counts for none. Only routes of chat clients are counted: an
// operator gets in while clients knock.
//
// Wrong keys are counted by address. Some are answered at once, further ones late, and past
// wrong_keys_max the address is locked out: its wrong keys are told so, until they have left the
// window. Each one counts, so that it has to stop before it is heard again. A right key is served
// all the same: keys are 256 random bits, which nobody finds by trying, and otherwise anybody could
// lock out all others behind the same proxy.
//
// An address is that of the connection, or, where the connection is one of proxies_trusted, the
// last in X-Forwarded-For that is not. IPv6 addresses count by their /64, which is what one
// customer is given.
//
// Bounds: clients_max of each kind are remembered; the least recently seen leave.
// Threading: any thread; one mutex, held for a few look-ups.
#pragma once

#include "net/auth/key_store.hpp"
#include "runtime/base/error.hpp"
#include "runtime/limits/lru_map.hpp"
#include "runtime/limits/sliding_window.hpp"
#include "runtime/metrics/http_metrics.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

struct DoorOptions {
  std::chrono::milliseconds window{60'000};
  // In a window; 0: no limit.
  std::uint32_t requests_per_address_max = 0;
  std::uint32_t requests_per_key_max = 0;
  std::uint32_t requests_per_tenant_max = 0;
  std::uint32_t wrong_keys_max = 20;
  std::uint32_t clients_max = 10'000;
  std::vector<std::string> proxies_trusted;  // for each, is_address()
};

class Door {
 public:
  using Time = SlidingWindow::Time;

  Door(DoorOptions options, HttpMetrics& metrics);

  static bool is_address(const std::string& text);

  // As limits count it.
  std::string address_of(const boost::asio::ip::address& peer,
                         std::string_view forwarded_for) const;

  // rate_limited, with the time until there is room. Else `headers` are the lines that tell the
  // client how much it has left; none without limits.
  std::optional<Error> enter(std::string_view address,
                             const Caller& caller,
                             Time now,
                             std::string& headers);

  // What to answer to a wrong key, and how long to wait before.
  struct WrongKey {
    Error error;
    std::chrono::milliseconds delay{0};
  };
  WrongKey wrong_key(std::string_view address, Error unauthenticated, Time now);

 private:
  // A limit on requests, and those it is counted for.
  struct Limit {
    std::string_view name;
    std::uint32_t most;
    Counter* refused;
    LruMap<SlidingWindow> windows;
  };

  SlidingWindow& window_of(LruMap<SlidingWindow>& windows, std::string_view name) const;

  const DoorOptions options_;
  std::vector<boost::asio::ip::address> proxies_;
  HttpMetrics& metrics_;
  std::mutex mutex_;
  std::vector<Limit> limits_;         // those that there are; guarded by mutex_
  LruMap<SlidingWindow> wrong_keys_;  // by address; guarded by mutex_
};

}  // namespace parlance::net
