#include "runtime/journal/delivery.hpp"

#include <algorithm>

namespace parlance {

std::string_view receiver_of(const Delivery& delivery) {
  const std::string_view url = delivery.url;
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, std::min(url.find_first_of("/?", scheme + 3), url.size()));
}

}  // namespace parlance
