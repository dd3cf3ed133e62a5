// One connection: reads requests, has them answered one after another, and writes the answers.
//
//   header and body caps -> key and scopes -> rate limits -> route -> handler
//
// A handler answers either at once, by send(), or piece by piece: begin_stream(), write()…,
// end_stream(). While it waits for something else, watch_peer() tells it when the client leaves.
//
// Every read and write has a deadline. They share one timer, which is set anew only when a nearer
// one comes, so that a busy connection hardly ever touches it.
//
// Threading: strand only, except drain() and cut_soon().
#pragma once

#include "net/cors.hpp"
#include "net/door.hpp"
#include "net/http_server.hpp"
#include "net/request.hpp"
#include "net/request_parser.hpp"
#include "net/response.hpp"
#include "net/router.hpp"
#include "net/waker.hpp"
#include "runtime/base/error.hpp"
#include "runtime/metrics/http_metrics.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

// What all sessions of a server share.
struct SessionShared {
  const HttpServerOptions options;
  const Router& router;
  HttpMetrics& metrics;
  const std::vector<HttpMetrics::Route> route_metrics;  // by Route::number
  const HttpMetrics::Route no_route_metrics;
  const Cors cors{options.cors_origins};
  const std::shared_ptr<Door> door = std::make_shared<Door>(
      options.door,
      options.rates ? options.rates : std::make_shared<RateLimits>(rate_options(options.door)),
      metrics);
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<const SessionShared> shared);

  // The connection's whole life.
  boost::asio::awaitable<void> run();

  // For handlers.

  Request& request() { return request_; }
  const HttpServerOptions& options() const { return shared_->options; }
  HttpMetrics& metrics() const { return shared_->metrics; }
  const std::shared_ptr<Waker>& waker() const { return waker_; }

  // rate_limited: the request's user has had as much as it may. Before the user's turn begins.
  std::optional<Error> admit_user(const std::string& user);

  boost::asio::awaitable<void> send(Response response);
  boost::asio::awaitable<void> send_error(Error error, Retry retry = Retry::as_the_error_says);

  // The body follows by write(), chunked, until end_stream(). The response's own body is not sent.
  boost::asio::awaitable<void> begin_stream(Response head);

  // `bytes` must stay until the call has returned. False when the client has gone or was cut.
  boost::asio::awaitable<bool> write(std::string_view bytes);
  // With the last of the body; `last` as for write().
  boost::asio::awaitable<void> end_stream(std::string_view last = {});

  // From now on until the answer's end, the waker is woken when the client leaves.
  void watch_peer();
  bool peer_gone() const { return peer_gone_; }
  bool streaming() const { return streaming_; }  // between begin_stream() and end_stream()

  // Ends the connection at once.
  void cut();

  // What makes a blocked write end within a second. From any thread.
  std::function<void()> cut_soon();

  // For the server: finish the answer, take no other request. From any thread.
  void drain();
  // As drain(), without letting the answer end.
  void cut_from_any_thread();

 private:
  using Clock = std::chrono::steady_clock;
  enum class OnTime : std::uint8_t { stop_reading, cut };

  boost::asio::awaitable<bool> read_request();
  boost::asio::awaitable<bool> read_some(std::size_t bytes_max);
  boost::asio::awaitable<void> answer();
  boost::asio::awaitable<bool> write_body(std::string_view bytes, bool is_last);
  boost::asio::awaitable<bool> write_parts(std::array<std::string_view, 4> parts);
  boost::asio::awaitable<void> refuse_unread(Error error);
  boost::asio::awaitable<void> linger();
  std::optional<Error> meet_header();
  std::optional<Error> meet_key(const RequestParser::Message& message);
  boost::asio::awaitable<void> hold_refusal();
  boost::asio::awaitable<void> answer_preflight();
  std::string head_text(const Response& response, bool chunked) const;
  void set_deadline(std::chrono::milliseconds from_now, OnTime on_time);
  void clear_deadline() { deadline_ = Clock::time_point::max(); }
  void start_timer();
  void timer_ended();
  void look_at_peer();
  void note_answer();

  const std::shared_ptr<const SessionShared> shared_;
  boost::asio::ip::tcp::socket socket_;
  const std::shared_ptr<Waker> waker_;
  const boost::asio::ip::address peer_;  // unspecified once it has gone

  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  Request request_;
  Router::Match match_;
  std::optional<Error> refusal_;  // decided by the headers alone
  std::chrono::milliseconds refusal_delay_{0};
  Door::Visitor visitor_;
  std::string limit_headers_;  // what the caller has left
  std::string cors_origin_;    // of the page that asks, when it may
  bool preflight_ = false;

  boost::asio::steady_timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point timer_set_to_ = Clock::time_point::max();
  OnTime on_time_ = OnTime::cut;

  int status_ = 0;    // of the answer; 0 before it
  std::string head_;  // of a stream, until its first write
  bool idle_ = false;
  bool send_buffer_set_ = false;
  bool writing_ = false;
  bool timed_out_ = false;
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool streaming_ = false;
  bool lingering_ = false;
  bool draining_ = false;
  bool answering_ = false;
  bool watching_ = false;
  bool peer_gone_ = false;
};

}  // namespace parlance::net
