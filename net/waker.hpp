// Lets a session's coroutine sleep until there is something to do, and anybody wake it.
//
// Threading: wake() from any thread; the rest on the session's strand.
#pragma once

#include "net/use_tuple.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>

namespace parlance::net {

class Waker : public std::enable_shared_from_this<Waker> {
 public:
  explicit Waker(const boost::asio::any_io_executor& strand) : timer_(strand) {}

  void wake() {
    boost::asio::post(timer_.get_executor(),
                      [self = shared_from_this()] { self->wake_on_strand(); });
  }

  void wake_on_strand() {
    woken_ = true;
    timer_.cancel();
  }

  // Returns at `when`, or as soon as it has been woken since it last returned; sometimes earlier.
  boost::asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point when) {
    if (!woken_) {
      timer_.expires_at(when);
      co_await timer_.async_wait(use_tuple);
    }
    woken_ = false;
  }

 private:
  boost::asio::steady_timer timer_;
  bool woken_ = false;
};

}  // namespace parlance::net
