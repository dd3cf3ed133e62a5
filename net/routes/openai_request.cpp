#include "net/routes/openai_request.hpp"

#include "net/body.hpp"
#include "net/routes/turn_options.hpp"

namespace parlance::net {
namespace {

// What only this family's clients say, and the provider understands.
void read_further_options(BodyReader& reader, Json& options) {
  if (Json bias = reader.object("logit_bias"); !bias.empty())
    options["client_options"]["logit_bias"] = std::move(bias);
  if (Json prediction = reader.object("prediction"); !prediction.empty())
    options["client_options"]["prediction"] = std::move(prediction);
  for (const char* const name : {"reasoning_effort", "verbosity", "service_tier"}) {
    if (auto text = reader.text(name); !text.empty())
      options["client_options"][name] = std::move(text);
  }
}

// What the API has and this server does for no agent. Unsaid, false, none and empty ask nothing.
std::optional<Error> fault_of_unsupported(const Json& body) {
  for (const char* const name : {"logprobs",
                                 "top_logprobs",
                                 "functions",
                                 "function_call",
                                 "audio",
                                 "modalities",
                                 "web_search_options",
                                 "store"}) {
    const auto found = body.find(name);
    if (found == body.end()) continue;
    const Json& value = *found;
    const bool asks_nothing = value.is_null() || value == false || value == 0 || value == "none" ||
                              value == "auto" || value == Json::array({"text"}) ||
                              (value.is_array() && value.empty());
    if (!asks_nothing)
      return Error{ErrorCode::unsupported, "this server does not do this for any agent", name, {}};
  }
  return std::nullopt;
}

}  // namespace

Result<CompletionRequest> read_completion_request(Json& body, const Agents& agents) {
  CompletionRequest request;
  BodyReader reader(body, "");
  request.model = reader.text("model");
  if (!reader.fault && request.model.empty())
    reader.refuse("model", "is missing: the name of an agent");
  request.stream = reader.boolean("stream", false);
  Json stream_options = reader.object("stream_options");
  BodyReader stream_reader(stream_options, "stream_options.");
  request.include_usage = stream_reader.boolean("include_usage", false);
  if (reader.find("thread_id") != nullptr) {
    auto thread = parse_identifier(reader.text("thread_id"));
    if (!thread) reader.refuse("thread_id", "must be 1 to 128 characters of A-Z a-z 0-9 . _ : -");
    request.thread = std::move(thread).value_or("");
  }
  if (const auto choices = reader.count("n", 1, 128); choices && *choices != 1)
    reader.refuse("n", "must be 1");
  request.cancel_when_left = read_on_disconnect(reader);
  read_model_options(reader, request.options);
  read_further_options(reader, request.options);
  Json metadata = reader.object("metadata");
  if (!metadata.empty()) request.options["metadata"] = std::move(metadata);
  Json* const messages = reader.find("messages");
  if (messages == nullptr || !messages->is_array())
    reader.refuse("messages", "must be an array of messages");
  if (reader.fault) return *reader.fault;
  if (stream_reader.fault) return *stream_reader.fault;
  if (!request.stream && !stream_options.empty())
    return Error{ErrorCode::unsupported, "is for calls with stream: true", "stream_options", {}};
  if (auto fault = fault_of_unsupported(body)) return *fault;
  auto read = read_messages(*messages, "messages");
  if (!read) return read.error();
  request.messages = std::move(*read);

  const auto slash = request.model.find('/');
  request.agent = request.model.substr(0, slash);
  if (slash != std::string::npos) request.model_override = request.model.substr(slash + 1);
  if (slash != std::string::npos && request.model_override.empty())
    return Error{ErrorCode::model_not_found, "names no model after the slash", "model", {}};
  const auto fits = check_agent(agents, request.agent, request.model_override, "model");
  if (!fits) return fits.error();
  const auto& agent = *agents.find(request.agent)->second;
  const auto taken = check_wishes(agent, request.options, "", request.messages, "messages");
  if (!taken) return taken.error();
  if (request.thread.empty()) {
    const auto answered = check_tool_answers(request.messages, "messages");
    if (!answered) return answered.error();
  }
  return request;
}

TurnRequest turn_of(CompletionRequest& read, const Request& request, const Agents& agents) {
  const bool stateless = read.thread.empty();
  TurnRequest turn{.thread = {request.caller.tenant, {stateless ? random_uuid() : read.thread}},
                   .run = {random_uuid()},
                   .agent = read.agent,
                   .model_override = std::move(read.model_override),
                   .input = std::move(read.messages),
                   .if_missing = IfMissing::create,
                   .multitask = Multitask::enqueue,
                   .temporary = stateless,
                   .deadline = deadline_of_waiting(request, agents, read.agent),
                   .options = std::move(read.options),
                   .request_id = request.id,
                   .caller_key = request.caller.key_id};
  turn.user = user_of(turn.options);
  return turn;
}

}  // namespace parlance::net
