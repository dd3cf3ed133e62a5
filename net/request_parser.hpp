// Bytes to one request, within limits, without a socket: sessions feed it, and so does a fuzzer.
//
// One that two readers could frame differently is refused (RFC 9112, 3.2, 6.1 and 11.2): by a
// Transfer-Encoding other than `chunked`, alone or together with a Content-Length, and by no Host
// or several. What follows its headers would be a request of its own to one of them.
//
// A target in absolute form ("http://host/path") is taken apart: the message has the path as its
// target and the host as its Host, whatever Host said (RFC 9112, 3.2.2).
//
// Bounds: header_bytes_max of request line and headers, of the extensions of one chunk, and of the
// trailers (headers_too_large); body_bytes_max of body (body_too_large), chunked or not.
#pragma once

#include "runtime/base/result.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstdint>
#include <string_view>

namespace parlance::net {

class RequestParser {
 public:
  using Message = boost::beast::http::request<boost::beast::http::string_body>;

  RequestParser(std::uint32_t header_bytes_max, std::uint64_t body_bytes_max);

  // How many of `bytes` were used; feed the rest again, with what follows it. Stops at the
  // request's end; until then it leaves at most header_bytes_max.
  Result<std::size_t> feed(std::string_view bytes);

  bool header_done() const { return parser_.is_header_done(); }
  bool done() const { return parser_.is_done(); }
  const Message& message() const { return parser_.get(); }
  Message take() { return parser_.release(); }

 private:
  const std::uint32_t header_bytes_max_;
  boost::beast::http::request_parser<boost::beast::http::string_body> parser_;
  bool is_header_read_ = false;
};

}  // namespace parlance::net
