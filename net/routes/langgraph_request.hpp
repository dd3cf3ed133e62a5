// A run as it is asked for in the LangGraph family.
//
// In place of an input, a command or nothing (null) goes on where the thread stands
// (langgraph_command.hpp), or at the checkpoint that is named (langgraph_checkpoint.hpp).
//
// Keys that are unknown are left alone, as clients send what newer servers know.
//
// Threading: pure.
#pragma once

#include "net/routes/langgraph_events.hpp"
#include "net/webhooks/webhook_rules.hpp"
#include "runtime/base/result.hpp"
#include "runtime/graph/agent.hpp"
#include "runtime/ports/conversations.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::net {

struct RunCreate {
  std::string agent;
  std::string model_override;
  Messages input;
  std::optional<Command> command;
  std::string checkpoint_id;  // that it begins from; empty: the newest one
  Multitask multitask = Multitask::enqueue;
  IfMissing if_missing = IfMissing::reject;
  bool keep_thread = false;  // of a stateless run
  std::optional<bool> cancel_when_left;
  std::chrono::milliseconds start_delay{0};
  StreamModes modes = StreamModes::defaults();
  Json options = Json::object();  // the URL of its webhook among them, checked
};

// `body` is a JSON object, and is taken apart; `thread` is where it was sent to. Errors:
// invalid_value, agent_not_found, model_not_found, unsupported, webhooks_off.
Result<RunCreate> read_run_create(Json& body,
                                  const ThreadId& thread,
                                  const Agents& agents,
                                  const WebhookRules& webhooks,
                                  std::chrono::milliseconds start_delay_max);

// A word or an array of words. invalid_value, naming stream_mode.
Result<StreamModes> read_stream_modes(const Json& value);

// The agent that an assistant id names: its name, or named_uuid(name). Empty: none.
std::string agent_of_assistant(const Agents& agents, std::string_view assistant_id);

Error assistant_not_found(std::string_view assistant_id);

}  // namespace parlance::net
