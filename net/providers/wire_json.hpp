// Reading the JSON of providers: what is absent, or of another type, is empty.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

// The member of this name where `value` is an object that has it, else null.
const Json& member(const Json& value, const char* name);

// The first of a list, else null.
const Json& first_of(const Json& value);

std::string text_of(const Json& value);
std::optional<std::uint32_t> count_of(const Json& value);

// Text on one line: control characters are spaces.
std::string on_one_line(std::string text);

// Errors: provider_failed, for what is no JSON object.
Result<Json> read_answer_object(std::string_view text);

}  // namespace parlance::net
