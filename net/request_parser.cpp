#include "net/request_parser.hpp"

#include <boost/asio/buffer.hpp>

namespace parlance::net {
namespace http = boost::beast::http;

RequestParser::RequestParser(std::uint32_t header_bytes_max, std::uint64_t body_bytes_max) {
  parser_.header_limit(header_bytes_max);
  parser_.body_limit(body_bytes_max);
  parser_.eager(true);
}

Result<std::size_t> RequestParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !parser_.is_done()) {
    boost::system::error_code problem;
    const auto rest = bytes.substr(used);
    const std::size_t now =
        parser_.put(boost::asio::const_buffer(rest.data(), rest.size()), problem);
    used += now;
    if (problem == http::error::need_more) break;
    if (problem == http::error::header_limit) {
      return Error{ErrorCode::headers_too_large, "the request's headers are too large", {}, {}};
    }
    if (problem == http::error::body_limit) {
      return Error{ErrorCode::body_too_large, "the request's body is too large", {}, {}};
    }
    if (problem) return Error{ErrorCode::malformed_json, "the request is not valid HTTP", {}, {}};
    if (now == 0) break;
  }
  return used;
}

}  // namespace parlance::net
