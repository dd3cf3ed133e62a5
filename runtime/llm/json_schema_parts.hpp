// What the two halves of json_schema.hpp have in common: the schema's check (json_schema.cpp), and
// that of values (json_schema_value.cpp).
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/json_schema.hpp"

#include <re2/re2.h>

#include <optional>
#include <string_view>

namespace parlance {

using Fault = std::optional<SchemaFault>;

// What "#/$defs/dish" leads to in `root`; null where it leads to no schema.
const Json* schema_of_ref(const Json& root, std::string_view ref);

// A pattern's program, and what matching it keeps, are small: its time is that of its program's
// size for each byte of a text.
re2::RE2::Options pattern_options();

}  // namespace parlance
