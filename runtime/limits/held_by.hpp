// What keeps a lane from sending the call that is next, however few run; where none may be sent
// yet, the smallest.
#pragma once

#include <cstdint>

namespace parlance {

enum class HeldBy : std::uint8_t {
  nothing,
  minute,         // its limits in a minute, as configured
  requests_told,  // by the provider: less is left than the call needs
  tokens_told
};

}  // namespace parlance
