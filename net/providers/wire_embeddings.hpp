// Calls that embed, in the shapes of the APIs that have them: OpenAI's /embeddings and Gemini's
// batchEmbedContents. Anthropic's API has none.
//
// Numbers are asked for as JSON, which every endpoint that is compatible speaks.
//
// Threading: pure functions.
#pragma once

#include "net/providers/wire_format.hpp"
#include "net/providers/wire_json.hpp"
#include "runtime/base/json.hpp"
#include "runtime/llm/embedding.hpp"

#include <string_view>

namespace parlance::net {

Json openai_embedding_body(std::string_view model, const EmbeddingInput& input);

// {"data": [{"index", "embedding": […]}…], "model", "usage"}
Result<AnswerChunk> openai_vectors(const AnswerJson& body);

// `model` is a segment of a path. request_rejected: it takes no tokens.
Result<Json> gemini_embedding_body(std::string_view model, const EmbeddingInput& input);

// {"embeddings": [{"values": […]}…], "usageMetadata"}
Result<AnswerChunk> gemini_vectors(const AnswerJson& body);

}  // namespace parlance::net
