#include "bench/mock/embeddings.hpp"
#include "bench/mock/members.hpp"
#include "bench/mock/shape.hpp"
#include "net/request.hpp"

#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t depth_max = 64;
constexpr std::string_view folder = "/v1beta/models/";

// One content as OpenAI's message: calls are known by their functions' names, and what a function
// said is a message of its own.
void add_content(const Json& content, Json& list) {
  const bool is_model = text_member(content, "role") == "model";
  Json spoken = {{"role", is_model ? "assistant" : "user"}, {"content", Json::array()}};
  for (const auto& part : list_member(content, "parts")) {
    if (part.contains("text")) {
      spoken["content"].push_back({{"type", "text"}, {"text", part["text"]}});
    }
    if (part.contains("functionCall")) {
      spoken["tool_calls"].push_back({{"id", text_member(part["functionCall"], "name")}});
    }
    if (part.contains("functionResponse")) {
      const Json said = object_member(part["functionResponse"], "response");
      list.push_back({{"role", "tool"},
                      {"tool_call_id", text_member(part["functionResponse"], "name")},
                      {"content", text_member(said, "output")}});
    }
  }
  if (!spoken["content"].empty() || spoken.contains("tool_calls")) list.push_back(spoken);
}

void add_tools(const Json& body, Json& told) {
  for (const auto& tool : list_member(body, "tools")) {
    for (const auto& declared : list_member(tool, "functionDeclarations")) {
      told["tools"].push_back(
          {{"type", "function"},
           {"function",
            {{"name", text_member(declared, "name")},
             {"parameters", object_member(declared, "parametersJsonSchema")}}}});
    }
  }
  told["parallel_tool_calls"] = true;
  const Json calling = object_member(object_member(body, "toolConfig"), "functionCallingConfig");
  const auto mode = text_member(calling, "mode");
  if (mode == "NONE") told["tool_choice"] = "none";
  const Json allowed = list_member(calling, "allowedFunctionNames");
  if (!allowed.empty()) told["tool_choice"] = {{"function", {{"name", allowed.front()}}}};
}

void add_config(const Json& config, Json& told) {
  if (config.contains("maxOutputTokens")) told["max_tokens"] = config["maxOutputTokens"];
  if (config.contains("stopSequences")) told["stop"] = config["stopSequences"];
  if (text_member(config, "responseMimeType") != "application/json") return;
  told["response_format"] = {{"type", "json_object"}};
  if (!config.contains("responseJsonSchema")) return;
  told["response_format"] = {
      {"type", "json_schema"},
      {"json_schema", {{"name", "output"}, {"schema", config["responseJsonSchema"]}}}};
}

// The request in OpenAI's shape.
Json openai_body(const Json& body) {
  Json told = {{"messages", Json::array()}};
  const Json system = object_member(body, "systemInstruction");
  if (!system.empty()) add_content(system, told["messages"]);
  for (auto& message : told["messages"])
    message["role"] = "system";
  for (const auto& content : list_member(body, "contents"))
    add_content(content, told["messages"]);
  add_tools(body, told);
  add_config(object_member(body, "generationConfig"), told);
  return told;
}

const char* finish_reason(const MockAnswer& answer) {
  return answer.is_length_limited() ? "MAX_TOKENS" : "STOP";
}

Json chunk(const MockAnswer& answer, Json parts) {
  return {{"candidates",
           Json::array(
               {{{"content", {{"role", "model"}, {"parts", std::move(parts)}}}, {"index", 0}}})},
          {"modelVersion", answer.prompt().model},
          {"responseId", "mock" + std::to_string(answer.entry())}};
}

Json call_part(const MockAnswer& answer, std::size_t call) {
  auto arguments = parse_json(answer.call_text(call), depth_max);
  return {{"functionCall",
           {{"name", answer.prompt().calls[call].name},
            {"args", arguments ? std::move(*arguments) : Json::object()}}}};
}

Json usage(const MockAnswer& answer) {
  const MockPrompt& prompt = answer.prompt();
  Json usage = {{"promptTokenCount", prompt.tokens_in},
                {"candidatesTokenCount", answer.tokens()},
                {"totalTokenCount", prompt.tokens_in + answer.tokens()}};
  if (prompt.tokens_cached > 0) usage["cachedContentTokenCount"] = prompt.tokens_cached;
  return usage;
}

Json ended(const MockAnswer& answer, Json parts) {
  Json last = chunk(answer, std::move(parts));
  last["candidates"][0]["finishReason"] = finish_reason(answer);
  last["usageMetadata"] = usage(answer);
  return last;
}

std::string error_json(unsigned status, std::string_view name, std::string_view message) {
  return dump({{"error", {{"code", status}, {"message", message}, {"status", name}}}});
}

class GeminiShape : public MockShape {
 public:
  Result<MockPrompt> read(const MockConnection::Request& request) const override {
    const auto body = parse_json(request.body(), depth_max);
    if (!body) return body.error();
    const std::string target(request.target());
    const std::string name = target.substr(folder.size(), target.find('?') - folder.size());
    const auto colon = name.rfind(':');
    const auto method = colon == std::string::npos ? std::string() : name.substr(colon + 1);
    const std::string model = net::percent_decoded(name.substr(0, colon), false).value_or("");
    if (method == "batchEmbedContents") return read_gemini_embedding(*body, model);
    const bool streams = method == "streamGenerateContent";
    if (!body->is_object() || (!streams && method != "generateContent")) {
      return Error{ErrorCode::invalid_value, "there is no such method", "method", {}};
    }
    Json told = openai_body(*body);
    told["model"] = model;
    told["stream"] = streams;
    auto prompt = prompt_of(told);
    if (prompt) prompt->options = other_members(*body, {"contents"});
    return prompt;
  }

  std::string key_of(const MockConnection::Request& request) const override {
    return std::string(request["x-goog-api-key"]);
  }

  std::string begin(const MockAnswer&) const override { return {}; }

  // A call comes whole, with the last of its tokens.
  std::string token(const MockAnswer& answer, std::uint32_t index) const override {
    const auto& token = answer.token(index);
    if (answer.calls() == 0) return event(answer, {{"text", token.text}});
    if (!answer.ends_call(index)) return {};
    return event(answer, call_part(answer, token.call));
  }

  std::string end(const MockAnswer& answer) const override {
    return sse_event("", dump(ended(answer, Json::array({{{"text", ""}}}))));
  }

  std::string last() const override { return {}; }

  std::string whole(const MockAnswer& answer) const override {
    if (!answer.prompt().embedded.empty()) return gemini_embeddings(answer.prompt());
    Json parts = Json::array();
    if (answer.calls() == 0) parts.push_back({{"text", answer.call_text(0)}});
    for (std::size_t call = 0; call < answer.calls(); ++call)
      parts.push_back(call_part(answer, call));
    return dump(ended(answer, std::move(parts)));
  }

  // The API has none.
  std::string limit_headers(const MockLimitsLeft&, std::int64_t) const override { return {}; }

  std::string refusal(unsigned status) const override {
    if (status == 401) return error_json(400, "INVALID_ARGUMENT", "API key not valid.");
    if (status == 403) return error_json(status, "PERMISSION_DENIED", "not allowed");
    if (status == 429) return error_json(status, "RESOURCE_EXHAUSTED", "Quota reached.");
    if (status == 503) return error_json(status, "UNAVAILABLE", "The model is overloaded.");
    return error_json(status, status < 500 ? "INVALID_ARGUMENT" : "INTERNAL", "It went wrong.");
  }

  std::string refusal(const Error& error) const override {
    return error_json(400, "INVALID_ARGUMENT", error.field + ": " + error.detail);
  }

  std::string error_event(unsigned status) const override { return sse_event("", refusal(status)); }

 private:
  static std::string event(const MockAnswer& answer, Json part) {
    return sse_event("", dump(chunk(answer, Json::array({std::move(part)}))));
  }
};

}  // namespace

const MockShape& gemini_shape() {
  static const GeminiShape shape;
  return shape;
}

}  // namespace parlance::bench
