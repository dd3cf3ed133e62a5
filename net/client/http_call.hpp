// One request and its answer, on a strand of its own.
//
// Whatever ends a call early (a limit, the deadline, a cancel) notes why and closes the socket; the
// coroutine finds the note when it is resumed. A stopped connection is never used again.
//
// Threading: start() once; cancel() from any thread; everything else on strand_.
#pragma once

#include "net/client/connection_pool.hpp"
#include "net/client/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

// What calls share with their client, and may outlive it with.
struct HttpClientCore {
  HttpClientCore(boost::asio::io_context& context, HttpClientOptions client_options);

  boost::asio::io_context& io;
  const HttpClientOptions options;
  boost::asio::ssl::context tls;
  std::shared_ptr<ConnectionPool> pool;
};

class HttpCall : public std::enable_shared_from_this<HttpCall> {
 public:
  HttpCall(std::shared_ptr<HttpClientCore> core, HttpRequest request, HttpEvents events);

  void start();
  void cancel();

 private:
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  struct Lookup;

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> connect();
  boost::asio::awaitable<Endpoints> resolve();
  boost::asio::awaitable<void> handshake();
  boost::asio::awaitable<void> exchange();
  template <class Stream>
  boost::asio::awaitable<void> exchange_on(Stream& stream);
  template <class Stream, class Parser>
  boost::asio::awaitable<void> read_body(Stream& stream, Parser& parser);
  template <class Parser>
  bool take_body(Parser& parser);

  void limit(std::chrono::milliseconds time_max, HttpFailureKind kind, std::string_view detail);
  void start_timer();
  void check_limits();
  void stop(HttpFailureKind kind, std::string_view detail);
  bool has_failed(const boost::system::error_code& error, HttpFailureKind kind);
  bool take_piece(std::string_view piece);
  void finish(const std::exception_ptr& thrown);

  const std::shared_ptr<HttpClientCore> core_;
  HttpRequest request_;  // its body has moved into message_
  const std::string origin_;
  const boost::asio::strand<boost::asio::io_context::executor_type> strand_;

  // On strand_:
  HttpEvents events_;
  boost::beast::http::request<boost::beast::http::string_body> message_;
  boost::asio::steady_timer timer_;
  bool timer_runs_ = false;
  std::chrono::steady_clock::time_point limit_ = std::chrono::steady_clock::time_point::max();
  HttpFailureKind limit_kind_ = HttpFailureKind::unreachable;
  std::string_view limit_detail_;  // literals alone

  std::unique_ptr<HttpConnection> connection_;
  std::weak_ptr<Lookup> lookup_;
  std::optional<HttpFailure> failure_;  // the first one stays
  bool was_stopped_ = false;
  bool no_byte_came_ = false;   // the connection turned out to be dead
  bool more_is_wanted_ = true;  // until a callback says finished
  bool may_be_kept_ = false;
  bool has_ended_ = false;
};

}  // namespace parlance::net
