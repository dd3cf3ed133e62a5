// A thread's states as the LangGraph family shows them: one for each checkpoint.
//
// Threading: pure.
#pragma once

#include "runtime/graph/agent.hpp"
#include "runtime/ports/conversations.hpp"

#include <string>
#include <string_view>

namespace parlance::net {

// {"thread_id","checkpoint_ns","checkpoint_id","checkpoint_map"}; null for an empty id.
void append_checkpoint(std::string& out, const ThreadKey& thread, std::string_view id);

// {"source","step","parents","thread_id","graph_id","run_id"}, and the run's own metadata.
Json metadata_of(const ThreadKey& thread, const CheckpointView& checkpoint);

// Fields that nodes keep for themselves are left out: `agents` knows them.
void append_state(std::string& out,
                  const ThreadKey& thread,
                  const CheckpointView& checkpoint,
                  const Agents& agents);

// That of a thread without turns.
void append_empty_state(std::string& out);

}  // namespace parlance::net
