// The load generator's HTTP/1.1 connection: one request at a time, and the times of its parts.
//
// A request is written at once where the socket takes it, so that its last byte's time is taken
// directly after the system call. The connection opens itself when it is not open; one that the
// server closed while it was idle is opened anew.
//
// Threading: the io_context's one thread.
// Bounds: heads of 64 KiB; bodies of 64 MiB, or any length when they are handed on in pieces.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace parlance::bench {

enum class ExchangeEnd : std::uint8_t { whole, not_connected, timed_out, cut, malformed };

// "cut", … as errors_by_code names it.
std::string_view to_string(ExchangeEnd end);

struct Exchange {
  using Clock = std::chrono::steady_clock;

  ExchangeEnd end = ExchangeEnd::whole;
  unsigned status = 0;
  std::string retry_after;  // the header, or empty
  std::string error_code;   // the header x-error-code, or empty
  std::string body;         // empty when it was handed on
  Clock::time_point last_byte_sent;
  Clock::time_point ended;
};

class HttpConnection {
 public:
  using Clock = Exchange::Clock;
  // Takes pieces of the body of a 200 answer as they come, with the time of their coming.
  using OnPiece = std::function<void(std::string_view piece, Clock::time_point when)>;

  HttpConnection(boost::asio::io_context& io,
                 const boost::asio::ip::tcp::endpoint& endpoint,
                 std::chrono::milliseconds timeout);

  boost::asio::awaitable<bool> open();
  boost::asio::awaitable<Exchange> exchange(std::string_view request, const OnPiece& on_piece = {});

  // Ends an exchange that has lasted too long. Called every few milliseconds by the owner.
  void check_deadline(Clock::time_point now);

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  boost::asio::awaitable<bool> send(std::string_view request, Exchange& exchange);
  boost::asio::awaitable<void> receive(Exchange& exchange, const OnPiece& on_piece);
  bool stale();
  void close();
  ExchangeEnd failure() const { return timed_out_ ? ExchangeEnd::timed_out : ExchangeEnd::cut; }

  boost::asio::ip::tcp::endpoint endpoint_;
  std::chrono::milliseconds timeout_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace parlance::bench
