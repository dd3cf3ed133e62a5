#include "runtime/base/json_reading.hpp"

namespace parlance {

const Json& json_member(const Json& value, const char* name) {
  static const Json null;
  if (!value.is_object()) return null;
  const auto found = value.find(name);
  return found == value.end() ? null : *found;
}

std::string json_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace parlance
