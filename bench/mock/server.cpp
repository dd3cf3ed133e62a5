#include "bench/mock/server.hpp"

#include "runtime/base/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <utility>

namespace parlance::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t connections_max = 16'384;
constexpr std::array<std::string_view, 2> models{"mock-1", "mock-2"};
constexpr std::size_t settings_depth_max = 4;

struct Response {
  unsigned status = 200;
  std::string body;
};

Response refusal(unsigned status, std::string_view message, std::string_view param = "") {
  return {status,
          openai_error(message, "invalid_request_error", param, status == 404 ? "not_found" : "")};
}

Json model_object(std::string_view name) {
  return {{"id", name}, {"object", "model"}, {"created", 1'700'000'000}, {"owned_by", "mock"}};
}

Response model_answer(std::string_view path) {
  auto list = Json::array();
  for (const auto name : models) {
    if (path == "/v1/models/" + std::string(name)) return {200, dump(model_object(name))};
    list.push_back(model_object(name));
  }
  if (path == "/v1/models") return {200, dump({{"object", "list"}, {"data", list}})};
  return {404,
          openai_error(
              "The model does not exist.", "invalid_request_error", "model", "model_not_found")};
}

std::uint64_t query_number(std::string_view query, std::string_view name, std::uint64_t otherwise) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!part.starts_with(name) || part.size() <= name.size() || part[name.size()] != '=') continue;
    const auto text = part.substr(name.size() + 1);
    std::uint64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  return otherwise;
}

Response change_settings(MockState& state, std::string_view body) {
  const auto values = parse_json(body, settings_depth_max);
  if (!values) return refusal(400, values.error().detail);
  const auto seed = state.settings.seed;
  if (const auto done = set_all(state.settings, *values); !done) {
    return refusal(400, done.error().detail, done.error().field);
  }
  if (state.settings.seed != seed) state.random.seed(state.settings.seed);
  if (values->contains("fault") || values->contains("fault_count_max")) state.faults_given = 0;
  return {200, dump(to_json(state.settings))};
}

std::string_view path_of(const MockConnection::Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  return target.substr(0, target.find('?'));
}

Response route(MockState& state, const MockConnection::Request& request) {
  const auto path = path_of(request);
  const std::string_view target(request.target().data(), request.target().size());
  const auto query = target.substr(std::min(path.size() + 1, target.size()));
  const bool gets = request.method() == http::verb::get;
  const bool posts = request.method() == http::verb::post;
  if (gets && path.starts_with("/v1/models")) return model_answer(path);
  if (gets && path == "/mock/settings") return {200, dump(to_json(state.settings))};
  if (posts && path == "/mock/settings") return change_settings(state, request.body());
  if (gets && path == "/mock/stats") return {200, dump(state.journal.stats())};
  if (gets && path == "/mock/journal") {
    return {200,
            dump(state.journal.entries(query_number(query, "since", 0),
                                       query_number(query, "limit", SIZE_MAX)))};
  }
  if (posts && path == "/mock/reset") {
    state.journal.reset();
    state.limits = {};
    state.random.seed(state.settings.seed);
    state.faults_given = 0;
    return {200, "{}"};
  }
  return refusal(
      404, "There is no " + std::string(request.method_string()) + " " + std::string(path) + ".");
}

// A coroutine that ends by an exception has met a bug: it is logged, and the others go on.
void log_end(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    log_error("mock_connection_failed", {{"reason", exception.what()}});
  }
}

}  // namespace

struct MockServer::Shared {
  Shared(asio::io_context& io, MockSettings settings, std::uint16_t port)
      : acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), port)) {
    acceptor.listen(4'096);
    state.random.seed(settings.seed);
    state.settings = std::move(settings);
  }

  Tcp::acceptor acceptor;
  MockState state;
  std::size_t connections = 0;
};

MockServer::MockServer(asio::io_context& io, MockSettings settings, std::uint16_t port)
    : shared_(std::make_shared<Shared>(io, std::move(settings), port)) {
  asio::co_spawn(io, accept(shared_), log_end);
}

MockServer::~MockServer() {
  stop();
}

std::uint16_t MockServer::port() const {
  return shared_->acceptor.local_endpoint().port();
}

void MockServer::stop() {
  error_code ignored;
  shared_->acceptor.close(ignored);
}

asio::awaitable<void> MockServer::accept(std::shared_ptr<Shared> shared) {
  asio::steady_timer pause(shared->acceptor.get_executor());
  while (shared->acceptor.is_open()) {
    error_code failed;
    auto socket =
        co_await shared->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
    if (failed) {
      // Out of file descriptors, say: those that close make room.
      pause.expires_after(std::chrono::milliseconds(10));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      continue;
    }
    if (shared->connections >= connections_max) continue;
    asio::co_spawn(pause.get_executor(), serve(shared, std::move(socket)), log_end);
  }
}

asio::awaitable<void> MockServer::serve(std::shared_ptr<Shared> shared, Tcp::socket socket) {
  ++shared->connections;
  const auto connection = std::make_shared<MockConnection>(std::move(socket));
  std::uint64_t entry = 0;
  while (const auto request = co_await connection->read()) {
    bool reusable = request->keep_alive();
    const MockShape* const shape =
        request->method() == http::verb::post ? shape_at(path_of(*request)) : nullptr;
    if (shape != nullptr) {
      MockChat chat(shared->state, *shape, connection);
      const auto outcome = co_await chat.answer(*request);
      entry = chat.entry();
      reusable = reusable && (outcome == MockOutcome::finished || outcome == MockOutcome::refused);
    } else {
      const auto [status, body] = route(shared->state, *request);
      reusable = co_await connection->write(http_response(status, "application/json", "", body)) &&
                 reusable;
    }
    if (!reusable) break;
  }
  connection->close();
  if (entry != 0) shared->state.journal.closed(entry);
  --shared->connections;
}

}  // namespace parlance::bench
