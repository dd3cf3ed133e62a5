#include "net/routes/langgraph_objects.hpp"

#include "net/json_text.hpp"
#include "net/routes/langgraph_command.hpp"
#include "net/routes/langgraph_interrupts.hpp"
#include "net/turn_view.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/journal/state_update.hpp"

namespace parlance::net {
namespace {

const Json& option(const RunView& run, const char* name, const Json& otherwise) {
  if (!run.accepted || !run.accepted->options.is_object()) return otherwise;
  const auto found = run.accepted->options.find(name);
  return found == run.accepted->options.end() ? otherwise : *found;
}

std::string_view thread_status(const ThreadView& thread) {
  if (thread.busy) return "busy";
  for (auto run = thread.runs.rbegin(); run != thread.runs.rend(); ++run) {
    if (!run->begun || run->status == RunStatus::running) continue;
    if (run->status == RunStatus::error || run->status == RunStatus::timeout) return "error";
    const bool waits =
        run->ended && (run->ended->outcome == TurnOutcome::paused || run->ended->interrupt);
    return waits ? "interrupted" : "idle";
  }
  return "idle";
}

// Whose turn left the fields: a turn of another agent may have been accepted since.
const std::string& agent_of_fields(const ThreadView& thread) {
  for (auto run = thread.runs.rbegin(); run != thread.runs.rend(); ++run) {
    if (run->begun && run->ended_seq != 0) return run->agent;
  }
  return thread.agent;
}

}  // namespace

const Json& assistant_metadata() {
  static const Json metadata{{"created_by", "system"}};
  return metadata;
}

void append_assistant(std::string& out, const Agent& agent, std::int64_t created_ms) {
  const auto created = iso_time(created_ms);
  out.push_back('{');
  append_field(out, "assistant_id", named_uuid(agent.name()));
  out.append(R"(,"version":1,"config":{},"context":{},)");
  append_field(out, "created_at", created);
  out.push_back(',');
  append_field(out, "updated_at", created);
  out.push_back(',');
  append_field(out, "graph_id", agent.name());
  out.append(R"(,"metadata":)");
  append_json(out, assistant_metadata());
  out.push_back(',');
  append_field(out, "name", agent.name());
  out.append(R"(,"description":)");
  if (agent.description().empty()) {
    out.append("null");
  } else {
    append_quoted(out, agent.description());
  }
  out.push_back('}');
}

void append_thread(std::string& out, const ThreadView& thread, const Agents& agents) {
  out.push_back('{');
  append_field(out, "thread_id", thread.thread.thread.value);
  out.push_back(',');
  append_field(out, "created_at", iso_time(thread.created_ms));
  out.push_back(',');
  append_field(out, "updated_at", iso_time(thread.updated_ms));
  out.append(R"(,"metadata":)");
  Json metadata = thread.metadata.is_object() ? thread.metadata : Json::object();
  if (!thread.agent.empty()) {
    metadata["graph_id"] = thread.agent;
    metadata["assistant_id"] = named_uuid(thread.agent);
  }
  append_json(out, metadata);
  out.push_back(',');
  append_field(out, "status", thread_status(thread));
  out.append(R"(,"config":{},"interrupts":)");
  append_thread_interrupts(out, thread);
  out.append(R"(,"values":)");
  if (thread.runs.empty()) {
    out.append("{}");
  } else {
    append_values(
        out, thread.messages, shown_fields(agents, agent_of_fields(thread), thread.fields));
  }
  out.push_back('}');
}

bool is_run(const RunView& run) {
  return !run.accepted || !is_state_update(*run.accepted);
}

void append_run(std::string& out, const ThreadKey& thread, const RunView& run) {
  static const Json none = Json::object();
  static const Json values = Json::array({"values"});
  static const Json enqueue = "enqueue";
  out.push_back('{');
  append_field(out, "run_id", run.run.value);
  out.push_back(',');
  append_field(out, "thread_id", thread.thread.value);
  out.push_back(',');
  const auto assistant = named_uuid(run.agent);
  append_field(out, "assistant_id", assistant);
  out.append(R"(,"metadata":)");
  Json metadata = option(run, "metadata", none);
  metadata["created_by"] = "system";
  metadata["graph_id"] = run.agent;
  metadata["assistant_id"] = assistant;
  append_json(out, metadata);
  out.push_back(',');
  append_field(out, "status", to_string(run.status));
  out.append(R"(,"kwargs":{"input":)");
  if (run.accepted && run.accepted->command) {
    out.append(R"(null,"command":)");
    append_command(out, *run.accepted->command, run.accepted->input);
  } else {
    out.append(R"({"messages":)");
    append_messages(out, run.accepted ? run.accepted->input : Messages{});
    out.push_back('}');
  }
  for (const char* const name : {"interrupt_before", "interrupt_after"}) {
    const Json& nodes = option(run, name, none);
    if (nodes.empty()) continue;
    out.append(R"(,")").append(name).append(R"(":)");
    append_json(out, nodes);
  }
  out.append(R"(,"config":)");
  append_json(out, option(run, "config", none));
  out.append(R"(,"context":)");
  append_json(out, option(run, "context", none));
  out.append(R"(,"stream_mode":)");
  append_json(out, option(run, "stream_mode", values));
  out.append(R"(,"temporary":)").append(run.accepted && run.accepted->temporary ? "true" : "false");
  out.append(R"(,"subgraphs":false,"resumable":true},"multitask_strategy":)");
  append_json(out, option(run, "multitask_strategy", enqueue));
  out.push_back(',');
  append_field(out, "created_at", iso_time(run.created_ms));
  out.push_back(',');
  append_field(out, "updated_at", iso_time(run.updated_ms));
  out.push_back('}');
}

}  // namespace parlance::net
