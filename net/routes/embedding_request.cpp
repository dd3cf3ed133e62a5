#include "net/routes/embedding_request.hpp"

#include "net/body.hpp"
#include "net/json_text.hpp"
#include "net/routes/turn_options.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::uint64_t dimensions_most = 4'096;

static_assert(std::endian::native == std::endian::little, "vectors are written as they are");

// None, and the reader has the fault, for what is no list of tokens.
std::optional<std::vector<std::uint32_t>> read_tokens(const Json& list,
                                                      const std::string& path,
                                                      BodyReader& body) {
  std::vector<std::uint32_t> tokens;
  for (const Json& token : list) {
    const bool fits = token.is_number_unsigned() &&
                      token.get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
    if (!fits) break;
    tokens.push_back(token.get<std::uint32_t>());
  }
  if (!tokens.empty() && tokens.size() == list.size()) return tokens;
  body.refuse(path, "must be a string or a list of tokens, and not empty");
  return std::nullopt;
}

// One of the texts, or of the lists of tokens; all are of the same kind.
void read_item(Json& item, const std::string& path, BodyReader& body, EmbeddingInput& input) {
  if (item.is_string() && !item.get_ref<const std::string&>().empty() && input.tokens.empty()) {
    input.texts.push_back(std::move(item.get_ref<std::string&>()));
  } else if (item.is_array() && input.texts.empty()) {
    if (auto tokens = read_tokens(item, path, body)) input.tokens.push_back(std::move(*tokens));
  } else {
    body.refuse(path, "must be a string or a list of tokens as the others are, and not empty");
  }
}

// A text, a list of texts, a list of tokens, or a list of these.
void read_input(BodyReader& body, std::size_t inputs_max, EmbeddingInput& input) {
  Json* const value = body.find("input");
  if (value == nullptr) return body.refuse("input", "is missing");
  const bool is_one = !value->is_array() || (!value->empty() && value->front().is_number());
  if (is_one) return read_item(*value, "input", body, input);
  if (value->empty() || value->size() > inputs_max) {
    return body.refuse("input", "must have from 1 to " + std::to_string(inputs_max) + " items");
  }
  for (std::size_t i = 0; i < value->size() && !body.fault; ++i)
    read_item((*value)[i], "input[" + std::to_string(i) + "]", body, input);
}

void append_numbers(std::string& out, const std::vector<float>& vector) {
  out.push_back('[');
  for (std::size_t i = 0; i < vector.size(); ++i) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, vector[i]).ptr;
    if (i > 0) out.push_back(',');
    out.append(digits, static_cast<std::size_t>(end - digits));
  }
  out.push_back(']');
}

void append_base64(std::string& out, const std::vector<float>& vector) {
  const std::size_t bytes = vector.size() * sizeof(float);
  std::string text((bytes + 2) / 3 * 4 + 1, '\0');  // and the zero that is written behind it
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(vector.data()),
                                   static_cast<int>(bytes));
  text.resize(static_cast<std::size_t>(size));
  out.append("\"").append(text).append("\"");
}

}  // namespace

Result<EmbeddingWish> read_embedding_wish(Json& body, const EmbeddingRules& rules) {
  BodyReader reader(body, "");
  EmbeddingWish wish;
  wish.role = reader.text("model");
  if (!reader.fault && wish.role.empty()) reader.refuse("model", "is missing");
  EmbeddingInput input;
  if (!reader.fault) read_input(reader, rules.inputs_max, input);
  if (const auto dimensions = reader.count("dimensions", 1, dimensions_most))
    input.dimensions = static_cast<std::uint32_t>(*dimensions);
  input.user = bounded_user(reader.text("user"));
  const std::string encoding = reader.text("encoding_format", "float");
  if (encoding == "base64") {
    wish.encoding = VectorEncoding::base64;
  } else if (encoding != "float" && !reader.fault) {
    reader.refuse("encoding_format", "must be float or base64");
  }
  if (reader.fault) return *reader.fault;
  if (std::find(rules.roles.begin(), rules.roles.end(), wish.role) == rules.roles.end()) {
    return Error{ErrorCode::model_not_found,
                 "there is no embedding model \"" + wish.role.substr(0, 128) + "\"",
                 "model",
                 {}};
  }
  wish.input = std::make_shared<const EmbeddingInput>(std::move(input));
  return wish;
}

std::string embedding_text(const Embedded& embedded, VectorEncoding encoding) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < embedded.vectors->size(); ++i) {
    out.append(i == 0 ? "" : ",").append(R"({"object":"embedding","index":)");
    append_number(out, i);
    out.append(R"(,"embedding":)");
    const auto append = encoding == VectorEncoding::base64 ? append_base64 : append_numbers;
    append(out, (*embedded.vectors)[i]);
    out.push_back('}');
  }
  out.append(R"(],"model":)");
  append_quoted(out, embedded.model);
  out.append(R"(,"usage":{"prompt_tokens":)");
  append_number(out, embedded.usage.tokens_in);
  out.append(R"(,"total_tokens":)");
  append_number(out, std::uint64_t{embedded.usage.tokens_in} + embedded.usage.tokens_out);
  out.append("}}");
  return out;
}

}  // namespace parlance::net
