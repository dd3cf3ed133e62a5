// What keeps a lane from sending even the smallest call, however few run.
#pragma once

#include <cstdint>

namespace parlance {

enum class HeldBy : std::uint8_t {
  nothing,
  minute,         // its limits in a minute, as configured
  requests_told,  // by the provider: none is left
  tokens_told
};

}  // namespace parlance
