#include "runtime/limits/prompt_cache_watch.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

constexpr auto long_prompt = PromptCacheWatch::tokens_long;

TEST_CASE("a provider that keeps no long prompt is told of once") {
  PromptCacheWatch watch;
  int told = 0;
  for (std::uint32_t call = 0; call < 3 * PromptCacheWatch::misses_max; ++call) {
    told += watch.answered(long_prompt, 0) ? 1 : 0;
    CHECK(told == (call + 1 < PromptCacheWatch::misses_max ? 0 : 1));
  }
}

TEST_CASE("a provider that keeps prompts, or is told short ones, is not") {
  PromptCacheWatch watch;
  for (int call = 0; call < 100; ++call)
    CHECK_FALSE(watch.answered(long_prompt - 1, 0));
  CHECK_FALSE(watch.answered(long_prompt, 1'024));
  for (int call = 0; call < 100; ++call)
    CHECK_FALSE(watch.answered(long_prompt, 0));
}

}  // namespace
}  // namespace parlance
