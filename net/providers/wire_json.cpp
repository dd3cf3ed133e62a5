#include "net/providers/wire_json.hpp"

#include "runtime/base/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <limits>

namespace parlance::net {
namespace {

constexpr std::size_t depth_max = 32;
const AnswerJson null;
const boost::json::array none;

Error failed(std::string detail) {
  return {ErrorCode::provider_failed, std::move(detail), {}, {}};
}

}  // namespace

AnswerObject::AnswerObject(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::error_code broken;
  // From the same memory: it is moved, and never let go of piece by piece.
  value_ = boost::json::parse({text.data(), text.size()}, broken, &memory_, options);
  if (broken) {
    const auto told = parse_json(text, depth_max);
    error_ = failed("the provider's answer is broken: " +
                    (told ? broken.message() : told.error().detail));
  } else if (!value_.is_object()) {
    error_ = failed("the provider's answer is not a JSON object");
  }
}

const AnswerJson& member(const AnswerJson& value, std::string_view name) {
  const auto* const object = value.if_object();
  const auto* const found =
      object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
  return found == nullptr ? null : *found;
}

const AnswerJson& first_of(const AnswerJson& value) {
  const auto& all = all_of(value);
  return all.empty() ? null : all.front();
}

const boost::json::array& all_of(const AnswerJson& value) {
  const auto* const list = value.if_array();
  return list == nullptr ? none : *list;
}

std::string text_of(const AnswerJson& value) {
  const auto* const text = value.if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::optional<std::uint32_t> count_of(const AnswerJson& value) {
  constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max();
  if (const auto* const count = value.if_uint64())
    return static_cast<std::uint32_t>(std::min(*count, count_max));
  const auto* const count = value.if_int64();
  if (count == nullptr || *count < 0) return std::nullopt;
  return static_cast<std::uint32_t>(std::min(static_cast<std::uint64_t>(*count), count_max));
}

std::string object_text(const AnswerJson& value, std::string_view otherwise) {
  return value.is_object() ? boost::json::serialize(value) : std::string(otherwise);
}

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(),
      text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return text;
}

}  // namespace parlance::net
