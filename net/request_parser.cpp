#include "net/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>

#include <utility>

namespace parlance::net {
namespace http = boost::beast::http;

namespace {

bool has_one_framing(const RequestParser::Message& message) {
  const bool is_new = message.version() >= 11;
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (is_new && hosts == 0)) return false;
  const auto codings = message.count(http::field::transfer_encoding);
  if (codings == 0) return true;
  return is_new && codings == 1 && message.count(http::field::content_length) == 0 &&
         boost::beast::iequals(message[http::field::transfer_encoding], "chunked");
}

Error not_http() {
  return {ErrorCode::malformed_json, "the request is not valid HTTP", {}, {}};
}

}  // namespace

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
    if (problem) return not_http();
    if (now == 0) break;
  }
  if (parser_.is_header_done() && !std::exchange(is_framing_checked_, true) &&
      !has_one_framing(parser_.get())) {
    return not_http();
  }
  return used;
}

}  // namespace parlance::net
