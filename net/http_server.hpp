// Listens, keeps count of the connections, and drains. What a connection does is in
// http_session.hpp; what a request means, in routes/.
//
// Threading: run the io_context on as many threads as you like; each connection has a strand of its
// own. listen() before they run; drain() from any thread. The router and the metrics must outlive
// the io_context's run; destroy the server after it.
//
// Bounds: connections_max; one more is told connections_full and closed.
#pragma once

#include "net/door.hpp"
#include "net/router.hpp"
#include "runtime/base/deadline.hpp"
#include "runtime/base/result.hpp"
#include "runtime/metrics/http_metrics.hpp"
#include "runtime/ports/front.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parlance::net {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free port, which listen() returns
  std::string version = "0";  // shown in x-parlance-version
  std::uint32_t connections_max = 11'000;
  std::uint32_t header_bytes_max = 16 * 1024;
  std::uint64_t body_bytes_max = 64 * 1024;
  std::uint32_t json_depth_max = 32;
  std::chrono::milliseconds header_time_max{10'000};  // from a request's first byte
  std::chrono::milliseconds body_time_max{30'000};    // from the end of its headers
  std::chrono::milliseconds idle_time_max{75'000};    // between requests
  std::chrono::milliseconds write_time_max{30'000};   // for one write
  std::chrono::milliseconds heartbeat_time{5'000};    // of silence on a stream
  std::chrono::milliseconds hold_time_max{250};       // a response head waits for admission
  std::size_t stream_buffer_bytes_max = 256 * 1024;   // a stream
  int send_buffer_bytes = 64 * 1024;                  // the kernel's, on streams
  std::vector<std::string> cors_origins;              // net/cors.hpp
  bool takes_no_key = false;                          // then net/loopback_guard.hpp
  DoorOptions door;
  std::shared_ptr<RateLimits> rates;  // null: of `door`, shared with nobody
};

class HttpServer : public Front {
 public:
  HttpServer(boost::asio::io_context& io,
             HttpServerOptions options,
             const Router& router,
             HttpMetrics& metrics);
  ~HttpServer() override;

  // Binds, and accepts as soon as the io_context runs. Returns the port. internal, with the reason,
  // when the address cannot be had.
  Result<std::uint16_t> listen();

  // Accepts nobody else, closes idle connections, and lets answers and streams end. What is left at
  // the deadline is cut. Then calls `drained`, once, on a thread of the io_context.
  void drain(Deadline deadline, std::function<void()> drained) override;

 private:
  struct Shared;

  const std::shared_ptr<Shared> shared_;
};

}  // namespace parlance::net
