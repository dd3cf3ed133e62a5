// Connections that wait for their next request.
//
// The newest one is taken first, so that the others can grow old and be closed. What has become
// readable while it waited is dead: the peer closed it, or says what nobody asked for.
//
// Threading: every call may come from any thread.
//
// Bounds: idle_max connections for each origin, each for idle_time_max; one more is closed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace parlance::net {

struct HttpConnection {
  HttpConnection(boost::asio::io_context& io, std::size_t buffer_bytes_max)
      : socket(io),
        buffer(buffer_bytes_max) {}

  boost::asio::ip::tcp::socket socket;
  std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls;  // null: plain
  boost::beast::flat_buffer buffer;
  std::chrono::steady_clock::time_point idle_since;
};

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  ConnectionPool(boost::asio::io_context& io,
                 std::size_t idle_max,
                 std::chrono::milliseconds idle_time_max);

  // Null when none is idle.
  std::unique_ptr<HttpConnection> take(const std::string& origin);

  void give_back(const std::string& origin, std::unique_ptr<HttpConnection> connection);

  // Closes what is idle; what is given back later is closed at once.
  void close();

  std::size_t idle() const;

 private:
  using Idle = std::deque<std::unique_ptr<HttpConnection>>;  // oldest first

  void start_timer();
  void close_old();

  const std::size_t idle_max_;
  const std::chrono::milliseconds idle_time_max_;

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  boost::asio::steady_timer timer_;
  bool timer_runs_ = false;
  bool is_closed_ = false;
  std::map<std::string, Idle> idle_;  // no entry is empty
};

}  // namespace parlance::net
