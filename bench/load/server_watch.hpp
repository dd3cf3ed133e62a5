// What a Parlance says of itself while it is under load: its /metrics, once a second, on the time
// axis of the turns. A server that has none is left alone.
//
// Threading: the load run's. Bounds: a connection of its own, one request on it at a time.
#pragma once

#include "bench/load/figures.hpp"
#include "bench/load/http_connection.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>

namespace parlance::bench {

class ServerWatch {
 public:
  using Clock = HttpConnection::Clock;

  // Both outlive it.
  ServerWatch(boost::asio::io_context& io,
              const boost::asio::ip::tcp::endpoint& endpoint,
              std::chrono::milliseconds timeout,
              const std::string& request,
              Figures& figures);

  // Until stop(), or there is nothing to be seen.
  boost::asio::awaitable<void> run(Clock::time_point start);
  void stop();

  // Called every few milliseconds by the owner.
  void check_deadline(Clock::time_point now) { connection_.check_deadline(now); }

 private:
  const std::string& request_;
  Figures& figures_;
  HttpConnection connection_;
  boost::asio::steady_timer timer_;
  bool stopped_ = false;
};

}  // namespace parlance::bench
