// Advice as a table, as JSON, and as a configuration.
//
// Threading: pure functions.
#pragma once

#include "bench/advise/advice.hpp"
#include "runtime/base/json.hpp"

#include <map>
#include <optional>
#include <string>

namespace parlance::bench {

std::string report(const Advice& advice);

// The configuration with the advised sizes in it. A lane's are set wherever a role names it.
Json advised_configuration(Json configuration, const Advice& advice);

// `settings` is what to merge into a configuration (RFC 7386). Lists are whole there, so the lanes
// of models are in it only when `configuration` says what else they are.
Json to_json(const Advice& advice, const std::optional<Json>& configuration);

// What an earlier advice (as to_json() made it) expected, beside what came. invalid_value for what
// is no advice.
Result<std::string> report_what_came(const Json& earlier,
                                     const std::map<std::string, double>& came);

}  // namespace parlance::bench
