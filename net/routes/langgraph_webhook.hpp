// What a webhook says when its run has ended, as the LangGraph server says it: the run, and beside
// its fields run_started_at, run_ended_at, webhook_sent_at, values, and error when it failed.
//
// Threading: pure.
#pragma once

#include "runtime/graph/agent.hpp"
#include "runtime/ports/webhooks.hpp"

#include <cstddef>
#include <string>

namespace parlance::net {

// `values` is null for a run that never began, and where the body would be larger than
// body_bytes_max: then values_omitted is true, and the thread's state has them. Fields that nodes
// keep for themselves are left out: `agents` knows them. webhook_sent_at is when the delivery was
// taken up: the body is the same at every attempt, the attempt's own time is in its headers.
std::string webhook_body(const EndedRun& ended, const Agents& agents, std::size_t body_bytes_max);

}  // namespace parlance::net
