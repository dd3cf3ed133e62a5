#include "net/routes/langgraph_objects.hpp"

#include "net/json_text.hpp"
#include "net/routes/langgraph_command.hpp"
#include "net/routes/langgraph_interrupts.hpp"
#include "net/turn_view.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/journal/state_update.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace parlance::net {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view text) {
  append_quoted(out, name);
  out.push_back(':');
  append_quoted(out, text);
}

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

struct StateAt {
  Messages messages;
  Json fields = Json::object();
};

StateAt state_at(const ThreadView& thread, const Checkpoint& checkpoint, const Agents& agents) {
  StateAt state;
  const RunView& run = thread.runs[checkpoint.run];
  const auto count = std::min(checkpoint.is_input ? run.messages_before : run.messages_after,
                              thread.messages.size());
  state.messages.assign(thread.messages.begin(),
                        thread.messages.begin() + static_cast<std::ptrdiff_t>(count));
  if (checkpoint.is_input) {
    if (run.accepted) merge_messages(state.messages, run.accepted->input);
    for (auto before = checkpoint.run; before-- > 0;) {
      if (!thread.runs[before].begun || !thread.runs[before].ended) continue;
      state.fields =
          shown_fields(agents, thread.runs[before].agent, thread.runs[before].ended->fields);
      break;
    }
  } else if (run.ended) {
    state.fields = shown_fields(agents, run.agent, run.ended->fields);
  }
  return state;
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

std::uint64_t checkpoint_place(const RunView& ended) {
  return 2 * ended.ended_seq;
}

std::vector<Checkpoint> checkpoints_of(const ThreadView& thread) {
  std::vector<Checkpoint> checkpoints;
  checkpoints.reserve(thread.runs.size() * 2);
  std::uint64_t last_ended_seq = 0;
  for (std::size_t i = 0; i < thread.runs.size(); ++i) {
    const RunView& run = thread.runs[i];
    if (!run.begun) continue;
    // A turn that waited begins behind the end of the one before it, though accepted earlier.
    if (is_run(run))
      checkpoints.push_back({2 * std::max(run.accepted_seq, last_ended_seq) + 1, i, true});
    if (run.ended_seq == 0) continue;
    checkpoints.push_back({checkpoint_place(run), i, false});
    last_ended_seq = run.ended_seq;
  }
  return checkpoints;
}

// RFC 9562, 5.6: a count of 100 ns since 1582, most significant part first.
std::string checkpoint_id(const ThreadView& thread, std::uint64_t place) {
  constexpr std::uint64_t from_1582_to_1970 = 0x01B21DD213814000;
  const std::uint64_t ticks =
      from_1582_to_1970 + static_cast<std::uint64_t>(thread.created_ms) * 10'000 + place;
  const std::uint64_t thread_part = thread.incarnation * 0x9E3779B97F4A7C15U;
  std::array<char, 37> text{};
  std::snprintf(text.data(),
                text.size(),
                "%08x-%04x-6%03x-%04x-%012llx",
                static_cast<unsigned>((ticks >> 28U) & 0xFFFFFFFFU),
                static_cast<unsigned>((ticks >> 12U) & 0xFFFFU),
                static_cast<unsigned>(ticks & 0xFFFU),
                static_cast<unsigned>(0x8000U | ((thread_part >> 48U) & 0x3FFFU)),
                static_cast<unsigned long long>(thread_part & 0xFFFFFFFFFFFFU));
  return text.data();
}

void append_checkpoint(std::string& out, const ThreadView& thread, std::uint64_t place) {
  out.push_back('{');
  append_field(out, "thread_id", thread.thread.thread.value);
  out.append(R"(,"checkpoint_ns":"",)");
  append_field(out, "checkpoint_id", checkpoint_id(thread, place));
  out.append(R"(,"checkpoint_map":null})");
}

void append_state(std::string& out,
                  const ThreadView& thread,
                  const std::vector<Checkpoint>& checkpoints,
                  std::size_t at,
                  const Agents& agents) {
  const Checkpoint& checkpoint = checkpoints[at];
  const RunView& run = thread.runs[checkpoint.run];
  const bool newest = at + 1 == checkpoints.size();
  out.append(R"({"values":)");
  if (newest && !checkpoint.is_input) {
    append_values(out, thread.messages, shown_fields(agents, run.agent, thread.fields));
  } else {
    const auto state = state_at(thread, checkpoint, agents);
    append_values(out, state.messages, state.fields);
  }
  out.push_back(',');
  if (!checkpoint.is_input) {
    append_next(out, run);
  } else {
    out.append(R"("next":)").append(run.ended_seq == 0 ? R"(["__start__"])" : "[]");
    out.append(R"(,"tasks":[])");
  }
  out.append(R"(,"metadata":{"source":")")
      .append(checkpoint.is_input ? "input"
              : is_run(run)       ? "loop"
                                  : "update");
  out.append(R"(","step":)")
      .append(std::to_string(static_cast<std::int64_t>(at) - 1))
      .append(R"(,"parents":{},)");
  append_field(out, "thread_id", thread.thread.thread.value);
  out.push_back(',');
  append_field(out, "graph_id", run.agent);
  if (is_run(run)) {
    out.push_back(',');
    append_field(out, "run_id", run.run.value);
  }
  out.append("},");
  append_field(out, "created_at", iso_time(checkpoint.is_input ? run.created_ms : run.updated_ms));
  out.append(R"(,"checkpoint":)");
  append_checkpoint(out, thread, checkpoint.place);
  out.append(R"(,"parent_checkpoint":)");
  if (at == 0) {
    out.append("null");
  } else {
    append_checkpoint(out, thread, checkpoints[at - 1].place);
  }
  out.push_back('}');
}

void append_newest_state(std::string& out, const ThreadView& thread, const Agents& agents) {
  const auto checkpoints = checkpoints_of(thread);
  if (checkpoints.empty()) {
    out.append(
        R"({"values":{},"next":[],"tasks":[],"metadata":{},"created_at":null,"checkpoint":null,"parent_checkpoint":null})");
    return;
  }
  append_state(out, thread, checkpoints, checkpoints.size() - 1, agents);
}

}  // namespace parlance::net
