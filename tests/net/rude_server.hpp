// A server for tests that does on each connection exactly what the test says, manners or not.
//
//   RudeServer server{[](RudePeer& peer) {
//     peer.read_request();
//     peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal");  // and closes
//   }};
//
// Threading: the script runs once for each connection, on a thread of that connection's. The
// destructor closes every socket and waits for the scripts.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace parlance::net {

class RudePeer {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  RudePeer(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls)
      : socket_(std::move(socket)) {
    if (tls == nullptr) return;
    tls_.emplace(socket_, *tls);
    boost::system::error_code error;
    tls_->handshake(boost::asio::ssl::stream_base::server, error);
    is_usable_ = !error;
  }

  bool is_usable() const { return is_usable_; }
  int number() { return socket_.native_handle(); }

  // None when the client has gone.
  std::optional<Request> read_request() {
    Request request;
    boost::system::error_code error;
    if (tls_) {
      boost::beast::http::read(*tls_, buffer_, request, error);
    } else {
      boost::beast::http::read(socket_, buffer_, request, error);
    }
    if (error) return std::nullopt;
    return request;
  }

  void write(std::string_view bytes) {
    boost::system::error_code error;
    const auto buffer = boost::asio::buffer(bytes.data(), bytes.size());
    if (tls_) {
      boost::asio::write(*tls_, buffer, error);
    } else {
      boost::asio::write(socket_, buffer, error);
    }
  }

  // Returns once the client has closed the connection.
  void wait_until_closed() {
    char byte = 0;
    while (::recv(number(), &byte, 1, 0) > 0) {
    }
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::beast::flat_buffer buffer_;
  bool is_usable_ = true;
};

class RudeServer {
 public:
  using Script = std::function<void(RudePeer&)>;

  explicit RudeServer(Script script, boost::asio::ssl::context* tls = nullptr)
      : script_(std::move(script)),
        tls_(tls),
        acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()),
        accepting_([this] { accept(); }) {}

  ~RudeServer() {
    is_closing_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    accepting_.join();
    {
      const std::scoped_lock lock(mutex_);
      for (const int number : open_)
        ::shutdown(number, SHUT_RDWR);
    }
    for (auto& thread : scripts_)
      thread.join();
  }

  RudeServer(const RudeServer&) = delete;
  RudeServer& operator=(const RudeServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  int connections() const { return connections_; }  // so far

 private:
  void accept() {
    while (!is_closing_) {
      boost::system::error_code error;
      boost::asio::ip::tcp::socket socket(io_);
      acceptor_.accept(socket, error);
      if (error) continue;
      ++connections_;
      socket.set_option(boost::asio::ip::tcp::no_delay(true), error);
      const int number = socket.native_handle();
      {
        const std::scoped_lock lock(mutex_);
        open_.insert(number);
      }
      scripts_.emplace_back([this, number, moved = std::move(socket)]() mutable {
        {
          RudePeer peer(std::move(moved), tls_);
          if (peer.is_usable()) script_(peer);
          const std::scoped_lock lock(mutex_);
          open_.erase(number);
        }
      });
    }
  }

  const Script script_;
  boost::asio::ssl::context* const tls_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::atomic<bool> is_closing_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::set<int> open_;                // guarded by mutex_
  std::vector<std::thread> scripts_;  // on the accepting thread, then the destructor's
  std::thread accepting_;
};

}  // namespace parlance::net
