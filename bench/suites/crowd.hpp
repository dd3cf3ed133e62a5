// Clients that nobody wants, all at once: silent, slow, half gone. Each keeps its socket for as
// long as the crowd lives, so that it is for the server to get rid of them.
//
// Threading: a thread of its own; `figures` from any other.
// Bounds: one connection for each of them.
#pragma once

#include "bench/load/plan.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace parlance::bench {

enum class Rudeness : std::uint8_t {
  silent,          // connects, and says nothing
  half_head,       // half a request's head, and nothing more
  slow_sender,     // a head without an end, a letter every 100 ms
  giant_head,      // a head of 32 KiB
  stalled_reader,  // asks for a long stream, and never reads of it
  leaver           // asks for a long stream, reads some text of it, and is gone
};
inline constexpr std::size_t rudenesses = 6;
std::string_view to_string(Rudeness rudeness);

struct CrowdGroup {
  Rudeness rudeness = Rudeness::silent;
  std::size_t count = 0;
};

class Crowd {
 public:
  Crowd(const Target& target, const std::vector<CrowdGroup>& groups);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Of those who are so, how many the server has refused (4xx) or cut off.
  std::size_t sent_away(Rudeness rudeness) const;

 private:
  using Socket = boost::asio::ip::tcp::socket;

  boost::asio::awaitable<void> visit(Rudeness rudeness, std::size_t number);
  boost::asio::awaitable<void> speak_slowly(Socket& socket);
  boost::asio::awaitable<void> await_end(Socket& socket, Rudeness rudeness);
  std::string words_of(Rudeness rudeness, std::size_t number) const;

  const Target target_;
  boost::asio::io_context io_{1};
  std::vector<std::shared_ptr<Socket>> sockets_;  // the thread's
  std::array<std::atomic<std::size_t>, rudenesses> sent_away_{};
  std::thread thread_;
};

}  // namespace parlance::bench
