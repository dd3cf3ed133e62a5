// The members of a JSON object: empty when they are not there, or of another type.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/json.hpp"

#include <string>

namespace parlance::bench {

inline std::string text_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline Json object_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : Json::object();
}

inline Json list_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : Json::array();
}

}  // namespace parlance::bench
