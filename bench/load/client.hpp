// One of those who send turns: its connection, its timer, and the thread that its turns are on.
//
// Threading: the load run's.
#pragma once

#include "bench/load/http_connection.hpp"
#include "bench/load/plan.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace parlance::bench {

struct Client {
  Client(boost::asio::io_context& io,
         const boost::asio::ip::tcp::endpoint& endpoint,
         const LoadPlan& plan)
      : connection(io, endpoint, plan.timeout),
        timer(io) {}

  HttpConnection connection;
  boost::asio::steady_timer timer;
  std::string thread;
  std::size_t turns_on_thread = 0;  // so far
  std::size_t turns_left_on_thread = 0;
  std::uint64_t arrivals = 0;  // it has taken so many
};

// Over early when the timer is cancelled.
boost::asio::awaitable<void> pause(boost::asio::steady_timer& timer,
                                   std::chrono::milliseconds time);

}  // namespace parlance::bench
