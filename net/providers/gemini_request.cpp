#include "net/providers/gemini_request.hpp"

#include "net/providers/client_options.hpp"
#include "net/providers/wire_messages.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace parlance::net {
namespace {

// What a tool said is an object: its own, or one around its text.
Json answer_object(const std::string& text) {
  Json answer = arguments_object(text);
  if (answer.empty()) answer["output"] = text;
  return answer;
}

Json parts_of(const WireMessage& message) {
  Json parts = Json::array();
  if (message.role == Role::tool) {
    parts.push_back(
        {{"functionResponse",
          {{"name", message.answered.name}, {"response", answer_object(message.text)}}}});
    return parts;
  }
  const std::string& text = message.text.empty() ? message.refusal : message.text;
  if (!text.empty()) parts.push_back({{"text", text}});
  for (const auto& call : message.calls) {
    parts.push_back(
        {{"functionCall", {{"name", call.name}, {"args", arguments_object(call.arguments)}}}});
    if (!call.signature.empty()) parts.back()["thoughtSignature"] = call.signature;
  }
  return parts;
}

void add_messages(const Messages& messages, Json& body) {
  Json& contents = body["contents"] = Json::array();
  Json system = Json::array();
  for (const auto& message : wire_messages(messages)) {
    Json parts = parts_of(message);
    if (parts.empty()) continue;
    if (message.role == Role::system) {
      system.push_back(std::move(parts.front()));
      continue;
    }
    const char* const role = message.role == Role::ai ? "model" : "user";
    if (contents.empty() || contents.back()["role"] != role) {
      contents.push_back({{"role", role}, {"parts", Json::array()}});
    }
    for (auto& part : parts)
      contents.back()["parts"].push_back(std::move(part));
  }
  if (!system.empty()) body["systemInstruction"] = {{"parts", std::move(system)}};
}

void add_tools(const ClientOptions& options, Json& body) {
  if (options.tools.empty()) return;
  Json declarations = Json::array();
  for (const auto& tool : options.tools) {
    Json declared = {{"name", tool.name}, {"description", tool.description}};
    if (tool.parameters.is_object() && !tool.parameters.empty()) {
      declared["parametersJsonSchema"] = tool.parameters;
    }
    declarations.push_back(std::move(declared));
  }
  body["tools"] = Json::array({{{"functionDeclarations", std::move(declarations)}}});
  if (!options.tool_choice) return;
  const ToolChoice choice = *options.tool_choice;
  Json& calling = body["toolConfig"]["functionCallingConfig"];
  calling["mode"] = choice == ToolChoice::automatic ? "AUTO"
                    : choice == ToolChoice::none    ? "NONE"
                                                    : "ANY";
  if (choice == ToolChoice::named) {
    calling["allowedFunctionNames"] = Json::array({options.tool_named});
  }
}

Json generation_config(const ChatRequest& request, const ClientOptions& options) {
  static const std::map<std::string, std::string, std::less<>> names{
      {"top_p", "topP"},
      {"seed", "seed"},
      {"presence_penalty", "presencePenalty"},
      {"frequency_penalty", "frequencyPenalty"}};
  Json config = {{"maxOutputTokens", request.tokens_out_max}};
  if (request.temperature) config["temperature"] = *request.temperature;
  for (const auto& [name, value] : options.sampling.items())
    config[names.at(name)] = value;
  if (!options.stop.empty()) config["stopSequences"] = options.stop;
  if (options.wants_json) config["responseMimeType"] = "application/json";
  if (options.schema.is_object()) config["responseJsonSchema"] = options.schema;
  return config;
}

}  // namespace

Result<Json> gemini_body(const ChatRequest& request) {
  const auto options = read_client_options(request.client_options);
  if (!options) return options.error();
  if (!options->calls_at_once) return no_place_for("parallel_tool_calls");
  Json body = {{"generationConfig", generation_config(request, *options)}};
  add_messages(request.messages, body);
  add_tools(*options, body);
  return body;
}

}  // namespace parlance::net
