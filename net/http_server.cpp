#include "net/http_server.hpp"

#include "net/http_session.hpp"
#include "net/use_tuple.hpp"
#include "runtime/base/log.hpp"
#include "runtime/limits/admission_gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <exception>
#include <unordered_map>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds accept_again_after{20};
constexpr std::uint32_t refusals_at_once_max = 256;

std::vector<HttpMetrics::Route> metrics_of(const Router& router, HttpMetrics& metrics) {
  std::vector<HttpMetrics::Route> routes;
  for (const auto& route : router.routes())
    routes.push_back(metrics.route(route.method + " " + route.pattern));
  return routes;
}

void log_end(const std::exception_ptr& problem) {
  if (!problem) return;
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& exception) {
    log_error("connection_threw", {{"what", exception.what()}});
  }
}

asio::awaitable<void> refuse(tcp::socket socket, std::string version) {
  auto response = error_response({ErrorCode::connections_full, {}, {}, {}}, Family::plain);
  std::string text = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: ";
  text.append(response.content_type)
      .append("\r\ncontent-length: ")
      .append(std::to_string(response.body.size()));
  text.append("\r\n").append(response.headers).append("x-request-id: ").append(random_uuid());
  text.append("\r\nx-parlance-version: ").append(version).append("\r\nconnection: close\r\n\r\n");
  text.append(response.body);
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  // What the client had sent is read first: to close over it would take the answer back.
  asio::steady_timer timer(socket.get_executor());
  timer.expires_after(std::chrono::milliseconds(500));
  timer.async_wait([&socket](const boost::system::error_code& problem) {
    boost::system::error_code close_ignored;
    if (!problem) socket.close(close_ignored);
  });
  std::array<char, 4096> bytes{};
  while (true) {
    const auto [problem, count] = co_await socket.async_read_some(asio::buffer(bytes), use_tuple);
    if (problem || count == 0) break;
  }
  timer.cancel();
  socket.close(ignored);
}

}  // namespace

struct HttpServer::Shared : std::enable_shared_from_this<HttpServer::Shared> {
  Shared(asio::io_context& io_,
         HttpServerOptions options_,
         const Router& router,
         HttpMetrics& metrics_)
      : io(io_),
        metrics(metrics_),
        strand(asio::make_strand(io_)),
        acceptor(strand),
        drain_timer(strand),
        gate(options_.connections_max),
        refusals(refusals_at_once_max),
        for_sessions(std::make_shared<SessionShared>(SessionShared{std::move(options_),
                                                                   router,
                                                                   metrics_,
                                                                   metrics_of(router, metrics_),
                                                                   metrics_.route("none")})) {}

  asio::awaitable<void> accept();
  void begin(tcp::socket socket, AdmissionGate::Ticket ticket);
  void ended(HttpSession* session);
  void all_ended();

  asio::io_context& io;
  HttpMetrics& metrics;
  const asio::any_io_executor strand;
  tcp::acceptor acceptor;
  asio::steady_timer drain_timer;
  AdmissionGate gate;
  AdmissionGate refusals;
  const std::shared_ptr<const SessionShared> for_sessions;

  // On the strand only.
  std::unordered_map<HttpSession*, std::shared_ptr<HttpSession>> sessions;
  std::function<void()> drained;  // set while draining
  bool draining = false;
};

asio::awaitable<void> HttpServer::Shared::accept() {
  while (acceptor.is_open()) {
    auto [problem, socket] = co_await acceptor.async_accept(asio::make_strand(io), use_tuple);
    if (problem) {
      if (!acceptor.is_open()) break;
      log_warn("accept_failed", {{"what", problem.message()}});
      asio::steady_timer timer(strand);
      timer.expires_after(accept_again_after);
      co_await timer.async_wait(use_tuple);
      continue;
    }
    if (auto ticket = gate.try_enter()) {
      begin(std::move(socket), std::move(ticket));
      continue;
    }
    metrics.connections_refused.Increment();
    if (auto ticket = refusals.try_enter()) {
      const auto executor = socket.get_executor();
      auto held = std::make_shared<AdmissionGate::Ticket>(std::move(ticket));
      asio::co_spawn(executor,
                     refuse(std::move(socket), for_sessions->options.version),
                     [held](const std::exception_ptr& failure) { log_end(failure); });
    }
  }
}

void HttpServer::Shared::begin(tcp::socket socket, AdmissionGate::Ticket ticket) {
  const auto executor = socket.get_executor();
  auto session = std::make_shared<HttpSession>(std::move(socket), for_sessions);
  sessions.emplace(session.get(), session);
  metrics.connections_open.Increment();
  auto held = std::make_shared<AdmissionGate::Ticket>(std::move(ticket));
  asio::co_spawn(executor,
                 session->run(),
                 [self = shared_from_this(), session, held](const std::exception_ptr& failure) {
                   log_end(failure);
                   if (failure) session->cut_from_any_thread();
                   held->leave();
                   asio::post(self->strand, [self, session] { self->ended(session.get()); });
                 });
}

void HttpServer::Shared::ended(HttpSession* session) {
  metrics.connections_open.Decrement();
  sessions.erase(session);
  if (draining && sessions.empty()) all_ended();
}

void HttpServer::Shared::all_ended() {
  drain_timer.cancel();
  if (auto done = std::exchange(drained, nullptr)) done();
}

HttpServer::HttpServer(asio::io_context& io,
                       HttpServerOptions options,
                       const Router& router,
                       HttpMetrics& metrics)
    : shared_(std::make_shared<Shared>(io, std::move(options), router, metrics)) {}

HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listen() {
  const auto& options = shared_->for_sessions->options;
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(options.address, problem);
  if (problem)
    return Error{ErrorCode::internal, "not an address: " + options.address, "http.address", {}};
  const tcp::endpoint endpoint(address, options.port);
  auto& acceptor = shared_->acceptor;
  if (!acceptor.open(endpoint.protocol(), problem) &&
      !acceptor.set_option(tcp::acceptor::reuse_address(true), problem) &&
      !acceptor.bind(endpoint, problem)) {
    acceptor.listen(4'096, problem);
  }
  if (problem) {
    return Error{ErrorCode::internal,
                 "cannot listen on " + options.address + ":" + std::to_string(options.port) + ": " +
                     problem.message(),
                 "http.port",
                 {}};
  }
  asio::co_spawn(
      shared_->strand,
      [shared = shared_] { return shared->accept(); },
      [](const std::exception_ptr& failure) { log_end(failure); });
  return acceptor.local_endpoint().port();
}

void HttpServer::drain(Deadline deadline, std::function<void()> drained) {
  asio::post(shared_->strand, [shared = shared_, deadline, drained = std::move(drained)]() mutable {
    shared->gate.close();
    boost::system::error_code ignored;
    shared->acceptor.close(ignored);
    shared->draining = true;
    shared->drained = std::move(drained);
    if (shared->sessions.empty()) return shared->all_ended();
    for (const auto& [key, session] : shared->sessions)
      session->drain();
    shared->drain_timer.expires_after(deadline.left(std::chrono::steady_clock::now()));
    shared->drain_timer.async_wait([shared](const boost::system::error_code& problem) {
      if (problem) return;
      for (const auto& [key, session] : shared->sessions)
        session->cut_from_any_thread();
      // A session that waits for an answer from elsewhere cannot be hurried further.
      shared->drain_timer.expires_after(std::chrono::milliseconds(250));
      shared->drain_timer.async_wait([shared](const boost::system::error_code& again) {
        if (!again) shared->all_ended();
      });
    });
  });
}

}  // namespace parlance::net
