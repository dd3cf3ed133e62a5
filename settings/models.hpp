// The parts of a configuration with names of the operator's choice: providers, models, agents.
//
// Threading: pure, but for providers' keys, which have to be readable.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include "settings/settings.hpp"

#include <filesystem>

namespace parlance {

// The sections `providers`, `models` and `agents` of `document`; paths start at `folder`.
Result<void> read_named_parts(const Json& document,
                              const std::filesystem::path& folder,
                              Settings& settings);

}  // namespace parlance
