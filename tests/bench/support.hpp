// A mock provider on a thread of its own, and a client that asks it byte by byte.
#pragma once

#include "bench/load/plan.hpp"
#include "bench/mock/server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace parlance::bench {

class RunningMock {
 public:
  explicit RunningMock(MockSettings settings)
      : server_(io_, std::move(settings), 0),
        port_(server_.port()),
        thread_([this] { io_.run(); }) {}
  ~RunningMock() {
    io_.stop();
    thread_.join();
  }
  RunningMock(const RunningMock&) = delete;
  RunningMock& operator=(const RunningMock&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  boost::asio::io_context io_{1};
  MockServer server_;
  std::uint16_t port_;
  std::thread thread_;
};

// One connection, blocking.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }

  void send(std::string_view method,
            std::string_view path,
            std::string_view body,
            std::string_view headers = "") {
    std::string text;
    text.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: mock\r\n");
    text.append(headers).append("Content-Length: ").append(std::to_string(body.size()));
    text.append("\r\n\r\n").append(body);
    socket_.send(boost::asio::buffer(text));
  }

  // Until `end` was read, or the server closed.
  std::string read_until(std::string_view end) {
    std::array<char, 4'096> piece{};
    while (read_.find(end) == std::string::npos) {
      boost::system::error_code failed;
      const auto size = socket_.receive(boost::asio::buffer(piece), 0, failed);
      if (failed) break;
      read_.append(piece.data(), size);
    }
    return read_;
  }

  std::string read_to_the_end() { return read_until(std::string_view("\0never\0", 7)); }

  void close() { socket_.close(); }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string read_;
};

inline std::string chat_body(std::string_view text, bool stream = false) {
  return dump({{"model", "mock-1"},
               {"stream", stream},
               {"messages", {{{"role", "user"}, {"content", text}}}}});
}

// One request on a connection of its own, with its whole answer.
inline std::string ask(std::uint16_t port,
                       std::string_view method,
                       std::string_view path,
                       std::string_view body = "",
                       std::string_view headers = "") {
  RawClient client(port);
  client.send(method, path, body, std::string(headers) + "Connection: close\r\n");
  return client.read_to_the_end();
}

inline Json ask_json(std::uint16_t port,
                     std::string_view method,
                     std::string_view path,
                     std::string_view body = "") {
  const auto answer = ask(port, method, path, body);
  return Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
}

// The journal's first entry, once `ready` says so; null after five seconds.
template <class Ready>
Json entry_when(std::uint16_t port, Ready ready) {
  for (int round = 0; round < 500; ++round) {
    auto journal = ask_json(port, "GET", "/mock/journal");
    if (!journal.empty() && ready(journal[0])) return journal[0];
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return nullptr;
}

// A hundred turns of eight clients, with answers as the mock gives them.
inline LoadPlan plan_for(const RunningMock& mock) {
  LoadPlan plan;
  plan.target.port = std::to_string(mock.port());
  plan.surface = Surface::openai;
  plan.agent = "mock-1";
  plan.check = AnswerCheck::mock;
  plan.turns_per_thread = 0;
  plan.clients = 8;
  plan.turns = 100;
  plan.timeout = std::chrono::milliseconds(5'000);
  return plan;
}

}  // namespace parlance::bench
