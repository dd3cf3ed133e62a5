// A real server on a free port over FakeConversations, and a client that sends bytes as they are.
#pragma once

#include "net/http_server.hpp"
#include "net/routes/routes.hpp"
#include "net/sse_parser.hpp"
#include "runtime/ports/health.hpp"
#include "tests/support/fake_answer_store.hpp"
#include "tests/support/fake_conversations.hpp"
#include "tests/support/fake_ledger.hpp"
#include "tests/support/test_agents.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace parlance::net {

struct Answered {
  int status = 0;  // 0: the connection ended instead
  std::map<std::string, std::string> headers;
  std::string body;

  Json json() const { return Json::parse(body, nullptr, false); }
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
  std::vector<SseEvent> events() const {
    std::vector<SseEvent> all;
    SseParser parser;
    const auto fed = parser.feed(body, [&](SseEvent event) { all.push_back(std::move(event)); });
    if (!fed) all.clear();
    return all;
  }
};

// Blocking; a read that has to wait longer than ten seconds fails.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    timeval wait_max{10, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &wait_max, sizeof wait_max);
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

  void request(std::string_view method,
               std::string_view target,
               std::string_view body = {},
               std::string_view headers = {}) {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nhost: test\r\n");
    text.append(headers).append("content-length: ").append(std::to_string(body.size()));
    text.append("\r\n\r\n").append(body);
    send(text);
  }

  // The next answer, whole. `head_only`: of a HEAD request.
  Answered answer(bool head_only = false) {
    Answered answered = head();
    if (answered.status == 0 || head_only) return answered;
    if (answered.header("transfer-encoding") == "chunked") {
      for (std::string piece = chunk(); !piece.empty(); piece = chunk())
        answered.body += piece;
    } else if (!answered.header("content-length").empty()) {
      const auto length = std::stoul(answered.header("content-length"));
      while (buffer_.size() < length && more()) {
      }
      answered.body = buffer_.substr(0, length);
      buffer_.erase(0, length);
    } else if (answered.status != 204) {
      while (more()) {
      }
      answered.body = std::exchange(buffer_, {});
    }
    return answered;
  }

  Answered head() {
    Answered answered;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return answered;
    }
    const std::string text = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    answered.status = std::stoi(text.substr(9, 3));
    for (std::size_t from = text.find("\r\n") + 2; from < text.size();) {
      const auto line_end = text.find("\r\n", from);
      const auto colon = text.find(": ", from);
      answered.headers[text.substr(from, colon - from)] =
          text.substr(colon + 2, line_end - colon - 2);
      from = line_end + 2;
    }
    return answered;
  }

  // The next chunk of a stream; empty at its end.
  std::string chunk() {
    std::size_t line = 0;
    while ((line = buffer_.find("\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    const auto size = std::stoul(buffer_.substr(0, line), nullptr, 16);
    while (buffer_.size() < line + 2 + size + 2) {
      if (!more()) return {};
    }
    std::string piece = buffer_.substr(line + 2, size);
    buffer_.erase(0, line + 2 + size + 2);
    return piece;
  }

  // True when the server has ended the connection.
  bool ended() {
    while (more()) {
    }
    return !timed_out_;
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  boost::asio::ip::tcp::socket& socket() { return socket_; }
  const std::string& received() const { return buffer_; }

 private:
  bool more() {
    char bytes[16 * 1024];
    const auto count = ::recv(socket_.native_handle(), bytes, sizeof bytes, 0);
    if (count <= 0) {
      timed_out_ = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
      return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
  bool timed_out_ = false;
};

struct FakeHealth : Health {
  bool ready() const override { return is_ready; }
  Json details() const override { return Json::object(); }
  std::atomic<bool> is_ready{true};
};

// A lane of each name in `views`; changes are kept, and done as far as `mode` goes.
class FakePools : public Pools {
 public:
  void lanes(Answer done) override { done(views); }
  void lanes_for(CallWish wish, Answer done) override {
    wishes.push_back(std::move(wish));
    done(views);
  }
  void change(LaneChange change, Answer done) override {
    changes.push_back(change);
    for (auto& view : views) {
      if (view.provider != change.provider || view.model != change.model) continue;
      if (change.mode) view.mode = *change.mode;
      return done(std::vector<LaneView>{view});
    }
    done(Error{ErrorCode::not_found, "there is no such lane", {}, {}});
  }

  std::vector<LaneView> views;
  std::vector<CallWish> wishes;
  std::vector<LaneChange> changes;
};

// Keeps what it is asked, and answers with `answer` unless that is none.
class FakeEmbeddings : public Embeddings {
 public:
  Leave embed(EmbeddingRequest request, Answer done) override {
    const std::lock_guard lock(mutex_);
    asked.push_back(std::move(request));
    if (answer) done(*answer);
    held_.push_back(std::move(done));
    return [this] { ++left; };
  }

  // What is held of sessions goes before they do.
  void forget() {
    const std::lock_guard lock(mutex_);
    held_.clear();
  }

  std::optional<Result<Embedded>> answer;
  std::vector<EmbeddingRequest> asked;
  std::atomic<int> left = 0;

 private:
  std::mutex mutex_;
  std::vector<Answer> held_;
};

class ServerFixture {
 public:
  explicit ServerFixture(HttpServerOptions options = {}, KeyStore keys = KeyStore::dev())
      : keys_(std::move(keys)),
        backend_{conversations,
                 ledger,
                 agents,
                 keys_,
                 health,
                 registry,
                 kept_answers,
                 clock_,
                 webhooks_,
                 pools,
                 embeddings,
                 {{"embed"}, 4, std::chrono::seconds(10)},
                 std::chrono::hours(24),
                 "1.2.3"},
        router_(make_routes(backend_)) {
    options.port = 0;
    options.version = "1.2.3";
    server_ = std::make_unique<HttpServer>(io_, std::move(options), router_, metrics);
    port = *server_->listen();
    threads_.emplace_back([this] { io_.run(); });
    threads_.emplace_back([this] { io_.run(); });
  }

  ~ServerFixture() {
    drain(std::chrono::milliseconds(0));
    guard_.reset();
    for (auto& thread : threads_)
      thread.join();
    embeddings.forget();
  }
  ServerFixture(const ServerFixture&) = delete;
  ServerFixture& operator=(const ServerFixture&) = delete;

  // Waits for it.
  void drain(std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable changed;
    bool drained = false;
    server_->drain(Deadline::at(std::chrono::steady_clock::now() + time), [&] {
      const std::lock_guard lock(mutex);
      drained = true;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return drained; });
  }

  HttpServer& server() { return *server_; }
  const Router& router() const { return router_; }

  Answered call(std::string_view method,
                std::string_view target,
                std::string_view body = {},
                std::string_view headers = {}) const {
    RawClient client(port);
    client.request(method, target, body, headers);
    return client.answer();
  }

  ThreadKey thread(const std::string& id) const { return {{"dev"}, {id}}; }

  tests::FakeConversations conversations;
  tests::FakeLedger ledger;
  Agents agents = tests::test_agents();
  FakeHealth health;
  FakePools pools;
  FakeEmbeddings embeddings;
  Registry registry;
  tests::FakeAnswerStore answer_store;
  KeptAnswers kept_answers{1'000'000, &answer_store};
  HttpMetrics metrics{registry};
  std::uint16_t port = 0;

 private:
  KeyStore keys_;
  Clock clock_;
  WebhookRules webhooks_ = *WebhookRules::make({"hooks.example.com", "127.0.0.1:9000"});
  Backend backend_;
  Router router_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      io_.get_executor()};
  std::unique_ptr<HttpServer> server_;
  std::vector<std::thread> threads_;
};

}  // namespace parlance::net
