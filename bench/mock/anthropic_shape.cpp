#include "bench/mock/members.hpp"
#include "bench/mock/shape.hpp"
#include "runtime/base/clock.hpp"

#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t depth_max = 64;

// A content is text, or a list of blocks.
Json blocks_of(const Json& object, const char* name) {
  const auto text = text_member(object, name);
  if (!text.empty()) return Json::array({{{"type", "text"}, {"text", text}}});
  return list_member(object, name);
}

// One message as OpenAI's: what a tool said is a message of its own.
void add_message(const Json& message, Json& list) {
  Json spoken = {{"role", text_member(message, "role")}, {"content", Json::array()}};
  for (const auto& block : blocks_of(message, "content")) {
    const auto type = text_member(block, "type");
    if (type == "text") spoken["content"].push_back(block);
    if (type == "tool_use") {
      spoken["tool_calls"].push_back(
          {{"id", text_member(block, "id")}, {"function", {{"name", text_member(block, "name")}}}});
    }
    if (type == "tool_result") {
      list.push_back({{"role", "tool"},
                      {"tool_call_id", text_member(block, "tool_use_id")},
                      {"content", blocks_of(block, "content")}});
    }
  }
  if (!spoken["content"].empty() || spoken.contains("tool_calls")) list.push_back(spoken);
}

Json tool_choice(const Json& choice) {
  const auto type = text_member(choice, "type");
  if (type == "any") return "required";
  if (type != "tool") return type;
  return {{"type", "function"}, {"function", {{"name", text_member(choice, "name")}}}};
}

void add_tools(const Json& body, Json& told) {
  if (!body.contains("tools")) return;
  told["tools"] = Json::array();
  for (const auto& tool : list_member(body, "tools")) {
    told["tools"].push_back({{"type", "function"},
                             {"function",
                              {{"name", text_member(tool, "name")},
                               {"parameters", object_member(tool, "input_schema")}}}});
  }
  const Json choice = object_member(body, "tool_choice");
  if (!choice.empty()) told["tool_choice"] = tool_choice(choice);
  told["parallel_tool_calls"] = !choice.contains("disable_parallel_tool_use");
}

// The request in OpenAI's shape.
Json openai_body(const Json& body) {
  Json told = {{"messages", Json::array()}, {"stream_options", {{"include_usage", true}}}};
  for (const auto* name : {"model", "stream", "max_tokens"}) {
    if (body.contains(name)) told[name] = body[name];
  }
  if (body.contains("stop_sequences")) told["stop"] = body["stop_sequences"];
  if (body.contains("metadata")) told["user"] = text_member(body["metadata"], "user_id");
  if (body.contains("system")) {
    told["messages"].push_back({{"role", "system"}, {"content", blocks_of(body, "system")}});
  }
  for (const auto& message : body["messages"])
    add_message(message, told["messages"]);
  add_tools(body, told);
  if (body.contains("output_config")) {
    const Json format = object_member(object_member(body, "output_config"), "format");
    told["response_format"] = {
        {"type", "json_schema"},
        {"json_schema", {{"name", "output"}, {"schema", object_member(format, "schema")}}}};
  }
  return told;
}

Error wrong(std::string field, std::string detail) {
  return Error{ErrorCode::invalid_value, std::move(detail), std::move(field), {}};
}

Json usage(const MockAnswer& answer, std::uint32_t tokens_out) {
  const MockPrompt& prompt = answer.prompt();
  return {{"input_tokens", prompt.tokens_in - prompt.tokens_cached},
          {"cache_creation_input_tokens", 0},
          {"cache_read_input_tokens", prompt.tokens_cached},
          {"output_tokens", tokens_out}};
}

const char* stop_reason(const MockAnswer& answer) {
  if (answer.is_length_limited()) return "max_tokens";
  return answer.calls() == 0 ? "end_turn" : "tool_use";
}

Json message(const MockAnswer& answer) {
  return {{"id", "msg_mock" + std::to_string(answer.entry())},
          {"type", "message"},
          {"role", "assistant"},
          {"model", answer.prompt().model},
          {"content", Json::array()},
          {"stop_reason", nullptr},
          {"stop_sequence", nullptr}};
}

Json call_block(const MockAnswer& answer, std::size_t call, Json input) {
  return {{"type", "tool_use"},
          {"id", answer.call_id(call)},
          {"name", answer.prompt().calls[call].name},
          {"input", std::move(input)}};
}

std::string event(const Json& data) {
  return sse_event(data["type"].get<std::string>(), dump(data));
}

std::string block_start(std::size_t index, Json block) {
  return event(
      {{"type", "content_block_start"}, {"index", index}, {"content_block", std::move(block)}});
}

std::string block_stop(std::size_t index) {
  return event({{"type", "content_block_stop"}, {"index", index}});
}

std::string error_json(std::string_view type, std::string_view message) {
  return dump({{"type", "error"}, {"error", {{"type", type}, {"message", message}}}});
}

std::string limit_lines(const std::optional<MockBucket::Left>& left,
                        const std::string& kind,
                        std::int64_t now_ms) {
  if (!left) return {};
  const std::string start = "anthropic-ratelimit-" + kind;
  return start + "-limit: " + std::to_string(left->limit) + "\r\n" + start +
         "-remaining: " + std::to_string(left->remaining) + "\r\n" + start +
         "-reset: " + iso_time(now_ms + left->reset.count()) + "\r\n";
}

class AnthropicShape : public MockShape {
 public:
  Result<MockPrompt> read(const MockConnection::Request& request) const override {
    const auto body = parse_json(request.body(), depth_max);
    if (!body) return body.error();
    if (request["anthropic-version"].empty()) {
      return wrong("anthropic-version", "header is required");
    }
    if (!body->is_object() || !body->contains("max_tokens")) {
      return wrong("max_tokens", "Field required");
    }
    if (!body->contains("messages") || !(*body)["messages"].is_array()) {
      return wrong("messages", "Field required");
    }
    auto prompt = prompt_of(openai_body(*body));
    if (prompt) prompt->options = other_members(*body, {"model", "messages", "stream"});
    return prompt;
  }

  std::string key_of(const MockConnection::Request& request) const override {
    return std::string(request["x-api-key"]);
  }

  std::string begin(const MockAnswer& answer) const override {
    Json begun = message(answer);
    begun["usage"] = usage(answer, 1);
    std::string events = event({{"type", "message_start"}, {"message", std::move(begun)}});
    if (answer.calls() == 0) events += block_start(0, {{"type", "text"}, {"text", ""}});
    return events + event({{"type", "ping"}});
  }

  std::string token(const MockAnswer& answer, std::uint32_t index) const override {
    const auto& token = answer.token(index);
    const bool is_text = answer.calls() == 0;
    std::string events;
    if (!is_text && token.begins) {
      events = block_start(token.call, call_block(answer, token.call, Json::object()));
    }
    const Json delta = is_text ? Json{{"type", "text_delta"}, {"text", token.text}}
                               : Json{{"type", "input_json_delta"}, {"partial_json", token.text}};
    events += event({{"type", "content_block_delta"}, {"index", token.call}, {"delta", delta}});
    if (!is_text && answer.ends_call(index)) events += block_stop(token.call);
    return events;
  }

  std::string end(const MockAnswer& answer) const override {
    const std::string stop = answer.calls() == 0 ? block_stop(0) : std::string();
    return stop + event({{"type", "message_delta"},
                         {"delta", {{"stop_reason", stop_reason(answer)}}},
                         {"usage", {{"output_tokens", answer.tokens()}}}});
  }

  std::string last() const override { return event({{"type", "message_stop"}}); }

  std::string whole(const MockAnswer& answer) const override {
    Json whole = message(answer);
    whole["stop_reason"] = stop_reason(answer);
    whole["usage"] = usage(answer, answer.tokens());
    if (answer.calls() == 0) {
      whole["content"].push_back({{"type", "text"}, {"text", answer.call_text(0)}});
    }
    for (std::size_t call = 0; call < answer.calls(); ++call) {
      auto input = parse_json(answer.call_text(call), depth_max);
      whole["content"].push_back(
          call_block(answer, call, input ? std::move(*input) : Json::object()));
    }
    return dump(whole);
  }

  std::string limit_headers(const MockLimitsLeft& left, std::int64_t now_ms) const override {
    return limit_lines(left.requests, "requests", now_ms) +
           limit_lines(left.tokens, "tokens", now_ms);
  }

  std::string refusal(unsigned status) const override {
    if (status == 401) return error_json("authentication_error", "invalid x-api-key");
    if (status == 403) return error_json("permission_error", "not allowed");
    if (status == 429) return error_json("rate_limit_error", "Rate limit reached.");
    if (status == 529) return error_json("overloaded_error", "Overloaded");
    return error_json(status < 500 ? "invalid_request_error" : "api_error", "It went wrong.");
  }

  std::string refusal(const Error& error) const override {
    return error_json("invalid_request_error", error.field + ": " + error.detail);
  }

  std::string error_event(unsigned status) const override {
    return sse_event("error", refusal(status));
  }
};

}  // namespace

const MockShape& anthropic_shape() {
  static const AnthropicShape shape;
  return shape;
}

}  // namespace parlance::bench
