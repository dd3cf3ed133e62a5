#include "net/client/url.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>

namespace parlance::net {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

Error wrong(std::string detail) {
  return Error{ErrorCode::invalid_value, std::move(detail), {}, {}};
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string Url::origin() const {
  return (is_tls ? "https://" : "http://") + bracketed(host) + ":" + std::to_string(port);
}

std::string Url::host_field() const {
  const bool is_usual_port = port == (is_tls ? https_port : http_port);
  return is_usual_port ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

bool is_localhost(std::string_view name) {
  constexpr std::string_view top = "localhost";
  if (name.size() < top.size()) return false;
  const auto below = name.substr(0, name.size() - top.size());
  const auto last = name.substr(below.size());
  return boost::beast::iequals({last.data(), last.size()}, {top.data(), top.size()}) &&
         (below.empty() || (below.size() > 1 && below.ends_with('.')));
}

Result<Url> parse_target(std::string_view text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (!is_plain || text.find_first_of("\"<>\\^`{|}#") != std::string_view::npos) {
    return wrong("the URL holds a character that does not belong there");
  }
  Url url;
  if (text.starts_with("https://")) {
    url.is_tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return wrong("the URL starts with neither http:// nor https://");
  }
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos)
    return wrong("the URL holds a user name, which does not belong there");
  url.path = text.substr(authority_end);
  if (url.path.starts_with('?')) url.path.insert(0, "/");

  url.port = url.is_tls ? https_port : http_port;
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    host_end = authority.find(']');
    if (host_end == std::string_view::npos) return wrong("the URL's address lacks its bracket");
    url.host = authority.substr(1, host_end - 1);
    ++host_end;
  } else {
    url.host = authority.substr(0, host_end);
  }
  if (url.host.empty()) return wrong("the URL has no host");
  if (host_end < authority.size()) {
    const std::string_view port = authority.substr(host_end + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    const bool is_number = error == std::errc{} && end == port.data() + port.size();
    if (authority[host_end] != ':' || !is_number || url.port == 0) {
      return wrong("the URL's port is not a number from 1 to 65535");
    }
  }
  return url;
}

Result<Url> parse_url(std::string_view text) {
  if (text.find_first_of("@?") != std::string_view::npos)
    return wrong("the URL holds a character that does not belong there");
  auto url = parse_target(text);
  if (!url) return url;
  while (url->path.ends_with('/'))
    url->path.pop_back();
  return url;
}

}  // namespace parlance::net
