// What all APIs of providers have in common in how they tell an error: an object with a message and
// a word for it. Which trouble that is, each API's words say.
//
// Threading: pure functions.
#pragma once

#include "net/providers/wire_format.hpp"
#include "net/providers/wire_json.hpp"

#include <string>
#include <string_view>

namespace parlance::net {

// `error` is the object, or its message alone. Its trouble is still `other`.
ProviderError error_in(const AnswerJson& error, std::string code);

// The words of an error that has no code of its own.
bool says(const ProviderError& error, std::string_view words);

}  // namespace parlance::net
