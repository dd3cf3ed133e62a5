#include "net/loopback_guard.hpp"

#include "net/client/url.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

#include <string>

namespace parlance::net {
namespace {

bool is_same(std::string_view left, std::string_view right) {
  return boost::beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

// "[::1]:8080" -> "::1", "localhost:8080" -> "localhost".
std::string_view name_in(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.rfind(':'));
}

bool is_loopback(std::string_view host) {
  const auto name = name_in(host);
  if (is_localhost(name)) return true;
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(std::string(name), no_address);
  return !no_address && address.is_loopback();
}

bool is_own(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && is_same(origin.substr(scheme.size()), host)) return true;
  }
  return false;
}

Error origin_refused(std::string detail) {
  return {ErrorCode::origin_refused, std::move(detail), {}, {}};
}

}  // namespace

std::optional<Error> refuse_stranger(std::string_view host,
                                     std::string_view origin,
                                     const Cors& cors) {
  if (!host.empty() && !is_loopback(host))
    return origin_refused(
        "without keys, the server answers to loopback names alone, not to this Host");
  if (origin.empty() || is_own(origin, host) || cors.allows(origin)) return std::nullopt;
  return origin_refused(
      "without keys, the server answers its own pages and those of http.cors_origins, not this "
      "Origin");
}

}  // namespace parlance::net
