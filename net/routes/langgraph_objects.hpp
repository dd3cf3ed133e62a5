// Assistants, threads, runs and states as the LangGraph family shows them.
//
// Each turn that has begun has two checkpoints: one with its input, and one with its outcome. A
// client's change of the state has the second one alone, and is no run.
//
// Threading: pure.
#pragma once

#include "runtime/graph/agent.hpp"
#include "runtime/ports/conversations.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {

// What every agent has.
const Json& assistant_metadata();

void append_assistant(std::string& out, const Agent& agent, std::int64_t created_ms);
// Fields that nodes keep for themselves are left out: `agents` knows them.
void append_thread(std::string& out, const ThreadView& thread, const Agents& agents);
// Whether clients see it among the thread's runs.
bool is_run(const RunView& run);
void append_run(std::string& out, const ThreadKey& thread, const RunView& run);

struct Checkpoint {
  std::uint64_t place = 0;  // rises from one checkpoint of the thread to the next
  std::size_t run = 0;      // its place in ThreadView::runs
  bool is_input = false;
};

// That of the run's end.
std::uint64_t checkpoint_place(const RunView& ended);

// Oldest first.
std::vector<Checkpoint> checkpoints_of(const ThreadView& thread);

// A UUID of version 6 that sorts by the thread's age and then by place: the same each time.
std::string checkpoint_id(const ThreadView& thread, std::uint64_t place);

// {"thread_id","checkpoint_ns","checkpoint_id","checkpoint_map"}
void append_checkpoint(std::string& out, const ThreadView& thread, std::uint64_t place);

// `at` is a place in `checkpoints`, all of the thread's.
void append_state(std::string& out,
                  const ThreadView& thread,
                  const std::vector<Checkpoint>& checkpoints,
                  std::size_t at,
                  const Agents& agents);

// The newest state; that of a thread without turns is empty.
void append_newest_state(std::string& out, const ThreadView& thread, const Agents& agents);

}  // namespace parlance::net
