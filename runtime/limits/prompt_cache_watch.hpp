// Whether a provider keeps the beginning of prompts as it should: what it reads again costs a
// fraction. Prompts whose beginning changes, and providers that keep nothing, show here.
//
// Threading: none of its own; whoever owns it guards it.
#pragma once

#include <cstdint>

namespace parlance {

class PromptCacheWatch {
 public:
  // Providers keep prompts from 1,024 to 4,096 tokens on.
  static constexpr std::uint32_t tokens_long = 4'096;
  static constexpr std::uint32_t misses_max = 20;

  static bool is_miss(std::uint32_t tokens_in, std::uint32_t tokens_in_cached) {
    return tokens_in >= tokens_long && tokens_in_cached == 0;
  }

  // True once: when so many long prompts were read and no token of any was kept.
  bool answered(std::uint32_t tokens_in, std::uint32_t tokens_in_cached) {
    if (tokens_in_cached > 0) has_hit_ = true;
    if (has_hit_ || !is_miss(tokens_in, tokens_in_cached)) return false;
    return ++misses_ == misses_max;
  }

 private:
  bool has_hit_ = false;
  std::uint32_t misses_ = 0;
};

}  // namespace parlance
