#include "net/http_session.hpp"

#include "net/json_text.hpp"
#include "net/loopback_guard.hpp"
#include "net/use_tuple.hpp"
#include "runtime/base/log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <exception>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::milliseconds;

namespace {

// What a connection keeps for reading stays with it for as long as it lives.
constexpr std::size_t header_read_bytes = 2 * 1024;
constexpr std::size_t body_read_bytes = 8 * 1024;
constexpr milliseconds blocked_write_time_max{1'000};  // once the reader fell behind
constexpr milliseconds linger_time_max{1'000};
constexpr std::size_t linger_bytes_max = 256 * 1024;

std::string_view view_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool has_body(int status) {
  return status != 204 && status != 304;
}

std::string_view key_of(const RequestParser::Message& message) {
  constexpr std::string_view bearer = "bearer ";
  const auto header = view_of(message[http::field::authorization]);
  const bool is_bearer =
      header.size() > bearer.size() &&
      std::equal(bearer.begin(), bearer.end(), header.begin(), [](char want, char have) {
        return want == ((have >= 'A' && have <= 'Z') ? have + 32 : have);
      });
  if (is_bearer) return header.substr(bearer.size());
  return header.empty() ? view_of(message["x-api-key"]) : header;
}

asio::ip::address peer_of(const asio::ip::tcp::socket& socket) {
  boost::system::error_code problem;
  return socket.remote_endpoint(problem).address();
}

// Each proxy may have added a line of its own: together they are one list.
std::string forwarded_for(const RequestParser::Message& message) {
  std::string list;
  const auto [first, last] = message.equal_range("x-forwarded-for");
  for (auto line = first; line != last; ++line)
    list.append(list.empty() ? "" : ",").append(view_of(line->value()));
  return list;
}

// Bodies are read as they come.
std::optional<Error> fault_of_encoding(const RequestParser::Message& message) {
  const auto [first, last] = message.equal_range(http::field::content_encoding);
  const bool plain = std::all_of(first, last, [](const auto& field) {
    return field.value().empty() || boost::beast::iequals(field.value(), "identity");
  });
  if (plain) return std::nullopt;
  return Error{ErrorCode::encoding_unsupported, "must be identity", "Content-Encoding", {}};
}

}  // namespace

HttpSession::HttpSession(asio::ip::tcp::socket socket, std::shared_ptr<const SessionShared> shared)
    : shared_(std::move(shared)),
      socket_(std::move(socket)),
      waker_(std::make_shared<Waker>(socket_.get_executor())),
      peer_(peer_of(socket_)),
      timer_(socket_.get_executor()) {}

asio::awaitable<void> HttpSession::run() {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  while (co_await read_request()) {
    co_await answer();
    if (!keep_alive_ || peer_gone_) break;
  }
  if (lingering_ && !peer_gone_) co_await linger();
  timer_.cancel();
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

asio::awaitable<bool> HttpSession::read_request() {
  const auto& options = shared_->options;
  parser_.emplace(options.header_bytes_max, options.body_bytes_max);
  refusal_.reset();
  status_ = 0;
  timed_out_ = false;
  bool begun = buffer_.size() > 0;
  bool header_met = false;
  bool header_timed = false;
  set_deadline(options.idle_time_max, OnTime::stop_reading);
  while (true) {
    if (buffer_.size() > 0) {
      const auto bytes = buffer_.data();
      auto used = parser_->feed({static_cast<const char*>(bytes.data()), bytes.size()});
      if (!used) {
        co_await refuse_unread(used.error());
        co_return false;
      }
      buffer_.consume(*used);
    }
    if (!header_met && parser_->header_done()) {
      header_met = true;
      refusal_ = meet_header();
      if (!parser_->done()) {
        if (refusal_) {
          co_await refuse_unread(*refusal_);
          co_return false;
        }
        set_deadline(options.body_time_max, OnTime::stop_reading);
        if (view_of(parser_->message()[http::field::expect]) == "100-continue" &&
            !co_await write_parts({"HTTP/1.1 100 Continue\r\n\r\n", {}, {}, {}})) {
          co_return false;
        }
        set_deadline(options.body_time_max, OnTime::stop_reading);
      }
    }
    if (parser_->done()) co_return true;
    if (begun && !header_met && !header_timed) {
      header_timed = true;
      set_deadline(options.header_time_max, OnTime::stop_reading);
    }
    if (draining_ && !begun) co_return false;
    idle_ = !begun;
    const bool more = co_await read_some(header_met ? body_read_bytes : header_read_bytes);
    idle_ = false;
    if (!more) {
      if (timed_out_ && begun) {
        Error error{ErrorCode::request_timeout, "the request did not arrive in time", {}, {}};
        co_await refuse_unread(std::move(error));
      }
      co_return false;
    }
    begun = true;
  }
}

asio::awaitable<bool> HttpSession::read_some(std::size_t bytes_max) {
  const auto [problem, bytes] =
      co_await socket_.async_read_some(buffer_.prepare(bytes_max), use_tuple);
  if (problem) co_return false;
  buffer_.commit(bytes);
  shared_->metrics.bytes_received.Increment(static_cast<double>(bytes));
  co_return true;
}

std::optional<Error> HttpSession::meet_header() {
  const auto& message = parser_->message();
  const auto id = view_of(message["x-request-id"]);
  request_.id = is_identifier(id) ? std::string(id) : random_uuid();
  request_.caller = {};
  const auto origin = view_of(message[http::field::origin]);
  cors_origin_ = shared_->cors.allows(origin) ? std::string(origin) : std::string();
  limit_headers_.clear();
  visitor_ = {};
  refusal_delay_ = milliseconds(0);
  if (shared_->options.takes_no_key) {
    match_ = {};
    preflight_ = false;
    auto refused = refuse_stranger(view_of(message[http::field::host]), origin, shared_->cors);
    if (refused) return refused;
  }
  const auto target = view_of(message.target());
  match_ =
      shared_->router.find(view_of(message.method_string()), target.substr(0, target.find('?')));
  preflight_ = message.method() == http::verb::options && !cors_origin_.empty() &&
               !match_.methods_allowed.empty();
  if (preflight_) return std::nullopt;
  if (match_.route == nullptr || match_.route->access != Access::open) {
    if (auto refused = meet_key(message)) return refused;
  }
  if (match_.route != nullptr) return fault_of_encoding(message);
  if (match_.methods_allowed.empty())
    return Error{ErrorCode::not_found, "there is nothing at this path", {}, {}};
  return Error{ErrorCode::method_not_allowed, "this path takes " + match_.methods_allowed, {}, {}};
}

std::optional<Error> HttpSession::meet_key(const RequestParser::Message& message) {
  const Access access = match_.route == nullptr ? Access::chat : match_.route->access;
  Door& door = *shared_->door;
  const auto address = door.address_of(peer_, forwarded_for(message));
  auto caller = shared_->router.admit(key_of(message), access);
  if (!caller) {
    const bool is_wrong_key =
        caller.error().code == ErrorCode::unauthenticated && !key_of(message).empty();
    if (!is_wrong_key) return caller.error();
    auto wrong = door.wrong_key(address, caller.error(), Clock::now());
    refusal_delay_ = wrong.delay;
    return std::move(wrong.error);
  }
  request_.caller = std::move(*caller);
  if (access != Access::chat) return std::nullopt;
  return door.enter(address, request_.caller, Clock::now(), visitor_, limit_headers_);
}

std::optional<Error> HttpSession::admit_user(const std::string& user) {
  return shared_->door->enter_user(
      visitor_, request_.caller.tenant.value, user, request_.received, limit_headers_);
}

asio::awaitable<void> HttpSession::hold_refusal() {
  if (refusal_delay_.count() == 0) co_return;
  asio::steady_timer timer(socket_.get_executor(), refusal_delay_);
  co_await timer.async_wait(use_tuple);
}

asio::awaitable<void> HttpSession::answer() {
  request_.message = parser_->take();
  request_.received = Clock::now();
  const auto target = view_of(request_.message.target());
  const auto question = std::min(target.find('?'), target.size());
  request_.path = target.substr(0, question);
  request_.query = target.substr(std::min(question + 1, target.size()));
  request_.parameters = std::move(match_.parameters);
  keep_alive_ = request_.message.version() >= 11 && request_.message.keep_alive();
  clear_deadline();
  answering_ = true;
  if (!refusal_ && !preflight_ && draining_ && match_.route->access != Access::open) {
    refusal_ = Error{ErrorCode::draining, "the server is shutting down", {}, {}};
  }
  bool threw = false;
  try {
    if (refusal_) {
      co_await hold_refusal();
      co_await send_error(*refusal_);
    } else if (preflight_) {
      co_await answer_preflight();
    } else {
      co_await match_.route->handler(*this);
    }
  } catch (const std::exception& exception) {
    threw = true;
    log_error("handler_threw", {{"request", request_.id}, {"what", exception.what()}});
  }
  if (status_ == 0 && !peer_gone_) {
    Error error{
        ErrorCode::internal, threw ? "a handler threw" : "a handler gave no answer", {}, {}};
    co_await send_error(std::move(error));
  }
  if (streaming_) {  // left without its end: only closing tells the client so
    streaming_ = false;
    shared_->metrics.streams_open.Decrement();
    cut();
  }
  answering_ = false;
  note_answer();
}

void HttpSession::note_answer() {
  const auto time = Clock::now() - request_.received;
  const auto& metrics = match_.route == nullptr ? shared_->no_route_metrics
                                                : shared_->route_metrics[match_.route->number];
  if (status_ != 0) metrics.request_answered(status_, time);
  log(status_ >= 400 ? LogLevel::info : LogLevel::debug,
      "request",
      {{"request", request_.id},
       {"route",
        match_.route == nullptr ? std::string_view("none")
                                : std::string_view(match_.route->pattern)},
       {"method",
        match_.route == nullptr ? std::string_view("none")
                                : std::string_view(match_.route->method)},
       {"status", status_},
       {"tenant", request_.caller.tenant.value},
       {"time_us", std::chrono::duration_cast<std::chrono::microseconds>(time).count()}});
}

std::string HttpSession::head_text(const Response& response, bool chunked) const {
  std::string text;
  text.reserve(256 + response.headers.size());
  text.append("HTTP/1.1 ");
  append_number(text, static_cast<std::uint64_t>(response.status));
  text.append(" ").append(reason_of(response.status)).append("\r\n");
  const bool with_body = has_body(response.status);
  if (with_body) text.append("content-type: ").append(response.content_type).append("\r\n");
  if (chunked) {
    text.append("transfer-encoding: chunked\r\n");
  } else if (with_body && !streaming_) {
    text.append("content-length: ");
    append_number(text, response.body.size());
    text.append("\r\n");
  }
  text.append(response.headers).append(limit_headers_);
  shared_->cors.append_headers(text, cors_origin_);
  text.append("x-content-type-options: nosniff\r\nx-request-id: ").append(request_.id);
  text.append("\r\nx-parlance-version: ").append(shared_->options.version);
  text.append(keep_alive_ ? "\r\n\r\n" : "\r\nconnection: close\r\n\r\n");
  return text;
}

asio::awaitable<void> HttpSession::send(Response response) {
  if (draining_) keep_alive_ = false;
  status_ = response.status;
  const std::string head = head_text(response, false);
  const bool no_body = request_.message.method() == http::verb::head || !has_body(response.status);
  const std::array<std::string_view, 4> parts{
      head, no_body ? std::string_view() : std::string_view(response.body)};
  co_await write_parts(parts);
}

asio::awaitable<void> HttpSession::answer_preflight() {
  Response response;
  response.status = 204;
  Cors::append_preflight_headers(response.headers, match_.methods_allowed);
  co_await send(std::move(response));
}

asio::awaitable<void> HttpSession::send_error(Error error, Retry retry) {
  if (error.code == ErrorCode::rate_limited)
    shared_->door->give_back(visitor_, request_.received, Clock::now(), limit_headers_);
  Response response = error_response(error, family_of(request_.path), retry);
  if (error.code == ErrorCode::method_not_allowed)
    response.add_header("allow", match_.methods_allowed);
  co_await send(std::move(response));
}

// The rest of the request is not read: the answer goes out, and the connection ends.
asio::awaitable<void> HttpSession::refuse_unread(Error error) {
  if (!parser_->header_done()) {
    const auto id = view_of(parser_->message()["x-request-id"]);
    request_.id = is_identifier(id) ? std::string(id) : random_uuid();
    request_.caller = {};
    cors_origin_.clear();
    limit_headers_.clear();
    match_ = {};
  }
  request_.message = {};
  request_.received = Clock::now();
  // Known as soon as the request line has come: a body that is announced too large ends the
  // headers.
  const auto target = view_of(parser_->message().target());
  request_.path = target.substr(0, target.find('?'));
  keep_alive_ = false;
  lingering_ = true;
  co_await hold_refusal();
  co_await send_error(std::move(error));
  note_answer();
}

asio::awaitable<void> HttpSession::linger() {
  boost::system::error_code problem;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, problem);
  set_deadline(linger_time_max, OnTime::cut);
  for (std::size_t bytes = 0; bytes < linger_bytes_max && !problem;) {
    buffer_.clear();
    if (!co_await read_some(body_read_bytes)) break;
    bytes += buffer_.size();
  }
  clear_deadline();
}

asio::awaitable<void> HttpSession::begin_stream(Response head) {
  if (!std::exchange(send_buffer_set_, true)) {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::send_buffer_size(shared_->options.send_buffer_bytes),
                       ignored);
  }
  if (draining_) keep_alive_ = false;
  status_ = head.status;
  streaming_ = true;
  chunked_ = request_.message.version() >= 11;
  if (!chunked_) keep_alive_ = false;
  shared_->metrics.streams_open.Increment();
  head_ = head_text(head, chunked_);
  if (request_.message.method() == http::verb::head) {
    const std::string text = std::exchange(head_, {});
    co_await write_parts({text, {}, {}, {}});
    keep_alive_ = false;
    peer_gone_ = true;
  }
}

asio::awaitable<bool> HttpSession::write(std::string_view bytes) {
  co_return co_await write_body(bytes, false);
}

asio::awaitable<void> HttpSession::end_stream(std::string_view last) {
  if (!streaming_) co_return;
  co_await write_body(last, true);
  streaming_ = false;
  shared_->metrics.streams_open.Decrement();
}

// The head goes out with the first bytes, and the body's end with the last.
asio::awaitable<bool> HttpSession::write_body(std::string_view bytes, bool is_last) {
  const std::string head = std::exchange(head_, {});
  std::array<char, 18> size{};
  std::string_view size_line;
  std::string_view end;
  if (chunked_ && !bytes.empty()) {
    const auto digits = std::to_chars(size.data(), size.data() + 16, bytes.size(), 16).ptr;
    digits[0] = '\r';
    digits[1] = '\n';
    size_line = {size.data(), static_cast<std::size_t>(digits + 2 - size.data())};
    end = is_last ? "\r\n0\r\n\r\n" : "\r\n";
  } else if (chunked_ && is_last) {
    end = "0\r\n\r\n";
  }
  co_return co_await write_parts({head, size_line, bytes, end});
}

asio::awaitable<bool> HttpSession::write_parts(std::array<std::string_view, 4> parts) {
  if (peer_gone_) co_return false;
  const bool nothing =
      std::all_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); });
  if (nothing) co_return true;
  std::array<asio::const_buffer, 4> buffers;
  std::transform(parts.begin(), parts.end(), buffers.begin(), [](std::string_view part) {
    return asio::const_buffer(part.data(), part.size());
  });
  set_deadline(shared_->options.write_time_max, OnTime::cut);
  writing_ = true;
  const auto [problem, bytes] = co_await asio::async_write(socket_, buffers, use_tuple);
  writing_ = false;
  clear_deadline();
  shared_->metrics.bytes_sent.Increment(static_cast<double>(bytes));
  if (problem) peer_gone_ = true;
  co_return !peer_gone_;
}

void HttpSession::watch_peer() {
  if (watching_ || peer_gone_) return;
  watching_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& problem) {
                       self->watching_ = false;
                       if (!problem && self->answering_) self->look_at_peer();
                     });
}

// Takes nothing out of the socket, so that a next request on its way is not lost.
void HttpSession::look_at_peer() {
  char byte = 0;
  const auto bytes = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (bytes > 0 || (bytes < 0 && (errno == EAGAIN || errno == EINTR))) return;
  peer_gone_ = true;
  waker_->wake_on_strand();
}

void HttpSession::cut() {
  peer_gone_ = true;
  keep_alive_ = false;
  boost::system::error_code ignored;
  socket_.close(ignored);
  waker_->wake_on_strand();
}

std::function<void()> HttpSession::cut_soon() {
  return [weak = weak_from_this(), strand = socket_.get_executor()] {
    asio::post(strand, [weak] {
      const auto self = weak.lock();
      if (self && self->writing_) self->set_deadline(blocked_write_time_max, OnTime::cut);
    });
  };
}

void HttpSession::drain() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->idle_) self->cut();
  });
}

void HttpSession::cut_from_any_thread() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->cut(); });
}

void HttpSession::set_deadline(milliseconds from_now, OnTime on_time) {
  deadline_ = Clock::now() + from_now;
  on_time_ = on_time;
  if (timer_set_to_ > deadline_) start_timer();
}

void HttpSession::start_timer() {
  timer_set_to_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& problem) {
    if (problem) return;
    if (const auto self = weak.lock()) self->timer_ended();
  });
}

void HttpSession::timer_ended() {
  timer_set_to_ = Clock::time_point::max();
  if (deadline_ == Clock::time_point::max()) return;
  if (Clock::now() < deadline_) {
    start_timer();
    return;
  }
  clear_deadline();
  timed_out_ = true;
  if (on_time_ == OnTime::cut) {
    if (streaming_) shared_->metrics.streams_cut.Increment();
    cut();
  } else {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
}

}  // namespace parlance::net
