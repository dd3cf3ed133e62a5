// Reading the JSON of others: what is absent, or of another type, is empty.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/json.hpp"

#include <string>

namespace parlance {

// The member of this name where `value` is an object that has it, else null.
const Json& json_member(const Json& value, const char* name);

std::string json_text(const Json& value);

}  // namespace parlance
