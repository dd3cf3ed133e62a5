// What vectors are wanted of: a model's reading of texts as points, which lie close together where
// the texts mean the same. The vectors are ChatAnswer::vectors.
//
// Threading: plain data.
#pragma once

#include "runtime/llm/chat.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parlance {

// Texts, or lists of tokens in the numbers of the model's own tokenizer; one of the two.
struct EmbeddingInput {
  std::vector<std::string> texts;
  std::vector<std::vector<std::uint32_t>> tokens;
  std::optional<std::uint32_t> dimensions;  // of each vector; none: as many as the model has
  std::string user;                         // whom the client named; may be empty

  std::size_t count() const { return texts.size() + tokens.size(); }
};

}  // namespace parlance
