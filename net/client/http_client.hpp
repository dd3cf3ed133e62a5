// An HTTP/1.1 client with pooled connections, whose answers arrive in pieces.
//
//   HttpClient client{io, {}};
//   CancelHttp cancel = client.start(std::move(request), {on_head, on_body, on_ended});
//
// https means TLS 1.2 or newer with the certificate and the host name verified; there is no way to
// turn that off. Redirects are not followed. A request is sent once; only where a pooled connection
// turns out to be dead before any byte of an answer, it is sent again, on a new connection.
//
// Every wait has a limit: connecting (names, TCP and TLS together), writing, the first piece, the
// gap between pieces, and the deadline over all.
//
// Threading: start() and the cancel it returns may be called from any thread and return at once.
// Callbacks come from threads of the io_context, one at a time for each call; they must not block.
//
// Bounds: heads of header_bytes_max, bodies of body_bytes_max, and connections_idle_max idle
// connections for each origin, kept for idle_time_max. Calls are as many as the caller starts.
//
// Lives at most as long as the io_context; idle connections and their timer end with the client.
// The io_context runs until every call has ended.
#pragma once

#include "net/client/url.hpp"
#include "runtime/base/deadline.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace parlance::net {

struct HttpClientOptions {
  std::string ca_file;  // PEM; trusted in place of the system's store. Empty: the system's store
  std::size_t connections_idle_max = 64;
  std::chrono::milliseconds idle_time_max{30'000};
  std::chrono::milliseconds connect_time_max{5'000};
  std::chrono::milliseconds write_time_max{10'000};
  std::chrono::milliseconds drain_time_max{250};  // for the rest of a body that nobody wants
  std::uint32_t header_bytes_max = 16U << 10U;
};

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "POST";
  Url url;            // its path is the whole target
  HttpFields fields;  // free of control characters
  std::string body;
  bool public_addresses_only =
      false;  // whatever the name is resolved to; see net/client/address.hpp
  std::size_t body_bytes_max = 1U << 20U;                  // of the answer
  std::chrono::milliseconds first_piece_time_max{30'000};  // from when the request was written
  std::chrono::milliseconds gap_time_max{30'000};
  Deadline deadline;
};

struct HttpHead {
  unsigned status = 0;
  HttpFields fields;

  std::string_view field(std::string_view name) const;  // in any case; empty when absent
};

enum class HttpFailureKind : std::uint8_t {
  unreachable,  // no connection: name, TCP, TLS, or out of time
  no_answer,    // connected, but no head came: closed or out of time
  too_slow,     // the head came, but the first piece or the next one did not come in time
  cut,          // the body ended too early
  malformed,    // not HTTP, or over a bound
  given_up,     // a callback said stop
  deadline_passed,
  cancelled,
};

struct HttpFailure {
  HttpFailureKind kind;
  std::string detail;
};

// What a callback wants after a piece of the body.
enum class HttpNext : std::uint8_t {
  progress,  // go on; the time for the gap starts anew
  waiting,   // go on; this piece did not count (a heartbeat)
  finished,  // no more is wanted, but the connection may be kept if the body ends soon
  stop,      // close the connection
};

struct HttpEvents {
  std::function<void(const HttpHead&)> head;  // at most once, before any piece
  std::function<HttpNext(std::string_view)> body;
  std::function<void(std::optional<HttpFailure>)> ended;  // exactly once, last
};

// Closes the call's socket; the call ends with `cancelled`. Late or twice, it does nothing.
using CancelHttp = std::function<void()>;

struct HttpClientCore;

class HttpClient {
 public:
  // Throws std::runtime_error when ca_file cannot be read.
  HttpClient(boost::asio::io_context& io, HttpClientOptions options);
  ~HttpClient();

  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  CancelHttp start(HttpRequest request, HttpEvents events);

  std::size_t connections_idle() const;

 private:
  std::shared_ptr<HttpClientCore> core_;
};

}  // namespace parlance::net
