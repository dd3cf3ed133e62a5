// Threads that stand in mid-graph, as the LangGraph family shows them: the node that is next, its
// task, and the question that it asks.
//
// Threading: pure.
#pragma once

#include "runtime/journal/event.hpp"
#include "runtime/ports/conversations.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::net {

// The end that the thread stands at; null where it has none, or a turn runs.
const RunView* run_stood_at(const ThreadView& thread);

// [{"id","value"}], empty without a question.
void append_interrupts(std::string& out, const TurnEnded& ended);

// The values of a turn that paused: {"messages":…, the fields, "__interrupt__":[…]}. Without a
// question, the values alone.
void append_paused_values(std::string& out,
                          const Messages& messages,
                          const Json& fields,
                          const TurnEnded& ended);

// {"<task id>":[{"id","value"}]}, empty without a question: a thread's `interrupts`.
void append_thread_interrupts(std::string& out, const ThreadView& thread);

// The same on every read: a task is a node that the thread stands in front of when so many steps of
// a run are done.
std::string task_id(const RunId& run, std::size_t steps_done, std::string_view node);

}  // namespace parlance::net
