#include "net/router.hpp"

#include "net/request.hpp"

#include <algorithm>
#include <optional>

namespace parlance::net {
namespace {

constexpr std::size_t segments_max = 8;

struct Segments {
  std::array<std::string_view, segments_max> at;
  std::size_t count = 0;
};

// None for a path that no route can have.
std::optional<Segments> split(std::string_view path) {
  if (path.empty() || path.front() != '/') return std::nullopt;
  path.remove_prefix(1);
  Segments segments;
  while (true) {
    if (segments.count == segments_max) return std::nullopt;
    const auto end = path.find('/');
    segments.at[segments.count++] = path.substr(0, end);
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

bool fits(const Route& route, const Segments& path) {
  if (route.segments.size() != path.count) return false;
  for (std::size_t i = 0; i < path.count; ++i) {
    if (is_parameter(route.segments[i]) ? path.at[i].empty() : route.segments[i] != path.at[i])
      return false;
  }
  return true;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Access access, Handler handler) {
  Route route{
      std::move(method), std::move(pattern), access, std::move(handler), routes_.size(), {}};
  if (const auto segments = split(route.pattern)) {
    route.segments.assign(segments->at.begin(), segments->at.begin() + segments->count);
  }
  routes_.push_back(std::move(route));
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  const auto segments = split(path);
  if (!segments) return match;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::size_t parameters_least = segments_max;
  for (const auto& route : routes_) {
    if (!fits(route, *segments)) continue;
    if (route.method != wanted) {
      if (match.methods_allowed.find(route.method) == std::string::npos) {
        if (!match.methods_allowed.empty()) match.methods_allowed.append(", ");
        match.methods_allowed.append(route.method == "GET" ? "GET, HEAD" : route.method);
      }
      continue;
    }
    const auto parameters = static_cast<std::size_t>(
        std::count_if(route.segments.begin(), route.segments.end(), is_parameter));
    if (match.route != nullptr && parameters >= parameters_least) continue;
    match.route = &route;
    parameters_least = parameters;
  }
  if (match.route == nullptr) return match;
  std::size_t next = 0;
  for (std::size_t i = 0; i < segments->count; ++i) {
    if (!is_parameter(match.route->segments[i])) continue;
    match.parameters[next++] = percent_decoded(segments->at[i], false).value_or("");
  }
  return match;
}

Result<Caller> Router::admit(std::string_view key, Access access) const {
  auto caller = authenticate_(key);
  if (!caller) return caller;
  const auto& scopes = caller->scopes;
  const auto lacks = [](const char* what) { return Error{ErrorCode::forbidden, what, {}, {}}; };
  if (access == Access::chat && !scopes.contains("chat"))
    return lacks("the key lacks the scope `chat`");
  if (access == Access::admin && !scopes.contains("admin"))
    return lacks("the key lacks the scope `admin`");
  if (access == Access::metrics && !scopes.contains("metrics") && !scopes.contains("admin"))
    return lacks("the key has neither the scope `metrics` nor `admin`");
  return caller;
}

}  // namespace parlance::net
