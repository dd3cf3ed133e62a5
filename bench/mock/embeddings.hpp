// Vectors of the mock provider: the same text and number of dimensions give the same vector, of
// length 1; other texts give others. Tokens are as texts: [1, 2] is "1 2".
//
// Threading: pure functions.
#pragma once

#include "bench/mock/prompt.hpp"
#include "runtime/base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::bench {

inline constexpr std::uint32_t mock_dimensions_max = 4'096;

std::vector<float> mock_vector(std::string_view text, std::uint32_t dimensions);

// Errors: what parse_json says, and invalid_value with the place in the body.
Result<MockPrompt> read_openai_embedding(std::string_view body);
Result<MockPrompt> read_gemini_embedding(const Json& body, const std::string& model);

std::string openai_embeddings(const MockPrompt& prompt);
std::string gemini_embeddings(const MockPrompt& prompt);  // without usage, as Gemini's are

}  // namespace parlance::bench
