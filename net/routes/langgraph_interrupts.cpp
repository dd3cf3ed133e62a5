#include "net/routes/langgraph_interrupts.hpp"

#include "net/json_text.hpp"
#include "runtime/base/ids.hpp"

namespace parlance::net {
namespace {

// The same on every read: a task is a node that stands after a run.
std::string task_id(const RunView& run) {
  return named_uuid(run.run.value + ":task:" + run.ended->next);
}

void append_task(std::string& out, const RunView& run) {
  const std::string& node = run.ended->next;
  out.append(R"({"id":)");
  append_quoted(out, task_id(run));
  out.append(R"(,"name":)");
  append_quoted(out, node);
  out.append(R"(,"path":["__pregel_pull",)");
  append_quoted(out, node);
  out.append(R"(],"error":)");
  if (succeeded(run.ended->outcome) || !run.ended->error) {
    out.append("null");
  } else {
    append_quoted(out, to_string(*run.ended->error));
  }
  out.append(R"(,"interrupts":)");
  append_interrupts(out, *run.ended);
  out.append(R"(,"checkpoint":null,"state":null,"result":null})");
}

}  // namespace

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
    append_quoted(out, task_id(*run));
    out.push_back(':');
    append_interrupts(out, *run->ended);
  }
  out.push_back('}');
}

void append_next(std::string& out, const RunView& run) {
  if (!run.ended || run.ended->next.empty()) {
    out.append(R"("next":[],"tasks":[])");
    return;
  }
  out.append(R"("next":[)");
  append_quoted(out, run.ended->next);
  out.append(R"(],"tasks":[)");
  append_task(out, run);
  out.push_back(']');
}

}  // namespace parlance::net
