#include "runtime/base/shortened.hpp"
#include "runtime/llm/json_schema_parts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace parlance {
namespace {

// Steps of a few nanoseconds, about: what a value may cost, whatever its schema.
constexpr std::size_t work_max = 4'000'000;
constexpr std::size_t work_of_visit = 20;  // of a value by a schema
// Calls one in another: four or five are one level of a value that is a list of lists.
constexpr std::size_t calls_nested_max = 512;
constexpr std::size_t fault_bytes_max = 200;  // of its path, and of what it says

std::string shown(const std::string& text) {
  if (text.size() <= fault_bytes_max) return text;
  return std::string(shortened(text, fault_bytes_max)) + "…";
}

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

std::uint64_t magnitude(const Json& integer) {
  const auto bits = integer.get<std::uint64_t>();
  return !integer.is_number_unsigned() && integer.get<std::int64_t>() < 0 ? 0 - bits : bits;
}

// Integers exactly. Of others the quotient is as near to a whole number as the last digits of
// doubles let it be: 19.99 is no double, but a multiple of 0.01.
bool is_multiple(const Json& number, const Json& factor) {
  constexpr double last_digits = 8 * std::numeric_limits<double>::epsilon();
  constexpr double off_most = 0.25;
  if (number.is_number_integer() && factor.is_number_integer())
    return magnitude(number) % magnitude(factor) == 0;
  const double quotient = number.get<double>() / factor.get<double>();
  const double off = std::abs(quotient - std::round(quotient));
  return off <= std::min(off_most, last_digits * std::abs(quotient));
}

bool has_twins(const Json& list) {
  std::vector<const Json*> sorted;
  for (const Json& item : list)
    sorted.push_back(&item);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return *a < *b; });
  const auto same = [](const auto* a, const auto* b) { return *a == *b; };
  return std::adjacent_find(sorted.begin(), sorted.end(), same) != sorted.end();
}

std::size_t bytes_of_names(const Json& object) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : object.items())
    bytes += name.size() + 1;
  return bytes;
}

class ValueCheck {
 public:
  explicit ValueCheck(const Json& root) : root_(root) {}

  // Once it has become too much, nothing that was found before counts.
  Fault check(const Json& value) {
    auto wrong = of(value, root_, "$");
    return too_much_ ? too_much_ : wrong;
  }

 private:
  enum class Verdict : std::uint8_t { pending, fits, wrong };

  // The same value by the same schema is judged once. One that is pending leads to itself.
  Fault of(const Json& value, const Json& schema, const std::string& path) {
    if (!pays(work_of_visit + path.size() / 8, path)) return too_much_;
    const auto [known, is_new] = judged_.try_emplace({&value, &schema}, Verdict::pending);
    if (known->second == Verdict::fits) return std::nullopt;
    if (known->second == Verdict::wrong) return fault(path, "does not fit");
    if (!is_new || ++calls_nested_ > calls_nested_max) return gives_up(path);
    auto wrong = judge(value, schema, path);
    --calls_nested_;
    known->second = wrong ? Verdict::wrong : Verdict::fits;
    return wrong;
  }

  // False: it has become too much.
  bool pays(std::size_t work, const std::string& path) {
    work_ += work;
    if (work_ > work_max) gives_up(path);
    return !too_much_;
  }

  const Fault& gives_up(const std::string& path) {
    if (!too_much_) too_much_ = SchemaFault{shown(path), "is too much to be held to the schema"};
    return too_much_;
  }

  // Below anyOf, oneOf and not, a value may be wrong: nobody is shown what is, and it has no words.
  // Any other fault ends the check, so that words are made once.
  template <class Words>
  Fault fault(const std::string& path, const Words& words) const {
    if (trials_nested_ > 0) return SchemaFault{};
    if constexpr (std::is_invocable_v<Words>) {
      return SchemaFault{shown(path), shown(words())};
    } else {
      return SchemaFault{shown(path), words};
    }
  }

  bool fits(const Json& value, const Json& schema, const std::string& path) {
    ++trials_nested_;
    const bool fits = !of(value, schema, path);
    --trials_nested_;
    return fits;
  }

  Fault judge(const Json& value, const Json& schema, const std::string& path) {
    if (schema.is_boolean()) {
      if (schema.get<bool>()) return std::nullopt;
      return fault(path, "must not be there");
    }
    if (auto wrong = of_itself(value, schema, path)) return wrong;
    if (value.is_number()) {
      if (auto wrong = of_number(value, schema, path)) return wrong;
    } else if (value.is_string()) {
      if (auto wrong = of_text(value.get_ref<const std::string&>(), schema, path)) return wrong;
    } else if (value.is_array()) {
      if (auto wrong = of_list(value, schema, path)) return wrong;
    } else if (value.is_object()) {
      if (auto wrong = of_object(value, schema, path)) return wrong;
    }
    return of_others(value, schema, path);
  }

  Fault of_itself(const Json& value, const Json& schema, const std::string& path) {
    if (const auto type = schema.find("type"); type != schema.end()) {
      if (!pays(2 * type->size(), path)) return too_much_;
      const auto names_it = [&](const Json& name) {
        return is_of_type(value, name.get_ref<const std::string&>());
      };
      const bool is_one =
          type->is_string() ? names_it(*type) : std::any_of(type->begin(), type->end(), names_it);
      if (!is_one) return fault(path, [&] { return "must be of type " + types_text(*type); });
    }
    if (const auto one = schema.find("enum"); one != schema.end()) {
      if (!pays(bytes_of(*one) / 32, path)) return too_much_;
      if (std::find(one->begin(), one->end(), value) == one->end())
        return fault(path, "must be one of the values of its enum");
    }
    if (const auto same = schema.find("const"); same != schema.end()) {
      if (!pays(bytes_of(*same) / 32, path)) return too_much_;
      if (*same != value) return fault(path, "must be the value of its const");
    }
    return std::nullopt;
  }

  Fault of_number(const Json& value, const Json& schema, const std::string& path) const {
    const auto number = value.get<double>();
    const auto limit = [&](const char* name) -> std::optional<double> {
      const auto found = schema.find(name);
      return found == schema.end() ? std::nullopt : std::optional(found->get<double>());
    };
    const auto least = limit("minimum");
    const auto most = limit("maximum");
    const auto above = limit("exclusiveMinimum");
    const auto below = limit("exclusiveMaximum");
    const auto factor = schema.find("multipleOf");
    const auto say = [&](const char* words, const char* name) {
      return fault(path,
                   [&] { return std::string("must be ") + words + ' ' + dump(schema[name]); });
    };
    if (least && number < *least) return say("at least", "minimum");
    if (most && number > *most) return say("at most", "maximum");
    if (above && number <= *above) return say("above", "exclusiveMinimum");
    if (below && number >= *below) return say("below", "exclusiveMaximum");
    if (factor != schema.end() && !is_multiple(value, *factor))
      return say("a multiple of", "multipleOf");
    return std::nullopt;
  }

  // How many there are of what `path` holds.
  Fault of_count(std::size_t count,
                 const Json& schema,
                 const std::pair<const char*, const char*>& names,
                 const std::string& path,
                 const char* what) const {
    const auto say = [&](const char* words, const Json& limit) {
      return fault(
          path, [&] { return std::string("must have ") + words + ' ' + dump(limit) + ' ' + what; });
    };
    const auto least = schema.find(names.first);
    if (least != schema.end() && count < least->get<std::uint64_t>())
      return say("at least", *least);
    const auto most = schema.find(names.second);
    if (most != schema.end() && count > most->get<std::uint64_t>()) return say("at most", *most);
    return std::nullopt;
  }

  Fault of_text(const std::string& text, const Json& schema, const std::string& path) {
    if (!pays(text.size() / 16, path)) return too_much_;
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
    const auto steps = text.size() * static_cast<std::size_t>(compiled->ProgramSize());
    if (!pays(steps / 4, path)) return too_much_;
    if (re2::RE2::PartialMatch(text, *compiled)) return std::nullopt;
    return fault(path, "must match its pattern");
  }

  Fault of_list(const Json& list, const Json& schema, const std::string& path) {
    if (auto wrong = of_count(list.size(), schema, {"minItems", "maxItems"}, path, "items"))
      return wrong;
    if (schema.value("uniqueItems", false)) {
      const auto rounds = static_cast<std::size_t>(std::bit_width(list.size()));
      if (!pays(bytes_of(list) * rounds / 32, path)) return too_much_;
      if (has_twins(list)) return fault(path, "must have no item twice");
    }
    const auto items = schema.find("items");
    for (std::size_t i = 0; items != schema.end() && i < list.size(); ++i) {
      if (auto wrong = of(list[i], *items, path + '[' + std::to_string(i) + ']')) return wrong;
    }
    return std::nullopt;
  }

  Fault of_object(const Json& object, const Json& schema, const std::string& path) {
    if (auto wrong =
            of_count(object.size(), schema, {"minProperties", "maxProperties"}, path, "properties"))
      return wrong;
    if (const auto required = schema.find("required"); required != schema.end()) {
      if (!pays(4 * required->size() + bytes_of(*required) / 32, path)) return too_much_;
      for (const Json& name : *required) {
        if (!object.contains(name.get_ref<const std::string&>()))
          return fault(path, [&] { return "must have the property " + dump(name); });
      }
    }
    const auto named = schema.find("properties");
    const auto others = schema.find("additionalProperties");
    if (!pays(bytes_of_names(object) / 32, path)) return too_much_;
    for (const auto& [name, value] : object.items()) {
      const bool is_named = named != schema.end() && named->contains(name);
      if (!is_named && others == schema.end()) continue;
      if (!is_named && *others == false)
        return fault(path, "must have no other properties than those that are named");
      const std::string place = path + (is_named ? "." + name : ".*");
      if (auto wrong = of(value, is_named ? (*named)[name] : *others, place)) return wrong;
    }
    return std::nullopt;
  }

  // What refers to other schemas for the same value.
  Fault of_others(const Json& value, const Json& schema, const std::string& path) {
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
      const auto& where = ref->get_ref<const std::string&>();
      if (!pays(where.size() / 8, path)) return too_much_;
      if (auto wrong = of(value, *schema_of_ref(root_, where), path)) return wrong;
    }
    if (const auto all = schema.find("allOf"); all != schema.end()) {
      for (const Json& each : *all) {
        if (auto wrong = of(value, each, path)) return wrong;
      }
    }
    const auto fits_value = [&](const Json& each) { return fits(value, each, path); };
    if (const auto any = schema.find("anyOf"); any != schema.end()) {
      if (std::none_of(any->begin(), any->end(), fits_value))
        return fault(path, "fits none of anyOf");
    }
    if (const auto one = schema.find("oneOf"); one != schema.end()) {
      if (std::count_if(one->begin(), one->end(), fits_value) != 1)
        return fault(path, "must fit exactly one of oneOf");
    }
    if (const auto none = schema.find("not"); none != schema.end() && fits_value(*none))
      return fault(path, "must not be what it is");
    return std::nullopt;
  }

  const Json& root_;
  std::map<std::pair<const Json*, const Json*>, Verdict> judged_;
  std::size_t work_ = 0;
  std::size_t calls_nested_ = 0;
  std::size_t trials_nested_ = 0;  // under way, by anyOf, oneOf and not
  Fault too_much_;
  std::map<const Json*, std::unique_ptr<re2::RE2>> patterns_;
};

}  // namespace

std::optional<SchemaFault> fault_of_value(const Json& value, const Json& schema) {
  return ValueCheck(schema).check(value);
}

}  // namespace parlance
