#include "storage/fts_query.hpp"

#include "runtime/llm/text.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

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

}  // namespace

std::string fts_query(std::string_view text) {
  std::vector<std::string> all = chunks_of(text);
  for (auto& part : words_of(text)) {
    std::erase_if(part, [](char c) { return c == '"' || c == '\0'; });
    if (std::any_of(part.begin(), part.end(), is_word_byte)) all.push_back(std::move(part));
  }
  std::vector<std::string> telling;
  std::set<std::string> seen;
  for (const auto& term : all) {
    if (!is_stop_word(term) && seen.insert(term).second) telling.push_back(term);
  }
  const auto& terms = telling.empty() ? all : telling;
  std::string query;
  for (std::size_t i = 0; i < std::min(terms.size(), query_terms_max); ++i) {
    if (i > 0) query += " OR ";
    query += '"' + terms[i] + '"';
  }
  return query;
}

}  // namespace parlance::storage
