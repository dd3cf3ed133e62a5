// OpenAI's /v1/embeddings: what its bodies ask, and its answers.
//
// Threading: pure functions.
#pragma once

#include "net/routes/backend.hpp"
#include "runtime/base/json.hpp"

#include <memory>
#include <string>

namespace parlance::net {

enum class VectorEncoding : std::uint8_t { numbers, base64 };

struct EmbeddingWish {
  std::string role;
  std::shared_ptr<const EmbeddingInput> input;
  VectorEncoding encoding = VectorEncoding::numbers;
};

// model_not_found; invalid_value with the path of what is wrong.
Result<EmbeddingWish> read_embedding_wish(Json& body, const EmbeddingRules& rules);

// {"object":"list","data":[{"object":"embedding","index","embedding"}…],"model","usage"}. Base64 is
// of the numbers as 32 bits each, the least significant byte first.
std::string embedding_text(const Embedded& embedded, VectorEncoding encoding);

}  // namespace parlance::net
