#include "net/providers/wire_json.hpp"

#include <algorithm>
#include <limits>

namespace parlance::net {
namespace {

constexpr std::size_t depth_max = 32;
const Json null;

}  // namespace

const Json& member(const Json& value, const char* name) {
  if (!value.is_object()) return null;
  const auto found = value.find(name);
  return found == value.end() ? null : *found;
}

const Json& first_of(const Json& value) {
  return value.is_array() && !value.empty() ? value.front() : null;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::uint32_t> count_of(const Json& value) {
  constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max();
  if (!value.is_number_unsigned()) return std::nullopt;
  return static_cast<std::uint32_t>(std::min(value.get<std::uint64_t>(), count_max));
}

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(),
      text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return text;
}

Result<Json> read_answer_object(std::string_view text) {
  auto parsed = parse_json(text, depth_max);
  if (!parsed) {
    return Error{ErrorCode::provider_failed,
                 "the provider's answer is broken: " + parsed.error().detail,
                 {},
                 {}};
  }
  if (!parsed->is_object()) {
    return Error{ErrorCode::provider_failed, "the provider's answer is not a JSON object", {}, {}};
  }
  return parsed;
}

}  // namespace parlance::net
