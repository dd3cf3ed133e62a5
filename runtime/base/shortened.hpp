// The beginning of a text, cut between two characters of UTF-8.
//
// Threading: pure functions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace parlance {

inline std::string_view shortened(std::string_view text, std::size_t bytes_max) {
  std::size_t end = std::min(text.size(), bytes_max);
  while (end < text.size() && end > 0 && (text[end] & '\xC0') == '\x80')
    --end;
  return text.substr(0, end);
}

}  // namespace parlance
