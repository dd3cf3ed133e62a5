// What the mock provider needs to know of a request, and what it refuses as OpenAI does.
//
// Threading: plain data and pure functions.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

struct MockToolCall {
  std::string name;
  std::string arguments;  // JSON that fits the tool's parameters
};

struct MockPrompt {
  std::string model;
  std::string text;    // of the last user message
  std::string echoed;  // what the answer begins with: that text, or what a tool just said
  std::string user;    // the body's `user` field, or empty
  std::size_t messages = 0;
  bool stream = false;
  bool include_usage = false;
  std::uint32_t tokens_max = UINT32_MAX;  // the body's max_tokens or max_completion_tokens
  std::uint32_t tokens_in = 0;            // a quarter of the messages' bytes
  std::uint32_t tokens_cached = 0;        // of tokens_in

  std::vector<std::string> embedded;  // of a request for vectors: the texts, or tokens as texts
  std::uint32_t dimensions = 8;       // of each vector
  bool base64 = false;

  std::vector<std::string> stop;
  std::vector<MockToolCall> calls;  // what is answered with, unless empty
  std::optional<std::string> json;  // what is answered with: fits response_format

  // The body's members other than model, messages, stream and stream_options, 4 KiB of them: what
  // is too large stands there as "(N bytes)".
  Json options = Json::object();
};

// From a body in OpenAI's shape. Errors: what parse_json says, and invalid_value with the place in
// the body.
Result<MockPrompt> read_prompt(std::string_view body);
Result<MockPrompt> prompt_of(const Json& body);

// The members of a body but those whose names are in `known`, 4 KiB of them.
Json other_members(const Json& body, const std::set<std::string, std::less<>>& known);

// The first `count` characters of UTF-8 text.
std::string_view first_characters(std::string_view text, std::size_t count);

// What an answer begins with: the first 40 characters.
std::string_view echo_of(std::string_view text);

}  // namespace parlance::bench
