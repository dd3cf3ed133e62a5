#include "bench/mock/schema.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace parlance::bench {
namespace {

constexpr std::size_t levels_max = 8;
constexpr std::size_t values_max = 1'000;

// The member, or null.
const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

// The first type that the schema names, else what its members tell.
std::string type_of(const Json& schema) {
  const auto* type = member(schema, "type");
  if (type != nullptr && type->is_array() && !type->empty()) type = &type->front();
  if (type != nullptr && type->is_string()) return type->get<std::string>();
  if (member(schema, "properties") != nullptr) return "object";
  if (member(schema, "items") != nullptr) return "array";
  return "string";
}

Json number_of(const Json& schema) {
  const auto* least = member(schema, "minimum");
  if (least != nullptr && least->is_number() && *least > 42) return *least;
  const auto* most = member(schema, "maximum");
  if (most != nullptr && most->is_number() && *most < 42) return *most;
  return 42;
}

class Instance {
 public:
  Instance(const Json& root, std::string_view text) : root_(root), text_(text) {}

  Json value(const Json& schema, std::size_t level) {
    if (++values_ > values_max) return nullptr;
    if (const auto* reference = member(schema, "$ref"); reference && reference->is_string()) {
      const auto* target = find(reference->get_ref<const std::string&>());
      return target == nullptr ? Json(text_) : value(*target, level);
    }
    if (const auto* constant = member(schema, "const")) return *constant;
    if (const auto* words = member(schema, "enum"); words && words->is_array() && !words->empty()) {
      return words->front();
    }
    for (const auto* name : {"anyOf", "oneOf"}) {
      const auto* choices = member(schema, name);
      if (choices == nullptr || !choices->is_array() || choices->empty()) continue;
      return value(level < levels_max ? choices->front() : choices->back(), level);
    }
    return value_of_type(schema, level);
  }

 private:
  Json value_of_type(const Json& schema, std::size_t level) {
    const auto type = type_of(schema);
    if (type == "object") return object(schema, level);
    if (type == "array") {
      auto list = Json::array();
      const auto* items = member(schema, "items");
      if (level < levels_max) list.push_back(items ? value(*items, level + 1) : Json(text_));
      return list;
    }
    if (type == "number" || type == "integer") return number_of(schema);
    if (type == "boolean") return true;
    if (type == "null") return nullptr;
    return text_;
  }

  Json object(const Json& schema, std::size_t level) {
    auto result = Json::object();
    const auto* properties = member(schema, "properties");
    if (properties == nullptr || !properties->is_object() || level >= levels_max) return result;
    for (const auto& [name, property] : properties->items()) {
      result[name] = value(property, level + 1);
    }
    return result;
  }

  // "#", "#/$defs/Name": null when there is nothing.
  const Json* find(std::string_view reference) const {
    if (!reference.starts_with('#')) return nullptr;
    const Json* at = &root_;
    for (auto rest = reference.substr(1); at != nullptr && !rest.empty();) {
      rest.remove_prefix(1);
      const auto end = std::min(rest.find('/'), rest.size());
      at = member(*at, rest.substr(0, end));
      rest.remove_prefix(end);
    }
    return at;
  }

  const Json& root_;
  const std::string_view text_;
  std::size_t values_ = 0;
};

}  // namespace

Json fitting_value(const Json& schema, std::string_view text) {
  return Instance(schema, text).value(schema, 0);
}

}  // namespace parlance::bench
