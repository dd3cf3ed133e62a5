// A provider of models that costs nothing and does as it is told: it speaks three APIs, with
// delays, faults and a journal of what was asked.
//
//   POST /v1/chat/completions, /v1/embeddings   GET /v1/models, /v1/models/{id}   OpenAI
//   POST /v1/messages                                               Anthropic
//   POST /v1beta/models/{id}:generateContent, :streamGenerateContent, :batchEmbedContents   Gemini
//   GET, POST /mock/settings    GET /mock/journal?since=ID&limit=N    GET /mock/stats
//   POST /mock/reset            (journal, sums, peaks and the order of faults begin anew)
//
// Threading: the io_context's one thread. Outlives the io_context's run(), or is stopped before.
// Bounds: 16,384 connections; the next one is closed at once.
#pragma once

#include "bench/mock/chat.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>

namespace parlance::bench {

class MockServer {
 public:
  // Listens on the loopback address; port 0 takes a free one. Throws boost::system::system_error
  // when it cannot.
  MockServer(boost::asio::io_context& io, MockSettings settings, std::uint16_t port);
  ~MockServer();
  MockServer(const MockServer&) = delete;
  MockServer& operator=(const MockServer&) = delete;

  std::uint16_t port() const;

  // Takes no more connections. Those that are open go on while the io_context runs.
  void stop();

 private:
  struct Shared;
  static boost::asio::awaitable<void> accept(std::shared_ptr<Shared> shared);
  static boost::asio::awaitable<void> serve(std::shared_ptr<Shared> shared,
                                            boost::asio::ip::tcp::socket socket);

  std::shared_ptr<Shared> shared_;
};

}  // namespace parlance::bench
