// One client's connection to the mock provider.
//
// While a request is being answered the connection watches its socket, so that it knows within
// moments when the client has gone, also while nothing is being written: it then ends every wait
// and every write, and tells `on_gone` once. Data that a client sends ahead of its answer stays in
// the socket; from then on its going is noticed by the next write.
//
// Threading: the io_context's one thread. Held by shared_ptr while something runs on it.
// Bounds: one request of at most 16 MiB, and one write at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace parlance::bench {

class MockConnection : public std::enable_shared_from_this<MockConnection> {
 public:
  using Clock = std::chrono::steady_clock;
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  explicit MockConnection(boost::asio::ip::tcp::socket socket);

  // Nothing when the client has closed, or sent what is not HTTP.
  boost::asio::awaitable<std::optional<Request>> read();

  void watch(std::function<void()> on_gone);
  void stop_watching();
  bool gone() const { return gone_; }

  // Each false when the client has gone.
  boost::asio::awaitable<bool> wait_until(Clock::time_point when);
  boost::asio::awaitable<bool> wait_for_wake_up();  // until wake_up()
  boost::asio::awaitable<bool> write(std::string_view bytes);

  // A wake-up that comes before the wait ends that wait at once.
  void wake_up();

  void close();
  void reset();  // the client gets an RST

 private:
  void await_readable();
  void lost();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::function<void()> on_gone_;
  std::uint64_t watch_number_ = 0;  // a watch that was stopped must not speak for the next one
  bool woken_ = false;
  bool gone_ = false;
};

}  // namespace parlance::bench
