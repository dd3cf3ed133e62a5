// An http or https address, taken apart.
#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::net {

struct Url {
  bool is_tls = false;
  std::string host;  // a name or a literal address, without brackets
  std::uint16_t port = 0;
  std::string path;  // "/v1", or a whole target: "/v1/?a=b"; empty for the root

  std::string origin() const;      // "https://host:443": what a connection belongs to
  std::string host_field() const;  // as the Host header wants it
};

// Whether a name is loopback's by its form (RFC 6761, 6.3), in any case: localhost, and the names
// under .localhost. No resolver is asked for them: a bare system may know no names at all.
bool is_localhost(std::string_view name);

// "http[s]://host[:port][/path]"; a slash at the path's end is dropped. Errors: invalid_value for
// any other scheme, for user names, for queries and fragments, and for characters that do not
// belong into a URL.
Result<Url> parse_url(std::string_view text);

// The same with a query, and with the path as it is written: what is asked for as it stands.
Result<Url> parse_target(std::string_view text);

}  // namespace parlance::net
