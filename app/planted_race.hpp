// Two actors that write one number: what ThreadSanitizer has to find, so that its silence means
// something. The failpoint test.planted_race asks for them.
#pragma once

#include <caf/actor_system.hpp>

namespace parlance {

void plant_race(caf::actor_system& system);

}  // namespace parlance
