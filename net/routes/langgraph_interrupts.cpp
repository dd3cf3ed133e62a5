#include "net/routes/langgraph_interrupts.hpp"

#include "net/json_text.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/journal/state_update.hpp"

#include <algorithm>

namespace parlance::net {
namespace {

// A turn that went on and ended before its first step has none of its own.
bool has_checkpoint(const RunView& run) {
  if (!run.begun || !run.ended) return false;
  if (!run.accepted || !run.accepted->command || !run.ended->step_seqs.empty()) return true;
  const Command& command = *run.accepted->command;
  return is_state_update(*run.accepted) || run.accepted->fork || !run.accepted->input.empty() ||
         !command.node.empty() || !command.update.empty();
}

}  // namespace

std::string task_id(const RunId& run, std::size_t steps_done, std::string_view node) {
  return named_uuid(run.value + ":task:" + std::to_string(steps_done) + ":" + std::string(node));
}

const RunView* run_stood_at(const ThreadView& thread) {
  if (thread.busy) return nullptr;
  for (auto run = thread.runs.rbegin(); run != thread.runs.rend(); ++run) {
    if (run->begun && run->ended) return run->ended->next.empty() ? nullptr : &*run;
  }
  return nullptr;
}

void append_interrupts(std::string& out, const TurnEnded& ended) {
  out.push_back('[');
  if (ended.interrupt) {
    out.append(R"({"id":)");
    append_quoted(out, ended.interrupt->id);
    out.append(R"(,"value":)");
    append_json(out, ended.interrupt->value);
    out.push_back('}');
  }
  out.push_back(']');
}

void append_paused_values(std::string& out,
                          const Messages& messages,
                          const Json& fields,
                          const TurnEnded& ended) {
  append_values(out, messages, fields);
  if (!ended.interrupt) return;
  out.back() = ',';
  out.append(R"("__interrupt__":)");
  append_interrupts(out, ended);
  out.push_back('}');
}

void append_thread_interrupts(std::string& out, const ThreadView& thread) {
  const RunView* const run = run_stood_at(thread);
  out.push_back('{');
  if (run != nullptr && run->ended->interrupt) {
    const auto of_task = std::find_if(thread.runs.rbegin(), thread.runs.rend(), has_checkpoint);
    const RunView& stood = of_task == thread.runs.rend() ? *run : *of_task;
    append_quoted(out, task_id(stood.run, stood.ended->step_seqs.size(), run->ended->next));
    out.push_back(':');
    append_interrupts(out, *run->ended);
  }
  out.push_back('}');
}

}  // namespace parlance::net
