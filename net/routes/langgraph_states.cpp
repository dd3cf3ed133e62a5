#include "net/routes/langgraph_states.hpp"

#include "net/json_text.hpp"
#include "net/response.hpp"
#include "net/routes/langgraph_interrupts.hpp"
#include "net/turn_answer.hpp"
#include "net/turn_view.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"

#include <string_view>

namespace parlance::net {
namespace {

std::string_view to_string(CheckpointSource source) {
  switch (source) {
    case CheckpointSource::input:
      return "input";
    case CheckpointSource::loop:
      return "loop";
    case CheckpointSource::update:
      return "update";
    case CheckpointSource::fork:
      return "fork";
  }
  return "loop";
}

// What runs next: the node, or the merging of the input.
std::string_view next_of(const CheckpointView& checkpoint) {
  return checkpoint.source == CheckpointSource::input ? std::string_view("__start__")
                                                      : std::string_view(checkpoint.next);
}

void append_result(std::string& out, const CheckpointView& checkpoint, const Agents& agents) {
  if (checkpoint.source == CheckpointSource::input) {
    append_values(out, checkpoint.turn->input, Json::object());
  } else if (!checkpoint.next_done) {
    out.append("null");
  } else {
    const StepDone& step = *checkpoint.next_done;
    const Json update = shown_fields(agents, checkpoint.turn->agent, step.update);
    if (step.messages.empty()) {
      append_json(out, update);
    } else {
      append_values(out, step.messages, update);
    }
  }
}

void append_task(std::string& out, const CheckpointView& checkpoint, const Agents& agents) {
  const auto node = next_of(checkpoint);
  out.push_back('{');
  append_field(out, "id", task_id(checkpoint.turn->run, checkpoint.steps_done, node));
  out.push_back(',');
  append_field(out, "name", node);
  out.append(R"(,"path":["__pregel_pull",)");
  append_quoted(out, node);
  out.append(R"(],"error":)");
  const TurnEnded* const ended = checkpoint.next_ended.get();
  if (ended != nullptr && !succeeded(ended->outcome)) {
    append_quoted(out, sentence_of(error_of(*checkpoint.next_ended)));
  } else {
    out.append("null");
  }
  out.append(R"(,"interrupts":)");
  if (ended == nullptr) {
    out.append("[]");
  } else {
    append_interrupts(out, *ended);
  }
  out.append(R"(,"checkpoint":null,"state":null,"result":)");
  append_result(out, checkpoint, agents);
  out.push_back('}');
}

}  // namespace

void append_checkpoint(std::string& out, const ThreadKey& thread, std::string_view id) {
  if (id.empty()) {
    out.append("null");
    return;
  }
  out.push_back('{');
  append_field(out, "thread_id", thread.thread.value);
  out.append(R"(,"checkpoint_ns":"",)");
  append_field(out, "checkpoint_id", id);
  out.append(R"(,"checkpoint_map":null})");
}

Json metadata_of(const ThreadKey& thread, const CheckpointView& checkpoint) {
  const auto& options = checkpoint.turn->options;
  Json metadata = Json::object();
  if (options.is_object() && options.contains("metadata") && options["metadata"].is_object())
    metadata = options["metadata"];
  metadata["source"] = to_string(checkpoint.source);
  metadata["step"] = checkpoint.step;
  metadata["parents"] = Json::object();
  metadata["thread_id"] = thread.thread.value;
  metadata["graph_id"] = checkpoint.turn->agent;
  if (checkpoint.source != CheckpointSource::update)
    metadata["run_id"] = checkpoint.turn->run.value;
  return metadata;
}

void append_state(std::string& out,
                  const ThreadKey& thread,
                  const CheckpointView& checkpoint,
                  const Agents& agents) {
  out.append(R"({"values":)");
  append_values(
      out, checkpoint.messages, shown_fields(agents, checkpoint.turn->agent, checkpoint.fields));
  out.append(R"(,"next":[)");
  const bool ended = next_of(checkpoint).empty();
  if (!ended) append_quoted(out, next_of(checkpoint));
  out.append(R"(],"tasks":[)");
  if (!ended) append_task(out, checkpoint, agents);
  out.append(R"(],"metadata":)");
  append_json(out, metadata_of(thread, checkpoint));
  out.push_back(',');
  append_field(out, "created_at", iso_time(checkpoint.created_ms));
  out.append(R"(,"checkpoint":)");
  append_checkpoint(out, thread, checkpoint.id);
  out.append(R"(,"parent_checkpoint":)");
  append_checkpoint(out, thread, checkpoint.parent_id);
  out.push_back('}');
}

void append_empty_state(std::string& out) {
  out.append(
      R"({"values":{},"next":[],"tasks":[],"metadata":{},"created_at":null,"checkpoint":null,"parent_checkpoint":null})");
}

}  // namespace parlance::net
