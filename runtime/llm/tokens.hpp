// How many tokens a call may cost at most, before anybody has counted them.
//
// Models' tokenizers make a token of about four letters of English, and of fewer elsewhere. What is
// estimated here is reserved before the call and set right after it, so it errs upwards: a token is
// three bytes of ASCII, or one and a half of anything else.
//
// Threading: pure functions.
#pragma once

#include "runtime/llm/chat.hpp"

#include <cstdint>
#include <string_view>

namespace parlance {

std::uint64_t tokens_of(std::string_view text);

std::uint64_t tokens_of(const Message& message);

std::uint64_t tokens_of(const EmbeddingInput& input);

// Question and tools, or what is embedded.
std::uint64_t prompt_tokens_of(const ChatRequest& request);

// Question, tools and the longest answer.
std::uint64_t tokens_max_of(const ChatRequest& request);

// Of a call whose provider counted nothing; at most what tokens_max_of() says.
Usage estimated_usage(const ChatRequest& request, const ChatAnswer& answer);

}  // namespace parlance
