// Two APIs as their public descriptions have them: what is sent, and how what comes back is read.
#include "net/providers/wire_format.hpp"

#include "runtime/base/json.hpp"
#include "runtime/llm/tool_calls.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace {

using namespace std::chrono_literals;

MessagePtr message(Role role, std::string text, Json extra = nullptr) {
  return std::make_shared<const Message>(
      Message{"", role, std::move(text), std::move(extra), std::nullopt});
}

// A tool that was called and has answered, and one whose answer never came.
ChatRequest conversation() {
  const Json calls = Json::array(
      {{{"id", "c1"}, {"function", {{"name", "look"}, {"arguments", R"({"at":"Oslo"})"}}}},
       {{"id", "c2"}, {"function", {{"name", "wait"}, {"arguments", "{}"}}}}});
  ChatRequest request;
  request.messages = {message(Role::system, "Be brief."),
                      message(Role::human, "Hi"),
                      message(Role::human, "What is it like?"),
                      message(Role::ai, "", {{"tool_calls", calls}}),
                      message(Role::tool, "sunny", {{"tool_call_id", "c1"}})};
  request.tokens_out_max = 64;
  request.temperature = 0.5;
  request.client_options = Json::parse(R"({
    "tools": [{"type": "function", "function": {"name": "look", "description": "looks",
               "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}}],
    "tool_choice": {"type": "function", "function": {"name": "look"}},
    "stop": "END", "top_p": 0.9, "user": "u-1", "verbosity": "low"})");
  return request;
}

Json body_of(const WireFormat& wire, const ChatRequest& request) {
  const auto wired = wire.request("m-1", request);
  REQUIRE(wired);
  return Json::parse(wired->body);
}

AnswerChunk event(const WireFormat& wire, const std::string& data) {
  const auto read = wire.read_event({"message", data, ""});
  REQUIRE(read);
  return *read;
}

ErrorCode code_of(const WireFormat& wire, Json options) {
  ChatRequest request;
  request.client_options = std::move(options);
  const auto wired = wire.request("m-1", request);
  REQUIRE_FALSE(wired);
  CHECK_FALSE(wired.error().field.empty());
  return wired.error().code;
}

ProviderTrouble trouble_of(const WireFormat& wire, const std::string& error) {
  return wire.read_error(R"({"error":)" + error + "}").trouble;
}

TEST_CASE("a conversation is told to Anthropic as Messages") {
  const auto wired = anthropic_wire().request("m-1", conversation());
  REQUIRE(wired);
  CHECK(wired->target == "/messages");
  CHECK(Json::parse(wired->body) == Json::parse(R"({
    "model": "m-1", "max_tokens": 64, "stream": true, "temperature": 0.5, "top_p": 0.9,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
      {"role": "user", "content": [{"type": "text", "text": "Hi"},
                                   {"type": "text", "text": "What is it like?"}]},
      {"role": "assistant", "content": [
        {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": "Oslo"}}]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "c1", "content": "sunny"}]}],
    "tools": [{"name": "look", "description": "looks",
               "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}],
    "tool_choice": {"type": "tool", "name": "look"},
    "stop_sequences": ["END"], "metadata": {"user_id": "u-1"}})"));
  const HttpFields fields{{"anthropic-version", "2023-06-01"}, {"x-api-key", "k"}};
  CHECK(anthropic_wire().fields("k") == fields);
}

TEST_CASE("Anthropic keeps what is the same in all calls of an agent, and nothing else") {
  const Json kept = {{"type", "ephemeral"}};
  ChatRequest request;
  request.messages = {message(Role::system, "Be brief.\n\n[1] a.md - A"),
                      message(Role::human, "Hi")};
  request.passages = {{"a.md", "A", "", 1}};
  request.prompt_bytes = 9;
  Json body = body_of(anthropic_wire(), request);
  REQUIRE(body["system"].size() == 2);
  CHECK(body["system"][0] ==
        Json{{"type", "text"}, {"text", "Be brief."}, {"cache_control", kept}});
  CHECK(body["system"][1] == Json{{"type", "text"}, {"text", "\n\n[1] a.md - A"}});

  request.prompt_bytes = 0;  // the passages are all there is
  request.client_options = {{"tools", Json::array({{{"function", {{"name", "now"}}}}})}};
  body = body_of(anthropic_wire(), request);
  CHECK_FALSE(body["system"][0].contains("cache_control"));
  CHECK(body["tools"][0]["cache_control"] == kept);

  request.messages.erase(request.messages.begin());
  request.passages.clear();
  request.client_options = Json::object();
  body = body_of(anthropic_wire(), request);
  CHECK(body.dump().find("cache_control") == std::string::npos);
}

TEST_CASE("what Anthropic has no place for is refused by name, and hints are not") {
  const auto refused = [](Json options) { return code_of(anthropic_wire(), std::move(options)); };
  CHECK(refused({{"logit_bias", {{"1", 2}}}}) == ErrorCode::request_rejected);
  CHECK(refused({{"presence_penalty", 1}}) == ErrorCode::request_rejected);
  CHECK(refused({{"response_format", {{"type", "json_object"}}}}) == ErrorCode::request_rejected);
  ChatRequest request;
  request.client_options = {
      {"seed", 7},
      {"reasoning_effort", "low"},
      {"parallel_tool_calls", false},
      {"tools", Json::array({{{"function", {{"name", "now"}}}}})},
      {"response_format", {{"type", "json_schema"}, {"json_schema", {{"schema", {{"a", 1}}}}}}}};
  const Json body = body_of(anthropic_wire(), request);
  CHECK(body["tool_choice"] == Json{{"type", "auto"}, {"disable_parallel_tool_use", true}});
  CHECK(body["tools"][0]["input_schema"] == Json{{"type", "object"}});
  CHECK(body["output_config"]["format"] == Json{{"type", "json_schema"}, {"schema", {{"a", 1}}}});
  CHECK_FALSE(body.contains("seed"));
}

TEST_CASE("Anthropic's events add up to an answer") {
  const auto& wire = anthropic_wire();
  const auto start = event(wire, R"({"type":"message_start","message":{"model":"m-1","content":[],
      "usage":{"input_tokens":10,"cache_read_input_tokens":30,"cache_creation_input_tokens":2,
               "output_tokens":1}}})");
  CHECK(start.model == "m-1");
  CHECK(start.usage.tokens_in == 42U);
  CHECK(start.usage.tokens_in_cached == 30U);
  CHECK(event(wire, R"({"type":"ping"})").text.empty());
  CHECK(event(wire, R"({"type":"content_block_delta","index":0,
      "delta":{"type":"thinking_delta","thinking":"hm"}})")
            .is_thought);
  CHECK(event(wire, R"({"type":"content_block_delta","index":1,
      "delta":{"type":"text_delta","text":"Hel"}})")
            .text == "Hel");
  const auto begun = event(wire, R"({"type":"content_block_start","index":2,
      "content_block":{"type":"tool_use","id":"t1","name":"look","input":{}}})");
  REQUIRE(begun.tool_calls.size() == 1);
  CHECK(begun.tool_calls[0].number == 2U);
  CHECK(begun.tool_calls[0].call == ToolCall{"t1", "look", ""});
  const auto more = event(wire, R"({"type":"content_block_delta","index":2,
      "delta":{"type":"input_json_delta","partial_json":"{\"at\""}})");
  REQUIRE(more.tool_calls.size() == 1);
  CHECK(more.tool_calls[0].number == 2U);
  CHECK(more.tool_calls[0].call == ToolCall{"", "", "{\"at\""});
  const auto end = event(wire, R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},
      "usage":{"output_tokens":9}})");
  CHECK(end.stop_reason == StopReason::tool_calls);
  CHECK(end.usage.tokens_out == 9U);
  CHECK_FALSE(end.usage.tokens_in);
  CHECK(event(wire, R"({"type":"message_stop"})").is_last);
  CHECK_FALSE(wire.read_event({"message", "{", ""}));
}

TEST_CASE("Anthropic's stop reasons are ours, and one that is no end is none") {
  const auto reason = [](const std::string& word) {
    return event(anthropic_wire(),
                 R"({"type":"message_delta","delta":{"stop_reason":")" + word + "\"}}")
        .stop_reason;
  };
  CHECK(reason("end_turn") == StopReason::stop);
  CHECK(reason("stop_sequence") == StopReason::stop);
  CHECK(reason("max_tokens") == StopReason::length);
  CHECK(reason("refusal") == StopReason::content_filter);
  CHECK_FALSE(reason("pause_turn"));
}

TEST_CASE("a whole message of Anthropic's is an answer") {
  const auto whole = anthropic_wire().read_whole(R"({"type":"message","model":"m-1",
      "content":[{"type":"text","text":"Hi"},
                 {"type":"tool_use","id":"t1","name":"look","input":{"at":"Oslo"}}],
      "stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":5}})");
  REQUIRE(whole);
  CHECK(whole->is_last);
  CHECK(whole->text == "Hi");
  REQUIRE(whole->tool_calls.size() == 1);
  CHECK(whole->tool_calls[0].call == ToolCall{"t1", "look", R"({"at":"Oslo"})"});
  CHECK(whole->usage.tokens_in == 3U);
}

TEST_CASE("Anthropic's errors are told apart") {
  const auto trouble = [](const std::string& type, const std::string& words) {
    return trouble_of(anthropic_wire(), R"({"type":")" + type + R"(","message":")" + words + "\"}");
  };
  CHECK(trouble("rate_limit_error", "") == ProviderTrouble::throttled);
  CHECK(trouble("overloaded_error", "Overloaded") == ProviderTrouble::overloaded);
  CHECK(trouble("authentication_error", "") == ProviderTrouble::credentials);
  CHECK(trouble("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum") ==
        ProviderTrouble::context_length);
  CHECK(trouble("invalid_request_error", "Your credit balance is too low") ==
        ProviderTrouble::account);
  CHECK(trouble("invalid_request_error", "no") == ProviderTrouble::other);
  const auto in_stream =
      event(anthropic_wire(),
            R"({"type":"error","error":{"type":"overloaded_error","message":"Over\nloaded"}})");
  REQUIRE(in_stream.error);
  CHECK(in_stream.error->code == "overloaded_error");
  CHECK(in_stream.error->message == "Over loaded");
}

TEST_CASE("a conversation is told to Gemini as contents") {
  const auto wired = gemini_wire().request("a model/1", conversation());
  REQUIRE(wired);
  CHECK(wired->target == "/models/a%20model%2F1:streamGenerateContent?alt=sse");
  CHECK(Json::parse(wired->body) == Json::parse(R"({
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
      {"role": "user", "parts": [{"text": "Hi"}, {"text": "What is it like?"}]},
      {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"at": "Oslo"}}}]},
      {"role": "user", "parts": [
        {"functionResponse": {"name": "look", "response": {"output": "sunny"}}}]}],
    "tools": [{"functionDeclarations": [{"name": "look", "description": "looks",
      "parametersJsonSchema": {"type": "object", "properties": {"at": {"type": "string"}}}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
    "generationConfig": {"maxOutputTokens": 64, "temperature": 0.5, "topP": 0.9,
                         "stopSequences": ["END"]}})"));
  CHECK(gemini_wire().fields("k") == HttpFields{{"x-goog-api-key", "k"}});
}

TEST_CASE("Gemini is told its thought signature with the call that it came with") {
  const auto chunk = event(gemini_wire(), R"({"candidates":[{"content":{"parts":[
      {"functionCall":{"name":"look","args":{}},"thoughtSignature":"c2ln"}]}}]})");
  REQUIRE(chunk.tool_calls.size() == 1);
  ToolCall call = chunk.tool_calls[0].call;
  CHECK(call.signature == "c2ln");
  call.id = "c1";
  ChatRequest request;
  request.messages = {message(Role::human, "Hi"),
                      message(Role::ai, "", {{"tool_calls", openai_tool_calls({call})}}),
                      message(Role::tool, "sunny", {{"tool_call_id", "c1"}})};
  const Json part = body_of(gemini_wire(), request)["contents"][1]["parts"][0];
  CHECK(part["thoughtSignature"] == "c2ln");
  CHECK(part["functionCall"]["name"] == "look");
}

TEST_CASE("what Gemini has no place for is refused by name") {
  CHECK(code_of(gemini_wire(), {{"logit_bias", {{"1", 2}}}}) == ErrorCode::request_rejected);
  CHECK(code_of(gemini_wire(), {{"parallel_tool_calls", false}}) == ErrorCode::request_rejected);
  ChatRequest request;
  request.client_options = {
      {"seed", 7},
      {"presence_penalty", 1},
      {"response_format", {{"type", "json_schema"}, {"json_schema", {{"schema", {{"a", 1}}}}}}}};
  const Json config = body_of(gemini_wire(), request)["generationConfig"];
  CHECK(config["seed"] == 7);
  CHECK(config["presencePenalty"] == 1);
  CHECK(config["responseMimeType"] == "application/json");
  CHECK(config["responseJsonSchema"] == Json{{"a", 1}});
}

TEST_CASE("Gemini's events add up to an answer") {
  const auto& wire = gemini_wire();
  const auto first = event(wire, R"({"candidates":[{"content":{"role":"model","parts":[
      {"text":"let me see","thought":true},{"text":"Hel"},{"text":"lo"}]}}],
      "modelVersion":"m-1","usageMetadata":{"promptTokenCount":42,"cachedContentTokenCount":30}})");
  CHECK(first.model == "m-1");
  CHECK(first.text == "Hello");
  CHECK(first.is_thought);
  CHECK(first.usage.tokens_in == 42U);
  CHECK(first.usage.tokens_in_cached == 30U);
  CHECK_FALSE(first.stop_reason);
  const auto last = event(wire, R"({"candidates":[{"content":{"parts":[
      {"functionCall":{"name":"look","args":{"at":"Oslo"}}},{"functionCall":{"name":"now"}}]},
      "finishReason":"STOP"}],
      "usageMetadata":{"promptTokenCount":42,"candidatesTokenCount":5,"thoughtsTokenCount":4}})");
  REQUIRE(last.tool_calls.size() == 2);
  CHECK_FALSE(last.tool_calls[0].number);
  CHECK(last.tool_calls[0].call == ToolCall{"", "look", R"({"at":"Oslo"})"});
  CHECK(last.tool_calls[1].call == ToolCall{"", "now", "{}"});
  CHECK(last.stop_reason == StopReason::stop);
  CHECK(last.usage.tokens_out == 9U);
  CHECK_FALSE(last.is_last);
  CHECK(wire.read_whole(R"({"candidates":[{"finishReason":"STOP"}]})")->is_last);
}

TEST_CASE("a tool's arguments keep their numbers, and those that no JSON has are refused") {
  const auto called_with = [](const std::string& args) {
    return gemini_wire().read_whole(R"({"candidates":[{"content":{"parts":[{"functionCall":)"
                                    R"({"name":"look","args":)" +
                                    args + R"(}}]},"finishReason":"STOP"}]})");
  };
  const std::string numbers =
      R"({"price":19.99,"one":1.0,"half":0.5,"id":9007199254740993,"low":-3})";
  const auto read = called_with(numbers);
  REQUIRE(read);
  CHECK(read->tool_calls[0].call.arguments == numbers);
  for (const auto* args : {R"({"x":1e999})", R"({"x":NaN})", R"({"x":123456789012345678901})"}) {
    const auto refused = called_with(args);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::provider_failed);
  }
}

TEST_CASE("Gemini's finish reasons are ours, and those of a broken answer are errors") {
  const auto finished = [](const std::string& word) {
    return event(gemini_wire(), R"({"candidates":[{"finishReason":")" + word + "\"}]}");
  };
  CHECK(finished("MAX_TOKENS").stop_reason == StopReason::length);
  for (const auto* word : {"SAFETY", "RECITATION", "PROHIBITED_CONTENT"})
    CHECK(finished(word).stop_reason == StopReason::content_filter);
  for (const auto* word : {"MALFORMED_FUNCTION_CALL", "OTHER", "A_WORD_OF_TOMORROW"})
    CHECK(finished(word).error);
  const auto blocked = event(gemini_wire(), R"({"promptFeedback":{"blockReason":"SAFETY"}})");
  CHECK(blocked.stop_reason == StopReason::content_filter);
}

TEST_CASE("Gemini's errors are told apart, with the advice in their details") {
  const auto trouble = [](const std::string& status, const std::string& words) {
    return trouble_of(gemini_wire(),
                      R"({"status":")" + status + R"(","message":")" + words + "\"}");
  };
  CHECK(trouble("RESOURCE_EXHAUSTED", "quota") == ProviderTrouble::throttled);
  CHECK(trouble("UNAVAILABLE", "overloaded") == ProviderTrouble::overloaded);
  CHECK(trouble("INVALID_ARGUMENT", "API key not valid.") == ProviderTrouble::credentials);
  CHECK(trouble("INVALID_ARGUMENT",
                "The input token count (9) exceeds the maximum number of tokens allowed (8).") ==
        ProviderTrouble::context_length);
  const auto delay = [](const std::string& text) {
    return gemini_wire()
        .read_error(R"({"error":{"status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},
                    {"@type":"RetryInfo","retryDelay":")" +
                    text + "\"}]}}")
        .retry_after;
  };
  CHECK(delay("34.5s") == std::chrono::milliseconds(34'500));
  CHECK_FALSE(delay("soon"));
  CHECK_FALSE(delay("-1s"));
}

HttpHead head_of(HttpFields fields) {
  return {200, std::move(fields)};
}

TEST_CASE("what OpenAI says is left is read from the head of its answer") {
  const auto told = openai_wire().read_quotas(head_of({{"X-RateLimit-Limit-Requests", "5000"},
                                                       {"x-ratelimit-remaining-requests", "4999"},
                                                       {"x-ratelimit-reset-requests", "12ms"},
                                                       {"x-ratelimit-limit-tokens", "160000"},
                                                       {"x-ratelimit-remaining-tokens", "0"},
                                                       {"x-ratelimit-reset-tokens", "6m0s"}}),
                                              0);
  CHECK(told.requests == ToldQuota{5'000, 4'999, 12ms});
  CHECK(told.tokens == ToldQuota{160'000, 0, 6min});
}

TEST_CASE("of the tokens that Anthropic counts, those of which the least is left are read") {
  const HttpFields fields{{"anthropic-ratelimit-requests-limit", "50"},
                          {"anthropic-ratelimit-requests-remaining", "49"},
                          {"anthropic-ratelimit-requests-reset", "2026-01-01T00:00:01Z"},
                          {"anthropic-ratelimit-input-tokens-limit", "40000"},
                          {"anthropic-ratelimit-input-tokens-remaining", "39000"},
                          {"anthropic-ratelimit-input-tokens-reset", "2026-01-01T00:00:02Z"},
                          {"anthropic-ratelimit-output-tokens-limit", "8000"},
                          {"anthropic-ratelimit-output-tokens-remaining", "7000"},
                          {"anthropic-ratelimit-output-tokens-reset", "2026-01-01T00:00:07.5Z"}};
  constexpr std::int64_t new_year_ms = 1'767'225'600'000;
  const auto told = anthropic_wire().read_quotas(head_of(fields), new_year_ms);
  CHECK(told.requests == ToldQuota{50, 49, 1s});
  CHECK(told.tokens == ToldQuota{8'000, 7'000, 7'500ms});
  const auto past = anthropic_wire().read_quotas(head_of(fields), new_year_ms + 5'000);
  CHECK(past.requests.reset == 0ms);
  auto dated = fields;
  dated.emplace_back("date", "Wed, 31 Dec 2025 23:59:50 GMT");  // its clock is another
  CHECK(anthropic_wire().read_quotas(head_of(dated), new_year_ms).requests.reset == 11s);
}

TEST_CASE(
    "of the tokens that Anthropic counts, a kind that is whole again binds less than any other") {
  const HttpFields fields{{"anthropic-ratelimit-input-tokens-limit", "450000"},
                          {"anthropic-ratelimit-input-tokens-remaining", "95000"},
                          {"anthropic-ratelimit-input-tokens-reset", "2026-01-01T00:00:47Z"},
                          {"anthropic-ratelimit-output-tokens-limit", "90000"},
                          {"anthropic-ratelimit-output-tokens-remaining", "90000"},
                          {"anthropic-ratelimit-output-tokens-reset", "2026-01-01T00:00:00Z"}};
  const auto told = anthropic_wire().read_quotas(head_of(fields), 1'767'225'600'000);
  CHECK(told.tokens == ToldQuota{450'000, 95'000, 47s});
}

TEST_CASE("limits that cannot be true, and those of an API that has none, are not read") {
  for (const char* const text :
       {"", "-1", "1.5", "NaN", "1e6", "+5", "0x10", "99999999999999999999", "5 "}) {
    INFO(text);
    const auto told =
        openai_wire().read_quotas(head_of({{"x-ratelimit-remaining-requests", text}}), 0);
    CHECK_FALSE(told.says_something());
  }
  const HttpHead head = head_of({{"x-ratelimit-remaining-requests", "1"}});
  CHECK_FALSE(anthropic_wire().read_quotas(head, 0).says_something());
  CHECK_FALSE(gemini_wire().read_quotas(head, 0).says_something());
}

}  // namespace
}  // namespace parlance::net
