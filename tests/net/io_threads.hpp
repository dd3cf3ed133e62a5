// An io_context that runs on two threads until the test ends.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace parlance::net {

class IoThreads {
 public:
  IoThreads() = default;
  ~IoThreads() {
    guard_.reset();
    first_.join();
    second_.join();
  }
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  boost::asio::io_context& io() { return io_; }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      io_.get_executor()};
  std::thread first_{[this] { io_.run(); }};
  std::thread second_{[this] { io_.run(); }};
};

}  // namespace parlance::net
