// The settings in force, as metrics: whoever reads what a server does finds what bounds it beside
// it.
//
// Threading: before threads run.
#pragma once

#include "runtime/metrics/registry.hpp"

#include "settings/settings.hpp"

namespace parlance {

// Those of the table that are numbers, by name: counts, durations in seconds, sizes in bytes.
void show_settings(Registry& registry, const Settings& settings);

}  // namespace parlance
