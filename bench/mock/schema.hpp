// A small value that fits a JSON schema: what the mock answers where a client asked for one.
//
//   {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}}}
//   gives {"name":"<text>","age":42}
//
// const, then enum (its first value), then anyOf or oneOf (its first), then by type: strings are
// `text`, numbers 42 or the nearest bound, booleans true, arrays have one item, objects all
// properties. `$ref` is followed within the schema. A schema that says nothing gives `text`.
//
// Threading: pure.
// Bounds: where a schema contains itself, objects and arrays below the eighth level are empty and
// anyOf takes its last (usually null); after 1,000 values all are null.
#pragma once

#include "runtime/base/json.hpp"

#include <string_view>

namespace parlance::bench {

Json fitting_value(const Json& schema, std::string_view text);

}  // namespace parlance::bench
