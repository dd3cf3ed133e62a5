// Who may come in how often: decided by a request's head, before any work is done; for users, whom
// its body names, before its turn is.
//
// Requests are counted in a sliding window by address, key, tenant and user (RateLimits). One that
// is over any of these limits is refused and counts for none. So is one that finds the tokens of
// its key, tenant or user used up; they are taken when a call to a model is made, by whoever makes
// it. Only routes of chat clients are counted: an operator gets in while clients knock.
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
#include "net/door_options.hpp"
#include "runtime/base/error.hpp"
#include "runtime/limits/lru_map.hpp"
#include "runtime/limits/rate_limits.hpp"
#include "runtime/limits/sliding_window.hpp"
#include "runtime/metrics/http_metrics.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

RateOptions rate_options(const DoorOptions& options);

class Door {
 public:
  using Time = SlidingWindow::Time;

  // `rates` is made by rate_options(), and may be shared with those who count tokens.
  Door(DoorOptions options, std::shared_ptr<RateLimits> rates, HttpMetrics& metrics);

  static bool is_address(const std::string& text);

  // As limits count it.
  std::string address_of(const boost::asio::ip::address& peer,
                         std::string_view forwarded_for) const;

  // Somebody who has come in; nobody, without clients.
  struct Visitor {
    RateLimits::Clients clients;
    Time since{};
  };

  // rate_limited, with the time until there is room. `headers` are the lines that tell the client
  // how much it has left; none without limits.
  std::optional<Error> enter(std::string_view address,
                             const Caller& caller,
                             Time now,
                             Visitor& visitor,
                             std::string& headers);

  // The same, once its user is known. Who is refused here has not come in at all.
  std::optional<Error> enter_user(Visitor& visitor,
                                  const std::string& tenant,
                                  const std::string& user,
                                  Time now,
                                  std::string& headers);

  // Behind the door there were too few tokens for it: it has not come in either. Its user came in
  // at `user_since`. Nothing, for one who was refused here.
  void give_back(Visitor& visitor, Time user_since, Time now, std::string& headers);

  // What to answer to a wrong key, and how long to wait before.
  struct WrongKey {
    Error error;
    std::chrono::milliseconds delay{0};
  };
  WrongKey wrong_key(std::string_view address, Error unauthenticated, Time now);

 private:
  std::optional<Error> refusal_of(const RateLimits::Clients& clients, Time now);
  Counter& counter_of(RateOf of);
  void tell_left(const Visitor& visitor, Time now, std::string& headers);

  const DoorOptions options_;
  std::vector<boost::asio::ip::address> proxies_;
  const std::shared_ptr<RateLimits> rates_;
  HttpMetrics& metrics_;
  std::mutex mutex_;
  LruMap<SlidingWindow> wrong_keys_;  // by address; guarded by mutex_
};

}  // namespace parlance::net
