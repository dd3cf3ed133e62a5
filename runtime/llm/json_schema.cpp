#include "runtime/llm/json_schema.hpp"

#include "runtime/llm/json_schema_parts.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace parlance {
namespace {

constexpr std::size_t schema_depth_max = 64;
constexpr std::size_t patterns_max = 64;
constexpr std::size_t patterns_bytes_max = 8U << 10U;
constexpr std::size_t programs_max = 10'000;  // instructions of all patterns

constexpr std::array<std::string_view, 7> type_names{
    "null", "boolean", "object", "array", "number", "integer", "string"};

enum class Takes : std::uint8_t {
  anything,
  schema,
  schemas,
  named_schemas,
  number,
  count,
  flag,
  text
};

struct Keyword {
  std::string_view name;
  Takes takes;
};

// Those with rules of their own are read by fault_of_keyword() besides.
constexpr std::array keywords{Keyword{"type", Takes::anything},
                              Keyword{"enum", Takes::anything},
                              Keyword{"const", Takes::anything},
                              Keyword{"anyOf", Takes::schemas},
                              Keyword{"oneOf", Takes::schemas},
                              Keyword{"allOf", Takes::schemas},
                              Keyword{"not", Takes::schema},
                              Keyword{"$ref", Takes::text},
                              Keyword{"properties", Takes::named_schemas},
                              Keyword{"required", Takes::anything},
                              Keyword{"additionalProperties", Takes::schema},
                              Keyword{"minProperties", Takes::count},
                              Keyword{"maxProperties", Takes::count},
                              Keyword{"items", Takes::schema},
                              Keyword{"minItems", Takes::count},
                              Keyword{"maxItems", Takes::count},
                              Keyword{"uniqueItems", Takes::flag},
                              Keyword{"minLength", Takes::count},
                              Keyword{"maxLength", Takes::count},
                              Keyword{"pattern", Takes::text},
                              Keyword{"minimum", Takes::number},
                              Keyword{"maximum", Takes::number},
                              Keyword{"exclusiveMinimum", Takes::number},
                              Keyword{"exclusiveMaximum", Takes::number},
                              Keyword{"multipleOf", Takes::number},
                              Keyword{"$defs", Takes::named_schemas},
                              Keyword{"definitions", Takes::named_schemas},
                              Keyword{"$schema", Takes::anything},
                              Keyword{"$id", Takes::anything},
                              Keyword{"$comment", Takes::anything},
                              Keyword{"title", Takes::anything},
                              Keyword{"description", Takes::anything},
                              Keyword{"default", Takes::anything},
                              Keyword{"examples", Takes::anything},
                              Keyword{"format", Takes::anything},
                              Keyword{"deprecated", Takes::anything},
                              Keyword{"readOnly", Takes::anything},
                              Keyword{"writeOnly", Takes::anything}};

// "~1" and "~0" of a JSON pointer's segment.
std::string segment_of(std::string_view text) {
  std::string segment;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '~' && i + 1 < text.size();
    if (!escaped) {
      segment += text[i];
    } else {
      segment += text[++i] == '1' ? '/' : '~';
    }
  }
  return segment;
}

// The member of an object, or the item of a list; null where there is none.
const Json* step_into(const Json& at, const std::string& segment) {
  if (at.is_object()) {
    const auto found = at.find(segment);
    return found == at.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const char* const end = segment.data() + segment.size();
  const auto [rest, failed] = std::from_chars(segment.data(), end, index);
  const bool is_index = at.is_array() && failed == std::errc{} && rest == end && index < at.size();
  return is_index ? &at[index] : nullptr;
}

bool is_type_name(const Json& name) {
  return name.is_string() &&
         std::find(type_names.begin(), type_names.end(), name.get_ref<const std::string&>()) !=
             type_names.end();
}

bool are_all(const Json& list, bool (*fits)(const Json&)) {
  return list.is_array() && std::all_of(list.begin(), list.end(), fits);
}

class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& root) : root_(root) {}

  Fault of(const Json& schema, const std::string& path, std::size_t depth) {
    if (!seen_.insert(&schema).second) return std::nullopt;
    if (depth > schema_depth_max) return SchemaFault{path, "is nested too deeply"};
    if (schema.is_boolean()) return std::nullopt;
    if (!schema.is_object()) return SchemaFault{path, "must be a schema"};
    for (const auto& [name, value] : schema.items()) {
      const auto known =
          std::find_if(keywords.begin(), keywords.end(), [&name = name](const auto& each) {
            return each.name == name;
          });
      const std::string place = path + "." + name;
      if (known == keywords.end())
        return SchemaFault{place, "is a keyword that is not checked here"};
      if (auto wrong = of_value(value, known->takes, place, depth)) return wrong;
      if (auto wrong = of_keyword(name, value, place, depth)) return wrong;
    }
    return std::nullopt;
  }

 private:
  Fault of_value(const Json& value, Takes takes, const std::string& path, std::size_t depth) {
    switch (takes) {
      case Takes::anything:
        return std::nullopt;
      case Takes::schema:
        return of(value, path, depth + 1);
      case Takes::schemas:
        if (!value.is_array() || value.empty())
          return SchemaFault{path, "must be a list of schemas"};
        return of_all(value, path, depth);
      case Takes::named_schemas:
        if (!value.is_object()) return SchemaFault{path, "must be an object of schemas"};
        return of_all(value, path, depth);
      case Takes::number:
        return needs(value.is_number(), path, "must be a number");
      case Takes::count:
        return needs(value.is_number_unsigned(), path, "must be a count");
      case Takes::flag:
        return needs(value.is_boolean(), path, "must be true or false");
      case Takes::text:
        return needs(value.is_string(), path, "must be a string");
    }
    return std::nullopt;
  }

  Fault of_all(const Json& schemas, const std::string& path, std::size_t depth) {
    for (const auto& [name, schema] : schemas.items()) {
      if (auto wrong = of(schema, path + "." + name, depth + 1)) return wrong;
    }
    return std::nullopt;
  }

  Fault of_keyword(const std::string& name,
                   const Json& value,
                   const std::string& path,
                   std::size_t depth) {
    if (name == "type")
      return needs(is_type_name(value) || (are_all(value, is_type_name) && !value.empty()),
                   path,
                   "names no type");
    if (name == "enum") return needs(value.is_array() && !value.empty(), path, "must be a list");
    if (name == "required") {
      const auto is_name = [](const Json& each) { return each.is_string(); };
      return needs(are_all(value, is_name), path, "must be a list of names");
    }
    if (name == "multipleOf") return needs(value.get<double>() > 0, path, "must be above 0");
    if (name == "$ref") {
      const Json* const target = schema_of_ref(root_, value.get_ref<const std::string&>());
      if (target == nullptr) return SchemaFault{path, "leads to no schema in this one"};
      return of(*target, path, depth + 1);
    }
    if (name == "pattern") return of_pattern(value.get_ref<const std::string&>(), path);
    return std::nullopt;
  }

  Fault of_pattern(const std::string& text, const std::string& path) {
    if (!patterns_.insert(text).second) return std::nullopt;
    patterns_bytes_ += text.size();
    if (patterns_.size() > patterns_max || patterns_bytes_ > patterns_bytes_max)
      return SchemaFault{path, "is a pattern too many"};
    const re2::RE2 pattern(text, pattern_options());
    if (!pattern.ok()) return SchemaFault{path, "is no pattern that RE2 takes, or a large one"};
    programs_ += static_cast<std::size_t>(pattern.ProgramSize());
    return needs(programs_ <= programs_max, path, "is a large pattern too many");
  }

  static Fault needs(bool fits, const std::string& path, const char* what) {
    if (fits) return std::nullopt;
    return SchemaFault{path, what};
  }

  const Json& root_;
  std::set<const Json*> seen_;
  std::set<std::string> patterns_;
  std::size_t patterns_bytes_ = 0;
  std::size_t programs_ = 0;
};

}  // namespace

const Json* schema_of_ref(const Json& root, std::string_view ref) {
  if (!ref.starts_with('#')) return nullptr;
  ref.remove_prefix(1);
  const Json* at = &root;
  while (!ref.empty()) {
    if (ref.front() != '/') return nullptr;
    ref.remove_prefix(1);
    const std::size_t end = std::min(ref.find('/'), ref.size());
    const std::string segment = segment_of(ref.substr(0, end));
    ref.remove_prefix(end);
    at = step_into(*at, segment);
    if (at == nullptr) return nullptr;
  }
  return at->is_object() || at->is_boolean() ? at : nullptr;
}

re2::RE2::Options pattern_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(256 << 10);
  return options;
}

std::optional<SchemaFault> fault_of_schema(const Json& schema) {
  return SchemaCheck(schema).of(schema, "$", 0);
}

}  // namespace parlance
