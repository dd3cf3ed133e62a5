#include "net/client/connection_pool.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace parlance::net {
namespace {

bool is_quiet(boost::asio::ip::tcp::socket& socket) {
  char byte = 0;
  const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

ConnectionPool::ConnectionPool(boost::asio::io_context& io,
                               std::size_t idle_max,
                               std::chrono::milliseconds idle_time_max)
    : idle_max_(idle_max),
      idle_time_max_(idle_time_max),
      timer_(io) {}

std::unique_ptr<HttpConnection> ConnectionPool::take(const std::string& origin) {
  const std::scoped_lock lock(mutex_);
  const auto found = idle_.find(origin);
  if (found == idle_.end()) return nullptr;
  Idle& idle = found->second;
  const auto oldest = std::chrono::steady_clock::now() - idle_time_max_;
  std::unique_ptr<HttpConnection> taken;
  while (!idle.empty() && !taken) {
    taken = std::move(idle.back());
    idle.pop_back();
    if (taken->idle_since < oldest || !is_quiet(taken->socket)) taken.reset();
  }
  if (idle.empty()) idle_.erase(found);
  return taken;
}

void ConnectionPool::give_back(const std::string& origin,
                               std::unique_ptr<HttpConnection> connection) {
  const std::scoped_lock lock(mutex_);
  if (is_closed_ || idle_max_ == 0) return;
  connection->idle_since = std::chrono::steady_clock::now();
  Idle& idle = idle_[origin];
  if (idle.size() >= idle_max_) idle.pop_front();
  idle.push_back(std::move(connection));
  if (!timer_runs_) start_timer();
}

void ConnectionPool::close() {
  const std::scoped_lock lock(mutex_);
  is_closed_ = true;
  idle_.clear();
  timer_.cancel();
}

std::size_t ConnectionPool::idle() const {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [origin, idle] : idle_)
    count += idle.size();
  return count;
}

void ConnectionPool::start_timer() {
  timer_runs_ = true;
  timer_.expires_after(idle_time_max_ / 2);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto pool = weak.lock();
    if (pool && !error) pool->close_old();
  });
}

void ConnectionPool::close_old() {
  const std::scoped_lock lock(mutex_);
  const auto oldest = std::chrono::steady_clock::now() - idle_time_max_;
  for (auto& [origin, idle] : idle_) {
    while (!idle.empty() && idle.front()->idle_since < oldest)
      idle.pop_front();
  }
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
  timer_runs_ = false;
  if (!idle_.empty() && !is_closed_) start_timer();
}

}  // namespace parlance::net
