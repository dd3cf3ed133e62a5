#include "storage/fts_query.hpp"

#include "runtime/llm/text.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

namespace parlance::storage {
namespace {

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80U || std::isalnum(byte) != 0;
}

// The text between white space, in lower case, without the marks around it.
std::vector<std::string> chunks_of(std::string_view text) {
  std::vector<std::string> chunks;
  std::string chunk;
  const auto end_chunk = [&] {
    while (!chunk.empty() && !is_word_byte(chunk.back()))
      chunk.pop_back();
    if (!chunk.empty()) chunks.push_back(chunk);
    chunk.clear();
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20U || c == '"' || byte == 0x7FU) {
      end_chunk();
    } else if (!chunk.empty() || is_word_byte(c)) {
      chunk.push_back(static_cast<char>(byte < 0x80U ? std::tolower(byte) : byte));
    }
  }
  end_chunk();
  return chunks;
}

constexpr std::size_t phrase_words_max = 8;

struct Parts {
  std::vector<std::string> phrases;  // of two words and more
  std::string rest;
};

Parts split_phrases(std::string_view text) {
  Parts parts;
  for (bool quoted = false;; quoted = !quoted) {
    const auto end = text.find('"');
    const auto part = text.substr(0, end);
    const auto words =
        quoted && end != std::string_view::npos ? chunks_of(part) : std::vector<std::string>{};
    if (words.size() >= 2 && words.size() <= phrase_words_max) {
      auto& phrase = parts.phrases.emplace_back(words.front());
      for (std::size_t i = 1; i < words.size(); ++i)
        phrase.append(" ").append(words[i]);
    } else {
      parts.rest.append(part).append(" ");
    }
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<std::string> fts_terms(std::string_view text) {
  auto [telling, rest] = split_phrases(text);
  std::vector<std::string> all = chunks_of(rest);
  for (auto& part : words_of(rest)) {
    std::erase_if(part, [](char c) { return c == '"' || c == '\0'; });
    if (std::any_of(part.begin(), part.end(), is_word_byte)) all.push_back(std::move(part));
  }
  std::set<std::string> seen;
  for (const auto& term : all) {
    if (!is_stop_word(term) && seen.insert(term).second) telling.push_back(term);
  }
  auto& terms = telling.empty() ? all : telling;
  terms.resize(std::min(terms.size(), query_terms_max));
  return std::move(terms);
}

std::string fts_query(std::string_view term) {
  return '"' + std::string(term) + '"';
}

std::string fts_query(const std::vector<std::string>& terms) {
  std::string query;
  for (const auto& term : terms) {
    if (!query.empty()) query += " OR ";
    query += fts_query(term);
  }
  return query;
}

}  // namespace parlance::storage
