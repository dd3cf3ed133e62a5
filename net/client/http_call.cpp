#include "net/client/http_call.hpp"

#include "net/client/address.hpp"
#include "net/use_tuple.hpp"
#include "runtime/base/log.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace parlance::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;
using tcp = asio::ip::tcp;

constexpr std::size_t read_bytes_max = 8U << 10U;  // 20 tokens of a provider that sends all at once
constexpr int interim_heads_max = 8;

HttpHead head_of(const http::response<http::buffer_body>& response) {
  HttpHead head;
  head.status = response.result_int();
  for (const auto& field : response) {
    head.fields.emplace_back(field.name_string(), field.value());
  }
  return head;
}

bool is_bad_message(const error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_value).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

// Of a body.
HttpFailureKind failure_of(const error_code& error) {
  return is_bad_message(error) ? HttpFailureKind::malformed : HttpFailureKind::cut;
}

}  // namespace

// A look-up of names cannot be stopped once it has begun (it is a blocking call on a thread of the
// resolver's), so it is waited for by way of a timer, and left behind when time is up.
struct HttpCall::Lookup {
  explicit Lookup(const asio::strand<asio::io_context::executor_type>& strand)
      : resolver(strand),
        done(strand, SteadyClock::time_point::max()) {}

  tcp::resolver resolver;
  asio::steady_timer done;
  bool is_done = false;
  error_code error;
  Endpoints endpoints;
};

HttpCall::HttpCall(std::shared_ptr<HttpClientCore> core, HttpRequest request, HttpEvents events)
    : core_(std::move(core)),
      request_(std::move(request)),
      origin_(request_.url.origin()),
      strand_(asio::make_strand(core_->io)),
      events_(std::move(events)),
      timer_(strand_) {
  message_.method_string(request_.method);
  message_.target(request_.url.path.empty() ? "/" : request_.url.path);
  message_.set(http::field::host, request_.url.host_field());
  for (const auto& [name, value] : request_.fields)
    message_.set(name, value);
  message_.body() = std::move(request_.body);
  message_.prepare_payload();
}

void HttpCall::start() {
  asio::post(strand_, [self = shared_from_this()] {
    asio::co_spawn(self->strand_, self->run(), [self](const std::exception_ptr& thrown) {
      self->finish(thrown);
    });
  });
}

void HttpCall::cancel() {
  asio::post(strand_,
             [self = shared_from_this()] { self->stop(HttpFailureKind::cancelled, "cancelled"); });
}

asio::awaitable<void> HttpCall::run() {
  start_timer();
  if (was_stopped_) co_return;
  connection_ = core_->pool->take(origin_);
  if (connection_) {
    co_await exchange();
    if (was_stopped_ || !no_byte_came_) co_return;
    failure_.reset();
  }
  co_await connect();
  if (!failure_) co_await exchange();
}

asio::awaitable<void> HttpCall::connect() {
  constexpr auto unreachable = HttpFailureKind::unreachable;
  limit(core_->options.connect_time_max, unreachable, "not connected in time");
  connection_ = std::make_unique<HttpConnection>(core_->io, core_->options.header_bytes_max * 2U);
  connection_->buffer.reserve(read_bytes_max);
  Endpoints endpoints = co_await resolve();
  if (failure_) co_return;
  if (request_.public_addresses_only) {
    std::erase_if(endpoints, [](const auto& each) { return !is_public(each.address()); });
    if (endpoints.empty()) {
      failure_ = HttpFailure{unreachable, "the host has no public address"};
      co_return;
    }
  }
  tcp::socket& socket = connection_->socket;
  const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints, use_tuple);
  if (has_failed(error, unreachable)) co_return;
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (request_.url.is_tls) co_await handshake();
}

asio::awaitable<HttpCall::Endpoints> HttpCall::resolve() {
  const Url& url = request_.url;
  error_code not_literal;
  const auto address = asio::ip::make_address(url.host, not_literal);
  if (!not_literal) co_return Endpoints{tcp::endpoint(address, url.port)};

  if (is_localhost(url.host)) {
    co_return Endpoints{tcp::endpoint(asio::ip::address_v4::loopback(), url.port),
                        tcp::endpoint(asio::ip::address_v6::loopback(), url.port)};
  }
  const auto lookup = std::make_shared<Lookup>(strand_);
  lookup_ = lookup;
  lookup->resolver.async_resolve(
      url.host,
      std::to_string(url.port),
      tcp::resolver::numeric_service,
      [lookup](const error_code& error, const tcp::resolver::results_type& results) {
        lookup->is_done = true;
        lookup->error = error;
        for (const auto& result : results)
          lookup->endpoints.push_back(result.endpoint());
        lookup->done.cancel();
      });
  while (!lookup->is_done && !was_stopped_)
    co_await lookup->done.async_wait(use_tuple);
  if (has_failed(lookup->error, HttpFailureKind::unreachable)) co_return Endpoints{};
  co_return lookup->endpoints;
}

asio::awaitable<void> HttpCall::handshake() {
  const std::string& host = request_.url.host;
  connection_->tls =
      std::make_unique<asio::ssl::stream<tcp::socket&>>(connection_->socket, core_->tls);
  auto& tls = *connection_->tls;
  tls.set_verify_callback(asio::ssl::host_name_verification(host));
  error_code not_literal;
  asio::ip::make_address(host, not_literal);
  if (not_literal) SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
  const auto [error] = co_await tls.async_handshake(asio::ssl::stream_base::client, use_tuple);
  has_failed(error, HttpFailureKind::unreachable);
}

asio::awaitable<void> HttpCall::exchange() {
  if (connection_->tls) {
    co_await exchange_on(*connection_->tls);
  } else {
    co_await exchange_on(connection_->socket);
  }
}

template <class Stream>
asio::awaitable<void> HttpCall::exchange_on(Stream& stream) {
  constexpr auto no_answer = HttpFailureKind::no_answer;
  no_byte_came_ = true;
  limit(core_->options.write_time_max, no_answer, "the request was not taken in time");
  const auto [write_error, written] = co_await http::async_write(stream, message_, use_tuple);
  if (has_failed(write_error, no_answer)) co_return;

  limit(request_.first_piece_time_max, no_answer, "no answer in time");
  std::optional<http::response_parser<http::buffer_body>> parser;
  for (int heads = 0; heads < interim_heads_max; ++heads) {
    parser.emplace();
    parser->header_limit(core_->options.header_bytes_max);
    parser->body_limit(request_.body_bytes_max);
    if (request_.method == "HEAD") parser->skip(true);
    const auto [error, got] =
        co_await http::async_read_header(stream, connection_->buffer, *parser, use_tuple);
    if (parser->got_some() || connection_->buffer.size() > 0) no_byte_came_ = false;
    const bool is_bad = is_bad_message(error);
    if (has_failed(error, is_bad ? HttpFailureKind::malformed : no_answer)) co_return;
    if (parser->get().result_int() >= 200) break;
  }
  limit_kind_ = HttpFailureKind::too_slow;  // the limit itself runs on to the first piece
  limit_detail_ = "the answer's first piece did not come in time";
  events_.head(head_of(parser->get()));
  co_await read_body(stream, *parser);
  may_be_kept_ =
      parser->is_done() && parser->keep_alive() && !failure_ && connection_->buffer.size() == 0;
}

template <class Stream, class Parser>
asio::awaitable<void> HttpCall::read_body(Stream& stream, Parser& parser) {
  auto& buffer = connection_->buffer;
  parser.eager(true);
  while (take_body(parser) && !parser.is_done()) {
    const std::size_t room = std::min(read_bytes_max, buffer.max_size() - buffer.size());
    if (room == 0) {
      has_failed(http::error::buffer_overflow, HttpFailureKind::malformed);
      co_return;
    }
    auto [error, read] = co_await stream.async_read_some(buffer.prepare(room), use_tuple);
    if (was_stopped_) co_return;
    buffer.commit(read);
    if (error == asio::error::eof) {
      error = {};
      parser.put_eof(error);
    }
    if (has_failed(error, failure_of(error))) co_return;
  }
}

// What a read brought, in one piece. False when the call is over.
template <class Parser>
bool HttpCall::take_body(Parser& parser) {
  thread_local std::array<char, read_bytes_max> piece;
  auto& buffer = connection_->buffer;
  error_code error;
  while (buffer.size() > 0 && !parser.is_done() && !error) {
    auto& body = parser.get().body();
    body.data = piece.data();
    body.size = piece.size();
    buffer.consume(parser.put(buffer.data(), error));
    const std::size_t got = piece.size() - parser.get().body().size;
    if (got > 0 && !take_piece({piece.data(), got})) return false;
    if (error == http::error::need_buffer) error = {};
  }
  if (error == http::error::need_more) error = {};
  return !has_failed(error, failure_of(error));
}

// False when the call is over.
bool HttpCall::take_piece(std::string_view piece) {
  if (!more_is_wanted_) return true;
  switch (events_.body(piece)) {
    case HttpNext::progress:
      limit(
          request_.gap_time_max, HttpFailureKind::too_slow, "the answer stood still for too long");
      return true;
    case HttpNext::waiting:
      return true;
    case HttpNext::finished:
      more_is_wanted_ = false;
      limit(core_->options.drain_time_max, HttpFailureKind::too_slow, "the body did not end");
      return true;
    case HttpNext::stop:
      stop(HttpFailureKind::given_up, "given up");
      return false;
  }
  return false;
}

void HttpCall::limit(std::chrono::milliseconds time_max,
                     HttpFailureKind kind,
                     std::string_view detail) {
  limit_ = SteadyClock::now() + time_max;
  limit_kind_ = kind;
  limit_detail_ = detail;
  if (limit_ < timer_.expiry() || !timer_runs_) start_timer();
}

// The timer is moved only to an earlier time; when it fires too early it is set again. So a piece
// of a stream costs no timer.
void HttpCall::start_timer() {
  const auto now = SteadyClock::now();
  timer_runs_ = true;
  timer_.expires_at(std::min(limit_, now + request_.deadline.left(now)));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    self->timer_runs_ = false;
    if (!self->has_ended_) self->check_limits();
  });
}

void HttpCall::check_limits() {
  const auto now = SteadyClock::now();
  if (request_.deadline.passed(now)) {
    stop(HttpFailureKind::deadline_passed, "the deadline has passed");
  } else if (limit_ <= now) {
    stop(limit_kind_, limit_detail_);
  } else {
    start_timer();
  }
}

void HttpCall::stop(HttpFailureKind kind, std::string_view detail) {
  if (was_stopped_ || has_ended_) return;
  was_stopped_ = true;
  failure_ = HttpFailure{kind, std::string(detail)};
  error_code ignored;
  if (connection_) connection_->socket.close(ignored);
  if (const auto lookup = lookup_.lock()) lookup->done.cancel();
}

bool HttpCall::has_failed(const error_code& error, HttpFailureKind kind) {
  if (error && !failure_) failure_ = HttpFailure{kind, error.message()};
  return failure_.has_value();
}

void HttpCall::finish(const std::exception_ptr& thrown) {
  if (thrown) {
    failure_ = HttpFailure{HttpFailureKind::malformed, "the call ended by an exception"};
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
      log_error("http_call_threw", {{"what", exception.what()}});
    }
  }
  has_ended_ = true;
  timer_.cancel();
  if (may_be_kept_ && !failure_) core_->pool->give_back(origin_, std::move(connection_));
  connection_.reset();
  const HttpEvents events = std::exchange(events_, {});
  events.ended(more_is_wanted_ ? std::move(failure_) : std::nullopt);
}

}  // namespace parlance::net
