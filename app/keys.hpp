// Whose keys the server takes.
#pragma once

#include "net/auth/key_store.hpp"
#include "runtime/base/result.hpp"

#include "settings/settings.hpp"

#include <cstdint>

namespace parlance {

// development: loopback only, one tenant, no key needed.
enum class Mode : std::uint8_t { production, development };

// Errors: invalid_value, where nobody could come in, or anybody who reaches the address could.
Result<net::KeyStore> open_keys(const Settings& settings, Mode mode);

}  // namespace parlance
