#include "net/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <string>
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

std::size_t scheme_length(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (boost::beast::iequals({target.data(), std::min(target.size(), scheme.size())},
                              {scheme.data(), scheme.size()}))
      return scheme.size();
  }
  return 0;
}

// False when an absolute form names no host, or somebody at it (RFC 9110, 4.2.4).
bool take_origin_form(RequestParser::Message& message) {
  std::string_view target{message.target().data(), message.target().size()};
  const auto scheme = scheme_length(target);
  if (scheme == 0) return true;
  target.remove_prefix(scheme);
  const std::string host(target.substr(0, target.find_first_of("/?")));
  if (host.empty() || host.find('@') != std::string::npos) return false;
  std::string path(target.substr(host.size()));
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  message.set(http::field::host, host);
  message.target(path);
  return true;
}

Error headers_too_large() {
  return {ErrorCode::headers_too_large, "the request's headers are too large", {}, {}};
}

Error not_http() {
  return {ErrorCode::malformed_json, "the request is not valid HTTP", {}, {}};
}

}  // namespace

RequestParser::RequestParser(std::uint32_t header_bytes_max, std::uint64_t body_bytes_max)
    : header_bytes_max_(header_bytes_max) {
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
      return headers_too_large();
    }
    if (problem == http::error::body_limit) {
      return Error{ErrorCode::body_too_large, "the request's body is too large", {}, {}};
    }
    if (problem) return not_http();
    if (now == 0) break;
  }
  if (parser_.is_header_done() && !std::exchange(is_header_read_, true) &&
      !(has_one_framing(parser_.get()) && take_origin_form(parser_.get()))) {
    return not_http();
  }
  // What the parser takes only whole: a chunk's extensions, and the trailers.
  if (!parser_.is_done() && bytes.size() - used > header_bytes_max_) return headers_too_large();
  return used;
}

}  // namespace parlance::net
