// JSON as the whole program uses it, and the checks that text from outside has to pass.
//
// Threading: values are plain data; functions are pure.
#pragma once

#include "runtime/base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance {

using Json = nlohmann::json;

// True when `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

// Parses text from outside. Errors: not_utf8, too_deep (objects and arrays nested deeper than
// depth_max), malformed_json. Never recurses deeper than depth_max.
Result<Json> parse_json(std::string_view text, std::size_t depth_max);

// About what the value takes in memory, in bytes.
std::size_t bytes_of(const Json& value);

// On one line. Text that is not UTF-8 is replaced, never thrown over.
std::string dump(const Json& value);

}  // namespace parlance
