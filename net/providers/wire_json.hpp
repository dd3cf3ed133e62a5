// Reading the JSON of providers: what is absent, or of another type, is empty.
//
// An answer is read once and dropped, one for each piece of a stream: it is Boost's, in memory of
// its own, which takes half the time of a Json.
//
// Threading: pure functions; an AnswerObject has one owner.
// Bounds: 32 levels; otherwise as the text.
#pragma once

#include "runtime/base/error.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

using AnswerJson = boost::json::value;

// The object that a provider answers, for as long as this lives.
class AnswerObject {
 public:
  explicit AnswerObject(std::string_view text);
  AnswerObject(const AnswerObject&) = delete;
  AnswerObject& operator=(const AnswerObject&) = delete;

  // Errors: provider_failed, for what is no JSON object.
  explicit operator bool() const { return !error_; }
  const Error& error() const { return *error_; }

  const AnswerJson& operator*() const { return value_; }

 private:
  std::array<unsigned char, 4'096> first_bytes_;
  boost::json::monotonic_resource memory_{first_bytes_.data(), first_bytes_.size()};
  AnswerJson value_ = AnswerJson(boost::json::storage_ptr(&memory_));
  std::optional<Error> error_;
};

// The member of this name where `value` is an object that has it, else null.
const AnswerJson& member(const AnswerJson& value, std::string_view name);

// The first of a list, else null.
const AnswerJson& first_of(const AnswerJson& value);

// All of a list, else none.
const boost::json::array& all_of(const AnswerJson& value);

std::string text_of(const AnswerJson& value);
std::optional<std::uint32_t> count_of(const AnswerJson& value);

// An object as JSON, else `otherwise`.
std::string object_text(const AnswerJson& value, std::string_view otherwise);

// Text on one line: control characters are spaces.
std::string on_one_line(std::string text);

}  // namespace parlance::net
