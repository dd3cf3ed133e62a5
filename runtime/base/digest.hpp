// Digests of text, to compare and to name by; secrets have their own ways.
//
// Threading: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace parlance {

// SHA-256 as 64 hexadecimal digits.
std::string sha256_hex(std::string_view text);

}  // namespace parlance
