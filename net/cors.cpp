#include "net/cors.hpp"

#include <algorithm>

namespace parlance::net {

bool Cors::allows(std::string_view origin) const {
  return !origin.empty() &&
         std::any_of(origins_.begin(), origins_.end(), [&](const std::string& allowed) {
           return allowed == "*" || allowed == origin;
         });
}

void Cors::append_headers(std::string& out, std::string_view origin) const {
  if (!origins_.empty()) out.append("vary: origin\r\n");
  if (origin.empty()) return;
  out.append("access-control-allow-origin: ").append(origin);
  out.append(
      "\r\naccess-control-expose-headers: content-location, idempotent-replayed, location, "
      "retry-after, retry-after-ms, x-error-code, x-pagination-next, x-pagination-total, "
      "x-parlance-version, x-ratelimit-limit-requests, x-ratelimit-limit-tokens, "
      "x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, "
      "x-ratelimit-reset-tokens, x-request-id, x-should-retry\r\n");
}

void Cors::append_preflight_headers(std::string& out, std::string_view methods) {
  out.append("access-control-allow-methods: ").append(methods);
  out.append(
      "\r\naccess-control-allow-headers: *, authorization\r\naccess-control-max-age: 600\r\n");
}

bool Cors::is_origin(std::string_view text) {
  if (text == "*") return true;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    const auto host = text.substr(scheme.size());
    return !host.empty() && host.find_first_of("/?#@ ,\r\n") == std::string_view::npos;
  }
  return false;
}

}  // namespace parlance::net
