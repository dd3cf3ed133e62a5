#include "bench/load/http_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <utility>

namespace parlance::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t read_bytes_max = 16U << 10U;
constexpr std::uint32_t header_bytes_max = 64U << 10U;
constexpr std::uint64_t body_bytes_max = 64ULL << 20U;

}  // namespace

std::string_view to_string(ExchangeEnd end) {
  switch (end) {
    case ExchangeEnd::whole:
      return "whole";
    case ExchangeEnd::not_connected:
      return "not_connected";
    case ExchangeEnd::timed_out:
      return "timed_out";
    case ExchangeEnd::cut:
      return "cut";
    case ExchangeEnd::malformed:
      return "malformed";
  }
  return "cut";
}

HttpConnection::HttpConnection(asio::io_context& io,
                               const asio::ip::tcp::endpoint& endpoint,
                               std::chrono::milliseconds timeout)
    : endpoint_(endpoint),
      timeout_(timeout),
      socket_(io) {}

asio::awaitable<bool> HttpConnection::open() {
  close();
  timed_out_ = false;
  deadline_ = Clock::now() + timeout_;
  error_code failed;
  co_await socket_.async_connect(endpoint_, asio::redirect_error(asio::use_awaitable, failed));
  deadline_ = Clock::time_point::max();
  if (failed) {
    close();
    co_return false;
  }
  socket_.set_option(asio::ip::tcp::no_delay(true), failed);
  socket_.non_blocking(true, failed);
  co_return true;
}

asio::awaitable<Exchange> HttpConnection::exchange(std::string_view request,
                                                   const OnPiece& on_piece) {
  Exchange exchange;
  if ((!socket_.is_open() || stale()) && !co_await open()) {
    exchange.end = timed_out_ ? ExchangeEnd::timed_out : ExchangeEnd::not_connected;
    exchange.last_byte_sent = exchange.ended = Clock::now();
    co_return exchange;
  }
  timed_out_ = false;
  deadline_ = Clock::now() + timeout_;
  if (co_await send(request, exchange)) co_await receive(exchange, on_piece);
  deadline_ = Clock::time_point::max();
  exchange.ended = Clock::now();
  if (exchange.end != ExchangeEnd::whole) close();
  co_return exchange;
}

asio::awaitable<bool> HttpConnection::send(std::string_view request, Exchange& exchange) {
  error_code failed;
  auto written = socket_.write_some(asio::buffer(request), failed);
  if (failed == asio::error::would_block) failed = {};
  if (!failed && written < request.size()) {
    written += co_await asio::async_write(socket_,
                                          asio::buffer(request.substr(written)),
                                          asio::redirect_error(asio::use_awaitable, failed));
  }
  exchange.last_byte_sent = Clock::now();
  bytes_sent_ += written;
  // The server may have refused and closed before it had read everything: its answer counts.
  if (failed && timed_out_) exchange.end = ExchangeEnd::timed_out;
  co_return !timed_out_;
}

asio::awaitable<void> HttpConnection::receive(Exchange& exchange, const OnPiece& on_piece) {
  http::response_parser<http::string_body> parser;
  parser.header_limit(header_bytes_max);
  parser.eager(true);
  parser.body_limit(on_piece ? boost::optional<std::uint64_t>() : body_bytes_max);
  buffer_.clear();
  error_code failed;
  while (!parser.is_done()) {
    const auto size = co_await socket_.async_read_some(
        buffer_.prepare(read_bytes_max), asio::redirect_error(asio::use_awaitable, failed));
    const auto now = Clock::now();
    if (failed) {
      if (parser.got_some() && failed == asio::error::eof) parser.put_eof(failed);
      if (!failed && parser.is_done()) break;
      exchange.end = failure();
      break;
    }
    buffer_.commit(size);
    bytes_received_ += size;
    while (buffer_.size() > 0 && !parser.is_done()) {
      const auto used = parser.put(buffer_.data(), failed);
      buffer_.consume(used);
      if (failed || used == 0) break;
    }
    if (failed && failed != http::error::need_more) {
      exchange.end = ExchangeEnd::malformed;
      break;
    }
    auto& body = parser.get().body();
    if (on_piece && !body.empty() && parser.get().result() == http::status::ok) {
      on_piece(body, now);
      body.clear();
    }
  }
  if (!parser.is_header_done()) co_return;
  auto& response = parser.get();
  exchange.status = response.result_int();
  exchange.retry_after = std::string(response["Retry-After"]);
  exchange.error_code = std::string(response["x-error-code"]);
  exchange.body = std::move(response.body());
  if (exchange.end == ExchangeEnd::whole && !parser.keep_alive()) close();
}

// Readable before a request was sent: the server has closed, or speaks out of turn.
bool HttpConnection::stale() {
  char byte = 0;
  error_code failed;
  socket_.receive(asio::buffer(&byte, 1), asio::ip::tcp::socket::message_peek, failed);
  return failed != asio::error::would_block;
}

void HttpConnection::close() {
  error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::check_deadline(Clock::time_point now) {
  if (now < deadline_) return;
  deadline_ = Clock::time_point::max();
  timed_out_ = true;
  close();
}

}  // namespace parlance::bench
