// Carries a LoadPlan out.
//
// Closed loop: each client has a connection, and begins a turn when its last one is over. Open
// loop: turns or sessions have a time at which they are meant to begin; the next free client takes
// the next one, and how long it took counts from that time. A session keeps its client until it is
// over. Burst: connections are opened and threads created first; then every turn is sent at one
// moment.
//
// SIGINT and SIGTERM end it as its time would: what is under way is answered, and all is told.
//
// Threading: runs an io_context of its own on the calling thread, until all turns are over.
// Bounds: `clients` (or `burst`) connections, one turn on each at a time.
#pragma once

#include "bench/load/figures.hpp"
#include "bench/load/plan.hpp"
#include "runtime/base/result.hpp"

#include <functional>

namespace parlance::bench {

// Told every Timeline::period of what was measured so far. Must not block.
using OnProgress = std::function<void(const Figures&)>;

// An error when the host is unknown or nothing listens there: then nothing was sent.
Result<Figures> run_load(const LoadPlan& plan, const OnProgress& progress = {});

}  // namespace parlance::bench
