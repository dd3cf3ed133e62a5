// One connection that speaks as much of the LangGraph surface as `echo` under load needs: POST
// /threads, and POST /threads/{id}/runs/wait, whose answer has Parlance's members and its thread's
// messages so far.
//
// Without a journal the answer is put together at once, from pieces of text. With one the body is
// parsed, the answer is built as JSON, and it leaves when the turn's rows are on disk.
//
// Threading: all of it on the thread of the socket's executor.
// Bounds: bodies and heads by Beast's own limits; it remembers the messages of the one thread that
// its client is on.
#pragma once

#include "bench/peers/bare/group_commit.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace parlance::bare {

class Session : public Waiter, public std::enable_shared_from_this<Session> {
 public:
  // `journal` may be null, and else outlives the session.
  Session(boost::asio::ip::tcp::socket socket, GroupCommit* journal);

  void read();
  void committed() override { write(); }

 private:
  void answer();
  void create_thread();
  void run_turn(std::string_view thread);
  std::string said_in(std::string_view body) const;
  void add_messages(const std::string& said);
  void begin(std::string body);
  void write();

  boost::asio::ip::tcp::socket socket_;
  GroupCommit* const journal_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::request<boost::beast::http::string_body> request_;
  boost::beast::http::response<boost::beast::http::string_body> response_;

  std::string thread_;    // that its client is on
  std::string messages_;  // of that thread, as the inside of a JSON array
  std::uint64_t turns_ = 0;
};

}  // namespace parlance::bare
