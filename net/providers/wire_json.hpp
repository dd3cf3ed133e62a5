// Reading the JSON of providers: what is absent, or of another type, is empty.
//
// An answer is read once and dropped, one for each piece of a stream: simdjson reads it into memory
// that the next one takes over, which costs a seventh of a Json.
//
// Threading: pure functions; an AnswerObject has one owner.
// Bounds: 32 levels; 14 bytes for each byte of text, of which a thread keeps those of
// kept_bytes_max for its next answer.
#pragma once

#include "runtime/base/error.hpp"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

// A value of an AnswerObject, for as long as that lives; null where there is none.
class AnswerJson {
 public:
  AnswerJson() = default;
  explicit AnswerJson(simdjson::dom::element value) : value_(value) {}

  bool is_null() const { return !value_ || value_->is_null(); }
  bool is_object() const { return value_ && value_->is_object(); }
  bool is_string() const { return value_ && value_->is_string(); }

  // The value as a simdjson::dom type or a number; none where it is of another type, or too large.
  template <class T>
  std::optional<T> as() const {
    T read;
    if (!value_ || value_->get(read) != simdjson::SUCCESS) return std::nullopt;
    return read;
  }

 private:
  std::optional<simdjson::dom::element> value_;
};

// The object that a provider answers, for as long as this lives.
class AnswerObject {
 public:
  static constexpr std::size_t kept_bytes_max = 64U << 10U;

  explicit AnswerObject(std::string_view text);
  AnswerObject(const AnswerObject&) = delete;
  AnswerObject& operator=(const AnswerObject&) = delete;
  ~AnswerObject();

  // Errors: provider_failed, for what is no JSON object, or has a number beyond 64 bits.
  explicit operator bool() const { return !error_; }
  const Error& error() const { return *error_; }

  const AnswerJson& operator*() const { return value_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
  AnswerJson value_;
  std::optional<Error> error_;
};

// The member of this name where `value` is an object that has it, else null.
AnswerJson member(const AnswerJson& value, std::string_view name);

// The first of a list, else null.
AnswerJson first_of(const AnswerJson& value);

// All of a list, else none.
std::vector<AnswerJson> all_of(const AnswerJson& value);

std::string text_of(const AnswerJson& value);
std::optional<std::uint32_t> count_of(const AnswerJson& value);

// An object as JSON, else `otherwise`.
std::string object_text(const AnswerJson& value, std::string_view otherwise);

// Text on one line: control characters are spaces.
std::string on_one_line(std::string text);

}  // namespace parlance::net
