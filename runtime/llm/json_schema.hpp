// Holds a value to a JSON Schema, as far as the schema goes that models' structured output takes:
//
//   type (one or several)  enum  const  anyOf  oneOf  allOf  not  $ref within the schema
//   properties  required  additionalProperties  minProperties  maxProperties
//   items  minItems  maxItems  uniqueItems
//   minLength  maxLength  pattern (RE2's)  minimum  maximum  exclusiveMinimum  exclusiveMaximum
//   multipleOf
//
// What describes and does not constrain ($defs, title, description, default, format…) may be there.
// A schema with anything else is refused as a whole: what fits it could not be told.
//
// Ours, because both sides come from outside: Debian's validators follow a $ref that leads to
// itself for ever, and match patterns by std::regex, whose time and stack have no bound.
//
// Bounds: a schema is 64 levels deep and has 64 patterns, of 8 KiB and 10,000 of RE2's instructions
// in all; it is checked in some 10 ms. Holding a value to it takes some 50 ms and 16 MiB at most,
// whatever both say: each part of the value is held to each part of the schema once. What exceeds
// that does not fit. What is said of a value's fault is 200 bytes at most, and as much of its path.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/json.hpp"

#include <optional>
#include <string>

namespace parlance {

struct SchemaFault {
  std::string path;  // "$.dishes[2].name"
  std::string what;  // "must be a string"; holds nothing of the value
};

// What is wrong in the schema, or not checked here; none: values can be held to it.
std::optional<SchemaFault> fault_of_schema(const Json& schema);

// The first fault of a value. The schema has none.
std::optional<SchemaFault> fault_of_value(const Json& value, const Json& schema);

}  // namespace parlance
