#include "runtime/base/json.hpp"

#include <cstdint>

namespace parlance {
namespace {

// The deepest nesting that `text` would have as JSON: counts brackets outside of strings. Text that
// is not JSON gets some number, and its error from the parser.
std::size_t nesting_depth(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

// Follows table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences".
bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
  };
  const auto continues = [&](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
  while (i < text.size()) {
    const std::uint8_t b = byte(i);
    if (b < 0x80U) {
      i += 1;
    } else if (b >= 0xC2U && b <= 0xDFU) {
      if (!continues(i + 1)) return false;
      i += 2;
    } else if (b >= 0xE0U && b <= 0xEFU) {
      if (!continues(i + 1) || !continues(i + 2)) return false;
      if (b == 0xE0U && byte(i + 1) < 0xA0U) return false;
      if (b == 0xEDU && byte(i + 1) > 0x9FU) return false;
      i += 3;
    } else if (b >= 0xF0U && b <= 0xF4U) {
      if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return false;
      if (b == 0xF0U && byte(i + 1) < 0x90U) return false;
      if (b == 0xF4U && byte(i + 1) > 0x8FU) return false;
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

Result<Json> parse_json(std::string_view text, std::size_t depth_max) {
  if (!is_utf8(text)) return Error{ErrorCode::not_utf8, "the body is not UTF-8", {}, {}};
  if (nesting_depth(text) > depth_max) {
    return Error{
        ErrorCode::too_deep, "the JSON is nested deeper than " + std::to_string(depth_max), {}, {}};
  }
  const bool is_cut = text.find('\0') != std::string_view::npos;  // the parser would end there
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (is_cut || value.is_discarded())
    return Error{ErrorCode::malformed_json, "the body is not valid JSON", {}, {}};
  return value;
}

std::size_t bytes_of(const Json& value) {
  constexpr std::size_t member_overhead = sizeof(std::string) + 48;  // the node of a tree
  std::size_t bytes = sizeof(Json);
  if (const auto* const text = value.get_ptr<const std::string*>()) {
    bytes += sizeof(std::string) + text->size();
  } else if (const auto* const members = value.get_ptr<const Json::object_t*>()) {
    for (const auto& [name, member] : *members)
      bytes += member_overhead + name.size() + bytes_of(member);
  } else if (value.is_array()) {
    for (const auto& element : value)
      bytes += bytes_of(element);
  }
  return bytes;
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parlance
