// The prices of models, and who may spend how much.
//
// Threading: pure.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include "settings/settings.hpp"

namespace parlance {

// The sections `prices` and `budgets` of `document`; the settings of webhooks are read already.
Result<void> read_money_parts(const Json& document, Settings& settings);

}  // namespace parlance
