// A load report from nothing: a server, a mock provider and people who talk to it, for some
// seconds, with a rush in the middle of it.
//
// Threading: one caller at a time.
#pragma once

#include "bench/load/plan.hpp"
#include "bench/stand/stand.hpp"

#include <string>

namespace parlance::bench {

StandOptions demo_stand();

// Of the server at `url`.
LoadPlan demo_plan(const std::string& url);

}  // namespace parlance::bench
