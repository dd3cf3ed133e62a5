#include "bench/mock/embeddings.hpp"

#include "bench/mock/members.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t depth_max = 16;

Error wrong(std::string field, std::string detail) {
  return Error{ErrorCode::invalid_value, std::move(detail), std::move(field), {}};
}

std::uint64_t digest_of(std::string_view text) {
  std::uint64_t digest = 0xCBF29CE484222325U;  // FNV-1a
  for (const char byte : text)
    digest = (digest ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
  return digest;
}

std::string base64_of(const std::vector<float>& vector) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  for (const float value : vector) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>(bits >> shift & 255U);
  }
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group =
          group << 8U | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += at + i > bytes.size() ? '=' : digits[group >> (18 - 6 * i) & 63U];
  }
  return text;
}

// A list of tokens as a text; none for what is no such list.
std::optional<std::string> tokens_as_text(const Json& list) {
  std::string text;
  for (const Json& token : list) {
    if (!token.is_number_unsigned()) return std::nullopt;
    text += (text.empty() ? "" : " ") + token.dump();
  }
  return text;
}

void add_text(std::string text, MockPrompt& prompt) {
  if (prompt.embedded.empty()) prompt.text = text;
  prompt.tokens_in += static_cast<std::uint32_t>(std::max<std::size_t>(1, text.size() / 4));
  prompt.embedded.push_back(std::move(text));
}

Result<void> read_dimensions(const Json& object, const char* name, MockPrompt& prompt) {
  const auto asked = object.find(name);
  if (asked == object.end()) return {};
  const bool fits = asked->is_number_unsigned() && *asked > 0 && *asked <= mock_dimensions_max;
  if (!fits) return wrong(name, "must be from 1 to " + std::to_string(mock_dimensions_max));
  prompt.dimensions = asked->get<std::uint32_t>();
  return {};
}

}  // namespace

std::vector<float> mock_vector(std::string_view text, std::uint32_t dimensions) {
  std::vector<float> vector(dimensions);
  std::uint64_t state = digest_of(text);
  double squares = 0;
  for (float& value : vector) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    value = static_cast<float>(static_cast<double>(state >> 11U) * 0x1p-52 - 1);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  for (float& value : vector)
    value = static_cast<float>(static_cast<double>(value) / std::sqrt(squares));
  return vector;
}

Result<MockPrompt> read_openai_embedding(std::string_view body) {
  const auto parsed = parse_json(body, depth_max);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return wrong("", "the body must be an object");
  MockPrompt prompt;
  prompt.model = text_member(*parsed, "model");
  if (prompt.model.empty()) return wrong("model", "you must provide a model parameter");
  prompt.user = text_member(*parsed, "user");
  prompt.base64 = text_member(*parsed, "encoding_format") == "base64";
  prompt.options = other_members(*parsed, {"model", "input"});
  if (auto read = read_dimensions(*parsed, "dimensions", prompt); !read) return read.error();
  const Json input = parsed->value("input", Json());
  const bool is_one =
      input.is_string() || (input.is_array() && !input.empty() && input[0].is_number());
  const Json items = is_one ? Json::array({input}) : input;
  for (const Json& item : items) {
    if (item.is_string()) {
      add_text(item.get<std::string>(), prompt);
      continue;
    }
    auto text = item.is_array() ? tokens_as_text(item) : std::nullopt;
    if (!text) return wrong("input", "must be texts or lists of tokens");
    add_text(std::move(*text), prompt);
  }
  if (prompt.embedded.empty()) return wrong("input", "a text is needed");
  return prompt;
}

Result<MockPrompt> read_gemini_embedding(const Json& body, const std::string& model) {
  MockPrompt prompt;
  prompt.model = model;
  prompt.options = other_members(body, {"requests"});
  for (const Json& request : list_member(body, "requests")) {
    if (text_member(request, "model") != "models/" + model)
      return wrong("requests.model", "must be the model of the path");
    if (auto read = read_dimensions(request, "outputDimensionality", prompt); !read)
      return read.error();
    std::string text;
    for (const Json& part : list_member(object_member(request, "content"), "parts"))
      text += text_member(part, "text");
    add_text(std::move(text), prompt);
  }
  if (prompt.embedded.empty()) return wrong("requests", "one is needed");
  return prompt;
}

std::string openai_embeddings(const MockPrompt& prompt) {
  Json data = Json::array();
  for (const auto& text : prompt.embedded) {
    const auto vector = mock_vector(text, prompt.dimensions);
    data.push_back({{"object", "embedding"},
                    {"index", data.size()},
                    {"embedding", prompt.base64 ? Json(base64_of(vector)) : Json(vector)}});
  }
  return dump(
      {{"object", "list"},
       {"data", std::move(data)},
       {"model", prompt.model},
       {"usage", {{"prompt_tokens", prompt.tokens_in}, {"total_tokens", prompt.tokens_in}}}});
}

std::string gemini_embeddings(const MockPrompt& prompt) {
  Json embeddings = Json::array();
  for (const auto& text : prompt.embedded)
    embeddings.push_back({{"values", mock_vector(text, prompt.dimensions)}});
  return dump({{"embeddings", std::move(embeddings)}});
}

}  // namespace parlance::bench
