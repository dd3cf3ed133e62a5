// What the mock provider says, in the shapes of OpenAI's chat completions.
//
// The text follows from the request alone, so that a client can check every byte: the first token
// is the first 40 characters of the last user message, the n-th one after it is " w<n>". A request
// that ends in "hello" and an answer of four tokens give "hello w1 w2 w3".
//
// Tool calls and JSON are cut into tokens of eight characters. The calls of entry 7 in the journal
// have the ids call_mock7 and call_mock7_2.
//
// Threading: plain data and pure functions.
#pragma once

#include "bench/mock/prompt.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

// One answer's pieces. Those of a stream are whole SSE events.
class MockAnswer {
 public:
  // `tokens_wanted` is the length of an answer that is neither calls nor JSON.
  MockAnswer(const MockPrompt& prompt, std::uint64_t entry, std::uint32_t tokens_wanted);

  // At least one, which is empty when a stop sequence left no text.
  std::uint32_t tokens() const { return static_cast<std::uint32_t>(tokens_.size()); }

  std::string role_event() const;
  std::string token_event(std::uint32_t index) const;  // a call's first brings its name along
  std::string end_event() const;
  std::string usage_event() const;  // empty when the request did not ask for it
  static std::string_view done_event() { return "data: [DONE]\n\n"; }

  std::string whole() const;

 private:
  struct Token {
    std::string text;
    std::size_t call = 0;
    bool begins = false;  // its call
  };

  void say(std::string_view text, std::size_t call);
  void stop_early();
  std::string event(std::string_view delta, std::string_view finish_reason) const;
  Json call(std::size_t index, std::string arguments) const;
  std::string message() const;
  std::string usage() const;
  std::string_view finish_reason() const;

  MockPrompt prompt_;
  std::uint64_t entry_;
  std::vector<Token> tokens_;
  bool length_limited_ = false;
  std::string head_;  // what every chunk begins with
};

}  // namespace parlance::bench
