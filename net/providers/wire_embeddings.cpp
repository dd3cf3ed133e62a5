#include "net/providers/wire_embeddings.hpp"

#include "net/providers/wire_json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace {

Error broken(std::string why) {
  return {ErrorCode::provider_failed,
          "the provider's embeddings are broken (" + std::move(why) + ')',
          {},
          {}};
}

Result<std::vector<float>> read_vector(const AnswerJson& list) {
  const auto& numbers = all_of(list);
  if (numbers.empty()) return broken("one is no list of numbers");
  std::vector<float> vector;
  vector.reserve(numbers.size());
  for (const auto& number : numbers) {
    const double value = number.as<double>().value_or(NAN);
    const bool is_float = std::abs(value) <= std::numeric_limits<float>::max();
    if (!is_float) return broken("one has what is no number");
    vector.push_back(static_cast<float>(value));
  }
  return vector;
}

// `vectors` has the place, which is filled once.
Result<void> put_vector(const AnswerJson& numbers, std::size_t place, Vectors& vectors) {
  if (place >= vectors.size() || !vectors[place].empty()) return broken("their order is unclear");
  auto vector = read_vector(numbers);
  if (!vector) return vector.error();
  vectors[place] = std::move(*vector);
  return {};
}

Result<AnswerChunk> chunk_with(Vectors vectors) {
  const bool are_alike = std::all_of(vectors.begin(), vectors.end(), [&](const auto& vector) {
    return vector.size() == vectors.front().size();
  });
  if (!are_alike) return broken("they differ in length");
  AnswerChunk chunk;
  chunk.vectors = std::make_shared<const Vectors>(std::move(vectors));
  chunk.stop_reason = StopReason::stop;
  chunk.is_last = true;
  return chunk;
}

}  // namespace

Json openai_embedding_body(std::string_view model, const EmbeddingInput& input) {
  Json body = {{"model", model}, {"encoding_format", "float"}};
  if (input.texts.empty()) {
    body["input"] = input.tokens;
  } else {
    body["input"] = input.texts;
  }
  if (input.dimensions) body["dimensions"] = *input.dimensions;
  if (!input.user.empty()) body["user"] = input.user;
  return body;
}

Result<AnswerChunk> openai_vectors(const AnswerJson& body) {
  const auto& data = all_of(member(body, "data"));
  Vectors vectors(data.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const AnswerJson& item = data[i];
    const AnswerJson& index = member(item, "index");
    const auto place = index.is_null() ? static_cast<std::uint32_t>(i) : count_of(index);
    if (!place) return broken("an index is no number");
    if (auto put = put_vector(member(item, "embedding"), *place, vectors); !put) return put.error();
  }
  auto chunk = chunk_with(std::move(vectors));
  if (!chunk) return chunk;
  chunk->model = text_of(member(body, "model"));
  chunk->usage.tokens_in = count_of(member(member(body, "usage"), "prompt_tokens"));
  return chunk;
}

Result<Json> gemini_embedding_body(std::string_view model, const EmbeddingInput& input) {
  if (!input.tokens.empty()) {
    return Error{
        ErrorCode::request_rejected, "the provider embeds texts, and no tokens", "input", {}};
  }
  Json requests = Json::array();
  for (const auto& text : input.texts) {
    Json request = {{"model", "models/" + std::string(model)},
                    {"content", {{"parts", Json::array({{{"text", text}}})}}}};
    if (input.dimensions) request["outputDimensionality"] = *input.dimensions;
    requests.push_back(std::move(request));
  }
  return Json{{"requests", std::move(requests)}};
}

Result<AnswerChunk> gemini_vectors(const AnswerJson& body) {
  const auto& embeddings = all_of(member(body, "embeddings"));
  Vectors vectors(embeddings.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (auto put = put_vector(member(embeddings[i], "values"), i, vectors); !put)
      return put.error();
  }
  auto chunk = chunk_with(std::move(vectors));
  if (!chunk) return chunk;
  chunk->usage.tokens_in = count_of(member(member(body, "usageMetadata"), "promptTokenCount"));
  return chunk;
}

}  // namespace parlance::net
