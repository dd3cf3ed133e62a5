#include "runtime/llm/json_schema.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

namespace parlance {
namespace {

using Fault = std::optional<SchemaFault>;

constexpr std::size_t schema_depth_max = 64;
constexpr std::size_t comparisons_max = 200'000;

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

SchemaFault fault(std::string path, std::string what) {
  return {std::move(path), std::move(what)};
}

re2::RE2::Options pattern_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return options;
}

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

// What "#/$defs/dish" leads to; null where it leads to no schema.
const Json* target_of(const Json& root, std::string_view ref) {
  if (!ref.starts_with('#')) return nullptr;
  ref.remove_prefix(1);
  const Json* at = &root;
  while (!ref.empty()) {
    if (ref.front() != '/') return nullptr;
    ref.remove_prefix(1);
    const std::size_t end = std::min(ref.find('/'), ref.size());
    const std::string segment = segment_of(ref.substr(0, end));
    ref.remove_prefix(end);
    if (!at->is_object() || !at->contains(segment)) return nullptr;
    at = &(*at)[segment];
  }
  return at->is_object() || at->is_boolean() ? at : nullptr;
}

bool is_type_name(const Json& name) {
  return name.is_string() &&
         std::find(type_names.begin(), type_names.end(), name.get_ref<const std::string&>()) !=
             type_names.end();
}

bool are_all(const Json& list, bool (*fits)(const Json&)) {
  return list.is_array() && std::all_of(list.begin(), list.end(), fits);
}

// ---- the schema

class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& root) : root_(root) {}

  Fault of(const Json& schema, const std::string& path, std::size_t depth) {
    if (!seen_.insert(&schema).second) return std::nullopt;
    if (depth > schema_depth_max) return fault(path, "is nested too deeply");
    if (schema.is_boolean()) return std::nullopt;
    if (!schema.is_object()) return fault(path, "must be a schema");
    for (const auto& [name, value] : schema.items()) {
      const auto known =
          std::find_if(keywords.begin(), keywords.end(), [&name = name](const auto& each) {
            return each.name == name;
          });
      const std::string place = path + "." + name;
      if (known == keywords.end()) return fault(place, "is a keyword that is not checked here");
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
        if (!value.is_array() || value.empty()) return fault(path, "must be a list of schemas");
        return of_all(value, path, depth);
      case Takes::named_schemas:
        if (!value.is_object()) return fault(path, "must be an object of schemas");
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
      return needs(is_type_name(value) || are_all(value, is_type_name), path, "names no type");
    if (name == "enum") return needs(value.is_array() && !value.empty(), path, "must be a list");
    if (name == "required") {
      const auto is_name = [](const Json& each) { return each.is_string(); };
      return needs(are_all(value, is_name), path, "must be a list of names");
    }
    if (name == "multipleOf") return needs(value.get<double>() > 0, path, "must be above 0");
    if (name == "$ref") {
      const Json* const target = target_of(root_, value.get_ref<const std::string&>());
      if (target == nullptr) return fault(path, "leads to no schema in this one");
      return of(*target, path, depth + 1);
    }
    if (name == "pattern") {
      const re2::RE2 pattern(value.get_ref<const std::string&>(), pattern_options());
      return needs(pattern.ok(), path, "is no pattern that RE2 takes");
    }
    return std::nullopt;
  }

  static Fault needs(bool fits, const std::string& path, const char* what) {
    if (fits) return std::nullopt;
    return fault(path, what);
  }

  const Json& root_;
  std::set<const Json*> seen_;
};

// ---- a value

bool is_integer(const Json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return number == std::floor(number);
}

bool is_of_type(const Json& value, std::string_view type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "number") return value.is_number();
  if (type == "integer") return is_integer(value);
  return value.is_string();
}

std::string types_text(const Json& type) {
  if (type.is_string()) return type.get<std::string>();
  std::string text;
  for (const Json& each : type)
    text += (text.empty() ? "" : " or ") + each.get<std::string>();
  return text;
}

bool is_multiple(double number, double factor) {
  return std::abs(std::remainder(number, factor)) <= 1e-9 * std::max(std::abs(number), factor);
}

bool has_twins(const Json& list) {
  const std::set<Json> different(list.begin(), list.end());
  return different.size() < list.size();
}

class ValueCheck {
 public:
  explicit ValueCheck(const Json& root) : root_(root) {}

  Fault of(const Json& value, const Json& schema, const std::string& path, std::size_t depth) {
    if (depth > schema_depth_max || ++comparisons_ > comparisons_max)
      return fault(path, "is too much to be held to the schema");
    if (schema.is_boolean()) {
      if (schema.get<bool>()) return std::nullopt;
      return fault(path, "must not be there");
    }
    if (auto wrong = of_itself(value, schema, path)) return wrong;
    if (value.is_number()) {
      if (auto wrong = of_number(value.get<double>(), schema, path)) return wrong;
    } else if (value.is_string()) {
      if (auto wrong = of_text(value.get_ref<const std::string&>(), schema, path)) return wrong;
    } else if (value.is_array()) {
      if (auto wrong = of_list(value, schema, path, depth)) return wrong;
    } else if (value.is_object()) {
      if (auto wrong = of_object(value, schema, path, depth)) return wrong;
    }
    return of_others(value, schema, path, depth);
  }

 private:
  Fault of_itself(const Json& value, const Json& schema, const std::string& path) {
    if (const auto type = schema.find("type"); type != schema.end()) {
      const auto fits = [&](const Json& name) {
        return is_of_type(value, name.get_ref<const std::string&>());
      };
      const bool is_one =
          type->is_string() ? fits(*type) : std::any_of(type->begin(), type->end(), fits);
      if (!is_one) return fault(path, "must be of type " + types_text(*type));
    }
    if (const auto one = schema.find("enum"); one != schema.end()) {
      comparisons_ += one->size();
      if (std::find(one->begin(), one->end(), value) == one->end())
        return fault(path, "must be one of the values of its enum");
    }
    if (const auto same = schema.find("const"); same != schema.end() && *same != value)
      return fault(path, "must be the value of its const");
    return std::nullopt;
  }

  static Fault of_number(double number, const Json& schema, const std::string& path) {
    const auto limit = [&](const char* name) -> std::optional<double> {
      const auto found = schema.find(name);
      return found == schema.end() ? std::nullopt : std::optional(found->get<double>());
    };
    const auto least = limit("minimum");
    const auto most = limit("maximum");
    const auto above = limit("exclusiveMinimum");
    const auto below = limit("exclusiveMaximum");
    const auto factor = limit("multipleOf");
    const auto say = [&](const char* words, const char* name) {
      return fault(path, std::string("must be ") + words + ' ' + dump(schema[name]));
    };
    if (least && number < *least) return say("at least", "minimum");
    if (most && number > *most) return say("at most", "maximum");
    if (above && number <= *above) return say("above", "exclusiveMinimum");
    if (below && number >= *below) return say("below", "exclusiveMaximum");
    if (factor && !is_multiple(number, *factor)) return say("a multiple of", "multipleOf");
    return std::nullopt;
  }

  // How many there are of what `path` holds.
  static Fault of_count(std::size_t count,
                        const Json& schema,
                        const std::pair<const char*, const char*>& names,
                        const std::string& path,
                        const std::string& what) {
    const auto least = schema.find(names.first);
    if (least != schema.end() && count < least->get<std::uint64_t>())
      return fault(path, "must have at least " + dump(*least) + ' ' + what);
    const auto most = schema.find(names.second);
    if (most != schema.end() && count > most->get<std::uint64_t>())
      return fault(path, "must have at most " + dump(*most) + ' ' + what);
    return std::nullopt;
  }

  Fault of_text(const std::string& text, const Json& schema, const std::string& path) {
    const auto characters = static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return (byte & '\xC0') != '\x80'; }));
    if (auto wrong = of_count(characters, schema, {"minLength", "maxLength"}, path, "characters"))
      return wrong;
    const auto pattern = schema.find("pattern");
    if (pattern == schema.end()) return std::nullopt;
    auto& compiled = patterns_[&*pattern];
    if (!compiled)
      compiled =
          std::make_unique<re2::RE2>(pattern->get_ref<const std::string&>(), pattern_options());
    if (re2::RE2::PartialMatch(text, *compiled)) return std::nullopt;
    return fault(path, "must match its pattern");
  }

  Fault of_list(const Json& list, const Json& schema, const std::string& path, std::size_t depth) {
    if (auto wrong = of_count(list.size(), schema, {"minItems", "maxItems"}, path, "items"))
      return wrong;
    comparisons_ += list.size();
    if (schema.value("uniqueItems", false) && has_twins(list))
      return fault(path, "must have no item twice");
    const auto items = schema.find("items");
    for (std::size_t i = 0; items != schema.end() && i < list.size(); ++i) {
      if (auto wrong = of(list[i], *items, path + '[' + std::to_string(i) + ']', depth + 1))
        return wrong;
    }
    return std::nullopt;
  }

  Fault of_object(const Json& object,
                  const Json& schema,
                  const std::string& path,
                  std::size_t depth) {
    if (auto wrong =
            of_count(object.size(), schema, {"minProperties", "maxProperties"}, path, "properties"))
      return wrong;
    if (const auto required = schema.find("required"); required != schema.end()) {
      for (const Json& name : *required) {
        if (!object.contains(name.get_ref<const std::string&>()))
          return fault(path, "must have the property " + dump(name));
      }
    }
    const auto named = schema.find("properties");
    const auto others = schema.find("additionalProperties");
    for (const auto& [name, value] : object.items()) {
      const bool is_named = named != schema.end() && named->contains(name);
      if (!is_named && others == schema.end()) continue;
      if (!is_named && *others == false)
        return fault(path, "must have no other properties than those that are named");
      const std::string place = path + (is_named ? "." + name : ".*");
      if (auto wrong = of(value, is_named ? (*named)[name] : *others, place, depth + 1))
        return wrong;
    }
    return std::nullopt;
  }

  // What refers to other schemas for the same value.
  Fault of_others(const Json& value,
                  const Json& schema,
                  const std::string& path,
                  std::size_t depth) {
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
      const Json* const target = target_of(root_, ref->get_ref<const std::string&>());
      if (auto wrong = of(value, *target, path, depth + 1)) return wrong;
    }
    if (const auto all = schema.find("allOf"); all != schema.end()) {
      for (const Json& each : *all) {
        if (auto wrong = of(value, each, path, depth + 1)) return wrong;
      }
    }
    const auto fits = [&](const Json& each) { return !of(value, each, path, depth + 1); };
    if (const auto any = schema.find("anyOf"); any != schema.end()) {
      if (std::none_of(any->begin(), any->end(), fits)) return fault(path, "fits none of anyOf");
    }
    if (const auto one = schema.find("oneOf"); one != schema.end()) {
      if (std::count_if(one->begin(), one->end(), fits) != 1)
        return fault(path, "must fit exactly one of oneOf");
    }
    if (const auto none = schema.find("not"); none != schema.end() && fits(*none))
      return fault(path, "must not be what it is");
    return std::nullopt;
  }

  const Json& root_;
  std::size_t comparisons_ = 0;
  std::map<const Json*, std::unique_ptr<re2::RE2>> patterns_;
};

}  // namespace

std::optional<SchemaFault> fault_of_schema(const Json& schema) {
  return SchemaCheck(schema).of(schema, "$", 0);
}

std::optional<SchemaFault> fault_of_value(const Json& value, const Json& schema) {
  return ValueCheck(schema).of(value, schema, "$", 0);
}

}  // namespace parlance
