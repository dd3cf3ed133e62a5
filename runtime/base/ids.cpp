#include "runtime/base/ids.hpp"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace parlance {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::string uuid_text(std::array<unsigned char, 16> bytes, unsigned version) {
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | (version << 4U));
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(hex_digits[bytes[i] >> 4U]);
    text.push_back(hex_digits[bytes[i] & 0x0FU]);
  }
  return text;
}

std::mt19937_64 seeded_generator() {
  std::array<std::uint32_t, 8> seed{};
  RAND_bytes(reinterpret_cast<unsigned char*>(seed.data()), sizeof seed);
  std::seed_seq sequence(seed.begin(), seed.end());
  return std::mt19937_64(sequence);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

bool is_identifier(std::string_view text) {
  constexpr std::size_t length_max = 128;
  return !text.empty() && text.size() <= length_max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == ':' || c == '-';
         });
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

std::optional<std::string> parse_identifier(std::string_view text) {
  if (!is_identifier(text)) return std::nullopt;
  std::string id(text);
  if (is_uuid(id)) {
    for (char& c : id)
      c = c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return id;
}

std::string random_uuid() {
  thread_local std::mt19937_64 generator = seeded_generator();
  std::array<unsigned char, 16> bytes{};
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t word = generator();
    for (std::size_t i = 0; i < 8; ++i, word >>= 8U) {
      bytes[half * 8 + i] = static_cast<unsigned char>(word);
    }
  }
  return uuid_text(bytes, 4);
}

std::string named_uuid(std::string_view name) {
  // RFC 4122, appendix C: the URL namespace.
  constexpr std::array<unsigned char, 16> url_namespace{0x6b,
                                                        0xa7,
                                                        0xb8,
                                                        0x11,
                                                        0x9d,
                                                        0xad,
                                                        0x11,
                                                        0xd1,
                                                        0x80,
                                                        0xb4,
                                                        0x00,
                                                        0xc0,
                                                        0x4f,
                                                        0xd4,
                                                        0x30,
                                                        0xc8};
  std::string input(url_namespace.begin(), url_namespace.end());
  input.append(name);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest.data());
  std::array<unsigned char, 16> bytes{};
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return uuid_text(bytes, 5);
}

}  // namespace parlance
