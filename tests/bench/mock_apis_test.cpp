#include "tests/bench/support.hpp"

#include <catch2/catch.hpp>

namespace parlance::bench {
namespace {

constexpr std::string_view version = "anthropic-version: 2023-06-01\r\n";
constexpr std::string_view stream_path = "/v1beta/models/m-1:streamGenerateContent?alt=sse";

MockSettings three_tokens() {
  MockSettings settings;
  settings.tokens = 3;
  settings.first_token_delay = std::chrono::milliseconds(0);
  settings.token_delay = std::chrono::milliseconds(0);
  settings.cached = 1;
  return settings;
}

Json anthropic_body(bool stream) {
  return {{"model", "m-1"},
          {"max_tokens", 64},
          {"stream", stream},
          {"system", "Be brief."},
          {"messages", Json::array({{{"role", "user"}, {"content", "hello"}}})}};
}

Json gemini_body() {
  return {{"contents",
           Json::array({{{"role", "user"}, {"parts", Json::array({{{"text", "hello"}}})}}})}};
}

void has_in_order(const std::string& answer, std::initializer_list<const char*> parts) {
  std::size_t at = 0;
  for (const auto* part : parts) {
    at = answer.find(part, at);
    INFO(part << " in " << answer);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("the mock streams Anthropic's messages") {
  const RunningMock mock(three_tokens());
  has_in_order(ask(mock.port(), "POST", "/v1/messages", dump(anthropic_body(true)), version),
               {"event: message_start\n",
                R"("cache_read_input_tokens":1)",
                "event: content_block_start\n",
                R"("text":"hello")",
                R"("text":" w1")",
                R"("text":" w2")",
                "event: content_block_stop\n",
                R"("stop_reason":"end_turn")",
                "event: message_stop\n"});
}

TEST_CASE("the mock calls Anthropic's tools, and answers what they said") {
  const RunningMock mock(three_tokens());
  auto body = anthropic_body(false);
  body["tools"] = Json::array(
      {{{"name", "look"},
        {"input_schema", {{"type", "object"}, {"properties", {{"at", {{"type", "string"}}}}}}}}});
  const auto asked = [&] {
    const auto answer = ask(mock.port(), "POST", "/v1/messages", dump(body), version);
    return Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  };
  const auto called = asked();
  CHECK(called["stop_reason"] == "tool_use");
  CHECK(called["content"][0]["input"] == Json{{"at", "hello"}});
  body["messages"].push_back({{"role", "assistant"}, {"content", called["content"]}});
  body["messages"].push_back({{"role", "user"},
                              {"content",
                               Json::array({{{"type", "tool_result"},
                                             {"tool_use_id", called["content"][0]["id"]},
                                             {"content", "sunny"}}})}});
  CHECK(asked()["content"][0]["text"] == "sunny w1 w2");
}

TEST_CASE("the mock streams Gemini's contents") {
  const RunningMock mock(three_tokens());
  has_in_order(ask(mock.port(), "POST", stream_path, dump(gemini_body())),
               {R"("text":"hello")",
                R"("text":" w1")",
                R"("text":" w2")",
                R"("finishReason":"STOP")",
                R"("cachedContentTokenCount":1)"});
}

TEST_CASE("the mock calls Gemini's functions whole") {
  const RunningMock mock(three_tokens());
  auto body = gemini_body();
  body["tools"] = Json::array(
      {{{"functionDeclarations",
         Json::array(
             {{{"name", "look"},
               {"parametersJsonSchema",
                {{"type", "object"}, {"properties", {{"at", {{"type", "string"}}}}}}}}})}}});
  has_in_order(ask(mock.port(), "POST", stream_path, dump(body)),
               {R"("functionCall":{"args":{"at":"hello"},"name":"look"})", R"("STOP")"});
}

TEST_CASE("each API has its own key, errors and refusals") {
  auto settings = three_tokens();
  settings.key = "k";
  REQUIRE(set(settings, "fault", "529"));
  const RunningMock mock(settings);
  const auto asked = [&](std::string_view path, const Json& body, const std::string& fields) {
    return ask(mock.port(), "POST", path, dump(body), fields);
  };
  const std::string fields(version);
  CHECK(asked("/v1/messages", anthropic_body(true), fields).find("authentication_error") !=
        std::string::npos);
  CHECK(asked("/v1/messages", anthropic_body(true), fields + "x-api-key: k\r\n")
            .find("overloaded_error") != std::string::npos);
  CHECK(asked("/v1/messages", {{"model", "m"}}, fields + "x-api-key: k\r\n")
            .find("max_tokens: Field required") != std::string::npos);
  CHECK(asked(stream_path, gemini_body(), "").find("API key not valid") != std::string::npos);
  CHECK(asked(stream_path, gemini_body(), "x-goog-api-key: k\r\n").find("INTERNAL") !=
        std::string::npos);
}

TEST_CASE("the mock says what is left of a minute in Anthropic's words") {
  auto settings = three_tokens();
  settings.requests_per_minute = 60;
  const RunningMock mock(settings);
  has_in_order(ask(mock.port(), "POST", "/v1/messages", dump(anthropic_body(false)), version),
               {"anthropic-ratelimit-requests-limit: 60\r\n",
                "anthropic-ratelimit-requests-remaining: 59\r\n",
                "anthropic-ratelimit-requests-reset: 20",
                "Z\r\n"});
}

TEST_CASE("the mock embeds: the same text gives the same vector, in both APIs") {
  const RunningMock mock(three_tokens());
  const Json body = {{"model", "m-1"}, {"input", {"a", "b", "a"}}, {"dimensions", 3}};
  const Json answer = ask_json(mock.port(), "POST", "/v1/embeddings", dump(body));
  CHECK(answer["usage"]["prompt_tokens"] == 3);
  const Json& data = answer["data"];
  REQUIRE(data.size() == 3);
  REQUIRE(data[0]["embedding"].size() == 3);
  CHECK(data[0]["embedding"] == data[2]["embedding"]);
  CHECK(data[0]["embedding"] != data[1]["embedding"]);
  const auto request = [](const char* text) {
    return Json{{"model", "models/m-1"},
                {"content", {{"parts", Json::array({{{"text", text}}})}}},
                {"outputDimensionality", 3}};
  };
  const Json asked = {{"requests", Json::array({request("b"), request("a")})}};
  const Json gemini =
      ask_json(mock.port(), "POST", "/v1beta/models/m-1:batchEmbedContents", dump(asked));
  CHECK(gemini["embeddings"][0]["values"] == data[1]["embedding"]);
  CHECK(gemini["embeddings"][1]["values"] == data[0]["embedding"]);
}

TEST_CASE("the mock writes vectors in base64, and takes tokens") {
  const RunningMock mock(three_tokens());
  const Json body = {
      {"model", "m-1"}, {"input", {1, 2}}, {"dimensions", 1}, {"encoding_format", "base64"}};
  const Json answer = ask_json(mock.port(), "POST", "/v1/embeddings", dump(body));
  REQUIRE(answer["data"].size() == 1);
  const std::string text = answer["data"][0]["embedding"];
  CHECK((text == "AACAPw==" || text == "AACAvw=="));  // 1 or -1
}

TEST_CASE("the mock answers other JSON than was asked for, when told to") {
  MockSettings settings = three_tokens();
  settings.faults = {{MockFaultKind::misfit, 0}};
  settings.fault_count_max = 1;
  const RunningMock mock(settings);
  const Json body = {{"model", "m-1"},
                     {"messages", Json::array({{{"role", "user"}, {"content", "hello"}}})},
                     {"response_format", {{"type", "json_object"}}}};
  const auto content = [&] {
    return ask_json(mock.port(),
                    "POST",
                    "/v1/chat/completions",
                    dump(body))["choices"][0]["message"]["content"];
  };
  CHECK(content() == R"(["misfit"])");
  CHECK(content() == R"({"answer":"hello"})");
}

}  // namespace
}  // namespace parlance::bench
