// Assistants, threads and runs as the LangGraph family shows them.
//
// Threading: pure.
#pragma once

#include "runtime/graph/agent.hpp"
#include "runtime/ports/conversations.hpp"

#include <cstdint>
#include <string>

namespace parlance::net {

// What every agent has.
const Json& assistant_metadata();

void append_assistant(std::string& out, const Agent& agent, std::int64_t created_ms);
// Fields that nodes keep for themselves are left out: `agents` knows them.
void append_thread(std::string& out, const ThreadView& thread, const Agents& agents);
// Whether clients see it among the thread's runs.
bool is_run(const RunView& run);
void append_run(std::string& out, const ThreadKey& thread, const RunView& run);

}  // namespace parlance::net
