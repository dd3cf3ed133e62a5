#include "net/etag.hpp"

#include <algorithm>

namespace parlance::net {
namespace {

std::string_view without_weakness(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  auto rest = if_none_match;
  const auto skip = [&rest](std::string_view what) {
    rest.remove_prefix(std::min(rest.find_first_not_of(what), rest.size()));
  };
  skip(" \t");
  if (rest == "*") return true;
  for (skip(" \t,"); !rest.empty(); skip(" \t,")) {
    rest = without_weakness(rest);
    const auto end = rest.starts_with('"') ? rest.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    if (rest.substr(0, end + 1) == without_weakness(etag)) return true;
    rest.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace parlance::net
