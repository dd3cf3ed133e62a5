#include "net/webhooks/webhook_secret.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <utility>

namespace parlance::net {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t key_bytes_min = 24;
constexpr std::size_t key_bytes_max = 64;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Empty for what is not base64.
std::string from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > 4 * key_bytes_max) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   bytes_of(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=')
    ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

Result<WebhookSecret> WebhookSecret::parse(std::string_view text) {
  const auto wrong = [](std::string detail) {
    return Error{ErrorCode::invalid_value, std::move(detail), {}, {}};
  };
  if (text.empty()) return wrong("is empty or not set");
  if (!text.starts_with(prefix)) return wrong("must begin with whsec_");
  const std::string key = from_base64(text.substr(prefix.size()));
  if (key.size() < key_bytes_min || key.size() > key_bytes_max)
    return wrong("must be whsec_ and the base64 of 24 to 64 bytes");
  const WebhookSecret secret(key);
  return secret;
}

std::string WebhookSecret::sign(std::string_view id,
                                std::int64_t timestamp_s,
                                std::string_view body) const {
  std::string content(id);
  content.append(".").append(std::to_string(timestamp_s)).append(".").append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_bytes = 0;
  HMAC(EVP_sha256(),
       key_.data(),
       static_cast<int>(key_.size()),
       bytes_of(content),
       content.size(),
       digest.data(),
       &digest_bytes);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text{};
  const int text_bytes =
      EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_bytes));
  std::string signature("v1,");
  signature.append(reinterpret_cast<const char*>(text.data()),
                   static_cast<std::size_t>(text_bytes));
  return signature;
}

}  // namespace parlance::net
