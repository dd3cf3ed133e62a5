#include "net/routes/langgraph_request.hpp"

#include "net/body.hpp"
#include "net/routes/langgraph_checkpoint.hpp"
#include "net/routes/langgraph_command.hpp"
#include "net/routes/turn_options.hpp"
#include "runtime/base/ids.hpp"

#include <cmath>
#include <utility>

namespace parlance::net {
namespace {

Multitask read_multitask(BodyReader& reader) {
  const auto word = reader.text("multitask_strategy", "enqueue");
  if (word == "reject") return Multitask::reject;
  if (word == "interrupt") return Multitask::interrupt;
  if (word == "rollback") return Multitask::rollback;
  if (word != "enqueue")
    reader.refuse("multitask_strategy", "must be enqueue, reject, interrupt or rollback");
  return Multitask::enqueue;
}

// The steps that the turn may take; in config.configurable, the model and what it is asked with.
void read_config(BodyReader& reader, RunCreate& run) {
  Json config = reader.object("config");
  if (config.empty()) return;
  constexpr std::uint64_t whole_number_most = (1ULL << 53U) - 1;  // of JavaScript
  BodyReader limits(config, reader.path_of("config."));
  if (const auto steps = limits.count("recursion_limit", 1, whole_number_most))
    run.options["steps_max"] = *steps;
  if (limits.fault && !reader.fault) reader.fault = limits.fault;
  if (const auto found = config.find("configurable"); found != config.end() && !found->is_null()) {
    if (!found->is_object()) {
      reader.refuse("config.configurable", "must be an object");
    } else {
      BodyReader configurable(*found, reader.path_of("config.configurable."));
      run.model_override = configurable.text("model");
      read_model_options(configurable, run.options);
      if (configurable.fault && !reader.fault) reader.fault = configurable.fault;
    }
  }
  run.options["config"] = std::move(config);
}

void read_start_delay(BodyReader& reader, std::chrono::milliseconds delay_max, RunCreate& run) {
  const double seconds_max = static_cast<double>(delay_max.count()) / 1'000;
  const auto seconds = reader.number("after_seconds", 0, seconds_max);
  if (!seconds) return;
  if (*seconds == 0) return reader.refuse("after_seconds", "must be more than 0");
  run.start_delay = std::chrono::milliseconds(std::llround(std::ceil(*seconds * 1'000)));
}

}  // namespace

Result<StreamModes> read_stream_modes(const Json& value) {
  StreamModes modes;
  const auto add = [&](const Json& word) {
    return word.is_string() && modes.add(word.get_ref<const std::string&>());
  };
  bool known = true;
  if (value.is_array()) {
    for (const auto& word : value)
      known = known && add(word);
  } else {
    known = add(value);
  }
  if (known) return modes;
  return Error{ErrorCode::invalid_value,
               "must be of values, updates, messages-tuple, messages, custom, tasks, checkpoints, "
               "debug, events, tools",
               "stream_mode",
               {}};
}

std::string agent_of_assistant(const Agents& agents, std::string_view assistant_id) {
  if (agents.contains(assistant_id)) return std::string(assistant_id);
  const auto id = parse_identifier(assistant_id);
  if (!id || !is_uuid(*id)) return {};
  for (const auto& [name, agent] : agents) {
    if (named_uuid(name) == *id) return name;
  }
  return {};
}

Error assistant_not_found(std::string_view assistant_id) {
  return {ErrorCode::agent_not_found,
          "No assistant found for \"" + std::string(assistant_id.substr(0, 128)) +
              "\". Make sure the assistant ID is for a valid assistant or a valid graph ID.",
          {},
          {}};
}

Result<RunCreate> read_run_create(Json& body,
                                  const ThreadId& thread,
                                  const Agents& agents,
                                  const WebhookRules& webhooks,
                                  std::chrono::milliseconds start_delay_max) {
  RunCreate run;
  BodyReader reader(body, "");
  const auto assistant = reader.text("assistant_id");
  if (!reader.fault && assistant.empty())
    reader.refuse("assistant_id", "is missing: the name of an agent");
  run.checkpoint_id = read_start(reader, thread);
  run.multitask = read_multitask(reader);
  const auto if_not_exists = reader.text("if_not_exists", "reject");
  if (if_not_exists == "create") {
    run.if_missing = IfMissing::create;
  } else if (if_not_exists != "reject") {
    reader.refuse("if_not_exists", "must be create or reject");
  }
  const auto on_completion = reader.text("on_completion", "delete");
  run.keep_thread = on_completion == "keep";
  if (!run.keep_thread && on_completion != "delete")
    reader.refuse("on_completion", "must be delete or keep");
  run.cancel_when_left = read_on_disconnect(reader);
  read_config(reader, run);
  if (Json metadata = reader.object("metadata"); !metadata.empty())
    run.options["metadata"] = std::move(metadata);
  if (Json context = reader.object("context"); !context.empty())
    run.options["context"] = std::move(context);
  if (run.multitask != Multitask::enqueue)
    run.options["multitask_strategy"] = reader.text("multitask_strategy");
  if (Json* const modes = reader.find("stream_mode")) {
    const auto read = read_stream_modes(*modes);
    if (!read) return read.error();
    run.modes = *read;
    run.options["stream_mode"] = std::move(*modes);
  }
  read_start_delay(reader, start_delay_max, run);
  if (auto url = reader.text("webhook"); !url.empty()) {
    const auto target = webhooks.check(url);
    if (!target && !reader.fault) reader.fault = target.error();
    run.options["webhook"] = std::move(url);
  }
  Json* const input = reader.find("input");
  Json* messages = nullptr;
  Json command = reader.object("command");
  const bool goes_on = input == nullptr && (body.contains("input") || !command.empty());
  if (goes_on) {
    // There is no input to read.
  } else if (input != nullptr && !command.empty()) {
    reader.refuse("command", "stands in place of an input");
  } else if (input == nullptr || !input->is_object()) {
    reader.refuse("input", "must be an object with messages");
  } else if (const auto found = input->find("messages");
             found != input->end() && !found->is_null()) {
    messages = &*found;
  } else {
    reader.refuse("input.messages", "must hold at least one message");
  }
  if (reader.fault) return *reader.fault;

  run.agent = agent_of_assistant(agents, assistant);
  if (run.agent.empty()) return assistant_not_found(assistant);
  const auto fits = check_agent(agents, run.agent, run.model_override, "config.configurable.model");
  if (!fits) return fits.error();
  const auto& agent = *agents.find(run.agent)->second;
  if (auto taken = read_interrupts(body, agent, run.options); !taken) return taken.error();
  if (goes_on) {
    auto read = read_command(command, agent);
    if (!read) return read.error();
    run.command = std::move(read->command);
    run.input = std::move(read->messages);
  } else {
    auto read = read_messages(*messages, "input.messages");
    if (!read) return read.error();
    run.input = std::move(*read);
  }
  const auto taken = check_wishes(agent,
                                  run.options,
                                  "config.configurable.",
                                  run.input,
                                  goes_on ? "command.update.messages" : "input.messages");
  if (!taken) return taken.error();
  return run;
}

}  // namespace parlance::net
