#include "bench/load/plan.hpp"

namespace parlance::bench {
namespace {

Error wrong(std::string detail) {
  return Error{ErrorCode::invalid_value, std::move(detail), "url", {}};
}

}  // namespace

Result<Target> parse_target(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) {
    return wrong("\"" + std::string(url) + "\" does not begin with http://");
  }
  url.remove_prefix(scheme.size());
  const auto authority = url.substr(0, url.find('/'));
  auto path = url.substr(authority.size());
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const auto colon = authority.find(':');
  Target target{std::string(authority.substr(0, colon)), "80", std::string(path)};
  if (colon != std::string_view::npos) target.port = authority.substr(colon + 1);
  if (target.host.empty()) return wrong("the host is missing");
  if (target.port.empty() || target.port.size() > 5 ||
      target.port.find_first_not_of("0123456789") != std::string::npos) {
    return wrong("\"" + target.port + "\" is not a port");
  }
  return target;
}

}  // namespace parlance::bench
