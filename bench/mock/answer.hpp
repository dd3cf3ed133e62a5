// What the mock provider says, in the shapes of OpenAI's chat completions.
//
// The text follows from the request alone, so that a client can check every byte: the first token
// is the first 40 characters of the last user message, the n-th one after it is " w<n>". A request
// that ends in "hello" and an answer of four tokens give "hello w1 w2 w3".
//
// Threading: plain data and pure functions.
#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::bench {

// What the mock needs to know of a request.
struct MockPrompt {
  std::string model;
  std::string text;  // of the last user message
  std::string user;  // the body's `user` field, or empty
  std::size_t messages = 0;
  bool stream = false;
  bool include_usage = false;
  std::uint32_t tokens_max = UINT32_MAX;  // the body's max_tokens or max_completion_tokens
  std::uint32_t tokens_in = 0;            // a quarter of the messages' bytes
};

Result<MockPrompt> read_prompt(std::string_view body);

std::string mock_token(std::string_view prompt_text, std::uint32_t index);
std::string mock_text(std::string_view prompt_text, std::uint32_t tokens);

// The first `count` characters of UTF-8 text.
std::string_view first_characters(std::string_view text, std::size_t count);

// One answer's pieces. Those of a stream are whole SSE events.
class MockAnswer {
 public:
  MockAnswer(const MockPrompt& prompt, std::string id, std::uint32_t tokens_wanted);

  std::uint32_t tokens() const { return tokens_; }

  std::string role_event() const;
  std::string token_event(std::uint32_t index) const;
  std::string end_event() const;
  std::string usage_event() const;  // empty when the request did not ask for it
  static std::string_view done_event() { return "data: [DONE]\n\n"; }

  std::string whole() const;

 private:
  std::string event(std::string_view delta, std::string_view finish_reason) const;
  std::string usage() const;
  std::string_view finish_reason() const;

  MockPrompt prompt_;
  std::uint32_t tokens_;
  bool length_limited_;
  std::string head_;  // what every chunk begins with
};

}  // namespace parlance::bench
