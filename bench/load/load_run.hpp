// Carries a LoadPlan out.
//
// Closed loop: each client has a connection, and begins a turn when its last one is over. Open
// loop: turns have a time at which they are meant to begin; the next free client takes the next
// one, and how long it took counts from that time. Burst: connections are opened and threads
// created first; then every turn is sent at one moment.
//
// Threading: runs an io_context of its own on the calling thread, until all turns are over.
// Bounds: `clients` (or `burst`) connections, one turn on each at a time.
#pragma once

#include "bench/load/figures.hpp"
#include "bench/load/plan.hpp"
#include "runtime/base/result.hpp"

namespace parlance::bench {

// An error when the host is unknown or nothing listens there: then nothing was sent.
Result<Figures> run_load(const LoadPlan& plan);

}  // namespace parlance::bench
