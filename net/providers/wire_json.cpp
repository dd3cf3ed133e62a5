#include "net/providers/wire_json.hpp"

#include "runtime/base/json.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::size_t depth_max = 32;

// The memory of this thread's last answer.
thread_local std::unique_ptr<simdjson::dom::parser> idle_parser;

Error failed(std::string detail) {
  return {ErrorCode::provider_failed, std::move(detail), {}, {}};
}

std::unique_ptr<simdjson::dom::parser> parser_for(std::size_t bytes) {
  auto parser = std::exchange(idle_parser, nullptr);
  if (!parser) parser = std::make_unique<simdjson::dom::parser>();
  if (parser->capacity() < bytes || parser->max_depth() != depth_max) {
    const auto failure = parser->allocate(std::max<std::size_t>(bytes, 4'096), depth_max);
    if (failure != simdjson::SUCCESS) throw std::bad_alloc();
  }
  return parser;
}

}  // namespace

AnswerObject::AnswerObject(std::string_view text) : parser_(parser_for(text.size())) {
  simdjson::dom::element read;
  if (const auto broken = parser_->parse(text.data(), text.size()).get(read)) {
    const auto told = parse_json(text, depth_max);
    error_ = failed("the provider's answer is broken: " +
                    (told ? simdjson::error_message(broken) : told.error().detail));
  } else if (!read.is_object()) {
    error_ = failed("the provider's answer is not a JSON object");
  } else {
    value_ = AnswerJson(read);
  }
}

AnswerObject::~AnswerObject() {
  if (parser_->capacity() <= kept_bytes_max) idle_parser = std::move(parser_);
}

AnswerJson member(const AnswerJson& value, std::string_view name) {
  const auto object = value.as<simdjson::dom::object>();
  simdjson::dom::element found;
  if (!object || object->at_key(name).get(found) != simdjson::SUCCESS) return {};
  return AnswerJson(found);
}

AnswerJson first_of(const AnswerJson& value) {
  const auto list = value.as<simdjson::dom::array>();
  if (!list || list->begin() == list->end()) return {};
  return AnswerJson(*list->begin());
}

std::vector<AnswerJson> all_of(const AnswerJson& value) {
  std::vector<AnswerJson> all;
  const auto list = value.as<simdjson::dom::array>();
  if (!list) return all;
  all.reserve(list->size());
  for (const auto each : *list)
    all.emplace_back(each);
  return all;
}

std::string text_of(const AnswerJson& value) {
  return std::string(value.as<std::string_view>().value_or(std::string_view()));
}

std::optional<std::uint32_t> count_of(const AnswerJson& value) {
  constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max();
  const auto count = value.as<std::uint64_t>();
  if (!count) return std::nullopt;
  return static_cast<std::uint32_t>(std::min(*count, count_max));
}

std::string object_text(const AnswerJson& value, std::string_view otherwise) {
  const auto object = value.as<simdjson::dom::object>();
  return object ? simdjson::minify(*object) : std::string(otherwise);
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
