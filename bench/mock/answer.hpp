// What the mock provider says, in no API's shape.
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

class MockAnswer {
 public:
  struct Token {
    std::string text;
    std::size_t call = 0;
    bool begins = false;  // its call
  };

  // `tokens_wanted` is the length of an answer that is neither calls nor JSON.
  MockAnswer(const MockPrompt& prompt, std::uint64_t entry, std::uint32_t tokens_wanted);

  const MockPrompt& prompt() const { return prompt_; }
  std::uint64_t entry() const { return entry_; }
  std::int64_t created_s() const { return created_s_; }  // since 1970
  bool is_length_limited() const { return length_limited_; }

  // At least one, which is empty when a stop sequence left no text.
  std::uint32_t tokens() const { return static_cast<std::uint32_t>(tokens_.size()); }
  const Token& token(std::uint32_t index) const { return tokens_[index]; }
  bool ends_call(std::uint32_t index) const;

  // The calls that are told of, wholly or in part; without any, the answer is text.
  std::size_t calls() const { return prompt_.calls.empty() ? 0 : tokens_.back().call + 1; }
  std::string call_id(std::size_t call) const;
  std::string call_text(std::size_t call) const;  // its arguments; with 0, the answer's text

 private:
  void say(std::string_view text, std::size_t call);
  void stop_early();

  MockPrompt prompt_;
  std::uint64_t entry_;
  std::int64_t created_s_;
  std::vector<Token> tokens_;
  bool length_limited_ = false;
};

}  // namespace parlance::bench
