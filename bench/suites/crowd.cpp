#include "bench/suites/crowd.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <exception>

namespace parlance::bench {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int receive_buffer_bytes = 4'096;
constexpr std::size_t giant_head_bytes = 32U << 10U;
constexpr std::chrono::milliseconds letter_interval{100};

constexpr std::size_t left_after_bytes = 8'192;

// Calls of a model that are the same are made once: each asks something else.
std::string stream_body(std::size_t number) {
  return R"({"assistant_id":"chat","stream_mode":["messages","messages-tuple"],)"
         R"("input":{"messages":[{"role":"user","content":"a long one, please: )" +
         std::to_string(number) + R"("}]}})";
}

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

std::string_view to_string(Rudeness rudeness) {
  constexpr std::array<std::string_view, rudenesses> names{
      "silent", "half_head", "slow_sender", "giant_head", "stalled_reader", "leaver"};
  return names[static_cast<std::size_t>(rudeness)];
}

Crowd::Crowd(const Target& target, const std::vector<CrowdGroup>& groups) : target_(target) {
  for (const auto& [rudeness, count] : groups) {
    for (std::size_t each = 0; each < count; ++each)
      asio::co_spawn(io_, visit(rudeness, each), rethrow);
  }
  thread_ = std::thread([this] { io_.run(); });
}

Crowd::~Crowd() {
  io_.stop();
  thread_.join();
}

std::size_t Crowd::sent_away(Rudeness rudeness) const {
  return sent_away_[static_cast<std::size_t>(rudeness)];
}

asio::awaitable<void> Crowd::visit(Rudeness rudeness, std::size_t number) {
  const auto socket = std::make_shared<Socket>(io_);
  error_code failed;
  const asio::ip::tcp::endpoint server(asio::ip::make_address(target_.host),
                                       static_cast<std::uint16_t>(std::stoi(target_.port)));
  socket->open(server.protocol(), failed);
  if (rudeness == Rudeness::stalled_reader)
    socket->set_option(asio::socket_base::receive_buffer_size(receive_buffer_bytes), failed);
  co_await socket->async_connect(server, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return;
  sockets_.push_back(socket);
  const std::string words = words_of(rudeness, number);
  co_await asio::async_write(
      *socket, asio::buffer(words), asio::redirect_error(asio::use_awaitable, failed));
  if (rudeness == Rudeness::stalled_reader) co_return;
  if (rudeness == Rudeness::slow_sender) co_return co_await speak_slowly(*socket);
  co_await await_end(*socket, rudeness);
}

// Until nobody listens any more.
asio::awaitable<void> Crowd::speak_slowly(Socket& socket) {
  asio::steady_timer timer(io_);
  error_code failed;
  while (!failed) {
    timer.expires_after(letter_interval);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    co_await asio::async_write(
        socket, asio::buffer("a", 1), asio::redirect_error(asio::use_awaitable, failed));
  }
  ++sent_away_[static_cast<std::size_t>(Rudeness::slow_sender)];
}

asio::awaitable<void> Crowd::await_end(Socket& socket, Rudeness rudeness) {
  std::array<char, left_after_bytes> piece{};
  error_code failed;
  if (rudeness == Rudeness::leaver) {
    co_await asio::async_read(
        socket, asio::buffer(piece), asio::redirect_error(asio::use_awaitable, failed));
    socket.close(failed);
    co_return;
  }
  const auto size = co_await socket.async_read_some(
      asio::buffer(piece), asio::redirect_error(asio::use_awaitable, failed));
  const std::string_view begin(piece.data(), size);
  if (failed || begin.starts_with("HTTP/1.1 4")) ++sent_away_[static_cast<std::size_t>(rudeness)];
}

std::string Crowd::words_of(Rudeness rudeness, std::size_t number) const {
  const std::string head = "POST /runs/stream HTTP/1.1\r\nHost: " + target_.host + "\r\n";
  switch (rudeness) {
    case Rudeness::silent:
      return {};
    case Rudeness::half_head:
    case Rudeness::slow_sender:
      return head + "X-Slow: ";
    case Rudeness::giant_head:
      return "GET /livez HTTP/1.1\r\nHost: " + target_.host +
             "\r\nX-Giant: " + std::string(giant_head_bytes, 'a') + "\r\n\r\n";
    case Rudeness::stalled_reader:
    case Rudeness::leaver:
      break;
  }
  // Leavers and stalled readers are numbered alike.
  const auto body = stream_body(number + (rudeness == Rudeness::leaver ? 1'000 : 0));
  return head + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace parlance::bench
