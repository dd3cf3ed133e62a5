#include "net/providers/anthropic_request.hpp"

#include "net/providers/client_options.hpp"
#include "net/providers/wire_messages.hpp"

#include <string>
#include <utility>

namespace parlance::net {
namespace {

Json text_block(const std::string& text) {
  return {{"type", "text"}, {"text", text}};
}

// Blocks of text are never empty.
Json blocks_of(const WireMessage& message) {
  Json blocks = Json::array();
  if (message.role == Role::tool) {
    blocks.push_back(
        {{"type", "tool_result"}, {"tool_use_id", message.answered.id}, {"content", message.text}});
    return blocks;
  }
  const std::string& text = message.text.empty() ? message.refusal : message.text;
  if (!text.empty()) blocks.push_back(text_block(text));
  for (const auto& call : message.calls) {
    blocks.push_back({{"type", "tool_use"},
                      {"id", call.id},
                      {"name", call.name},
                      {"input", arguments_object(call.arguments)}});
  }
  return blocks;
}

void add_messages(const Messages& messages, Json& body) {
  Json system = Json::array();
  Json& list = body["messages"] = Json::array();
  for (const auto& message : wire_messages(messages)) {
    Json blocks = blocks_of(message);
    if (blocks.empty()) continue;
    if (message.role == Role::system) {
      system.push_back(std::move(blocks.front()));
      continue;
    }
    const char* const role = message.role == Role::ai ? "assistant" : "user";
    if (list.empty() || list.back()["role"] != role) {
      list.push_back({{"role", role}, {"content", Json::array()}});
    }
    for (auto& block : blocks)
      list.back()["content"].push_back(std::move(block));
  }
  if (!system.empty()) body["system"] = std::move(system);
}

// What is the same from call to call stands first (tools, then system) and is marked for the
// provider to keep. What is only in this call is not: to keep it costs more than to read it.
void mark_stable_part(const ChatRequest& request, Json& body) {
  const Json kept = {{"type", "ephemeral"}};
  Json* last = body.contains("tools") ? &body["tools"].back() : nullptr;
  if (body.contains("system")) {
    Json& system = body["system"];
    if (request.passages.empty()) {
      last = &system.back();
    } else if (request.prompt_bytes > 0) {
      const auto text = system.front()["text"].get<std::string>();
      system.front() = text_block(text.substr(request.prompt_bytes));
      system.insert(system.begin(), text_block(text.substr(0, request.prompt_bytes)));
      last = &system.front();
    }
  }
  if (last != nullptr) (*last)["cache_control"] = kept;
}

const char* name_of(ToolChoice choice) {
  switch (choice) {
    case ToolChoice::none:
      return "none";
    case ToolChoice::required:
      return "any";
    case ToolChoice::named:
      return "tool";
    case ToolChoice::automatic:
      break;
  }
  return "auto";
}

void add_tools(const ClientOptions& options, Json& body) {
  if (options.tools.empty()) return;
  for (const auto& tool : options.tools) {
    Json schema = tool.parameters;
    if (!schema.is_object() || schema.empty()) schema = {{"type", "object"}};
    Json offered = {{"name", tool.name}, {"input_schema", std::move(schema)}};
    if (!tool.description.empty()) offered["description"] = tool.description;
    body["tools"].push_back(std::move(offered));
  }
  const ToolChoice choice = options.tool_choice.value_or(ToolChoice::automatic);
  Json& told = body["tool_choice"] = {{"type", name_of(choice)}};
  if (choice == ToolChoice::named) told["name"] = options.tool_named;
  if (choice != ToolChoice::none && !options.calls_at_once) {
    told["disable_parallel_tool_use"] = true;
  }
}

Result<void> add_sampling(const ClientOptions& options, Json& body) {
  for (const auto& [name, value] : options.sampling.items()) {
    if (name == "seed") continue;  // it promises nothing anywhere
    if (name != "top_p") return no_place_for(name);
    body[name] = value;
  }
  return {};
}

}  // namespace

Result<Json> anthropic_body(std::string_view model, const ChatRequest& request) {
  const auto options = read_client_options(request.client_options);
  if (!options) return options.error();
  if (options->wants_json && !options->schema.is_object()) return no_place_for("response_format");
  Json body = {{"model", model}, {"max_tokens", request.tokens_out_max}, {"stream", true}};
  if (request.temperature) body["temperature"] = *request.temperature;
  if (auto added = add_sampling(*options, body); !added) return added.error();
  add_messages(request.messages, body);
  add_tools(*options, body);
  mark_stable_part(request, body);
  if (!options->stop.empty()) body["stop_sequences"] = options->stop;
  if (!options->user.empty()) body["metadata"] = {{"user_id", options->user}};
  if (options->wants_json) {
    body["output_config"] = {{"format", {{"type", "json_schema"}, {"schema", options->schema}}}};
  }
  return body;
}

}  // namespace parlance::net
