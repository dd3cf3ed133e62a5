#include "bench/mock/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <utility>

namespace parlance::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint64_t body_bytes_max = 16ULL << 20U;
constexpr std::uint32_t header_bytes_max = 64U << 10U;

}  // namespace

MockConnection::MockConnection(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

asio::awaitable<std::optional<MockConnection::Request>> MockConnection::read() {
  http::request_parser<http::string_body> parser;
  parser.body_limit(body_bytes_max);
  parser.header_limit(header_bytes_max);
  error_code failed;
  co_await http::async_read(
      socket_, buffer_, parser, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return std::nullopt;
  co_return parser.release();
}

void MockConnection::watch(std::function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  ++watch_number_;
  await_readable();
}

void MockConnection::stop_watching() {
  ++watch_number_;
  on_gone_ = nullptr;
  error_code ignored;
  socket_.cancel(ignored);
}

void MockConnection::await_readable() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this(), watch_number = watch_number_](error_code failed) {
                       if (failed || watch_number != self->watch_number_) return;
                       char byte = 0;
                       self->socket_.receive(
                           asio::buffer(&byte, 1), asio::ip::tcp::socket::message_peek, failed);
                       if (failed == asio::error::would_block) return self->await_readable();
                       if (failed) self->lost();
                     });
}

void MockConnection::lost() {
  if (gone_) return;
  gone_ = true;
  if (on_gone_) std::exchange(on_gone_, nullptr)();
  timer_.cancel();
  error_code ignored;
  socket_.cancel(ignored);
}

asio::awaitable<bool> MockConnection::wait_until(Clock::time_point when) {
  if (gone_ || when <= Clock::now()) co_return !gone_;
  timer_.expires_at(when);
  error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return !gone_;
}

asio::awaitable<bool> MockConnection::wait_for_wake_up() {
  while (!gone_ && !woken_) {
    co_await wait_until(Clock::time_point::max());
  }
  woken_ = false;
  co_return !gone_;
}

asio::awaitable<bool> MockConnection::write(std::string_view bytes) {
  if (gone_) co_return false;
  error_code failed;
  co_await asio::async_write(
      socket_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, failed));
  if (failed) lost();
  co_return !gone_;
}

void MockConnection::wake_up() {
  woken_ = true;
  timer_.cancel();
}

void MockConnection::close() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

void MockConnection::reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace parlance::bench
