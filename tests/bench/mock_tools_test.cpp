#include "tests/bench/support.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace parlance::bench {
namespace {

MockSettings at_once() {
  MockSettings settings;
  settings.tokens = 4;
  settings.first_token_delay = std::chrono::milliseconds(0);
  settings.token_delay = std::chrono::milliseconds(0);
  return settings;
}

Json body_with(const Json& members) {
  auto body = Json::parse(chat_body("hello"));
  body.update(members);
  return body;
}

Json tool(std::string_view name) {
  return {
      {"type", "function"},
      {"function",
       {{"name", name},
        {"parameters",
         {{"type", "object"},
          {"properties", {{"city", {{"type", "string"}}}, {"days", {{"type", "integer"}}}}}}}}}};
}

Json called(std::string_view id) {
  return {
      {"id", id}, {"type", "function"}, {"function", {{"name", "weather"}, {"arguments", "{}"}}}};
}

class ToolMock {
 public:
  // The one choice of the answer to a request with these members.
  Json choice(const Json& members) const { return answer(members)["choices"][0]; }
  Json answer(const Json& members) const {
    return ask_json(mock_.port(), "POST", "/v1/chat/completions", body_with(members).dump());
  }

  // The deltas of a stream, and its finish reason as the last.
  std::vector<Json> deltas(Json members) const {
    members["stream"] = true;
    const auto answer =
        ask(mock_.port(), "POST", "/v1/chat/completions", body_with(members).dump());
    std::vector<Json> found;
    for (std::size_t at = 0; (at = answer.find("data: {", at)) != std::string::npos;) {
      at += 6;
      const auto end = answer.find("\n\n", at);
      const auto choice = Json::parse(answer.substr(at, end - at))["choices"][0];
      found.push_back(choice["finish_reason"].is_null() ? choice["delta"]
                                                        : choice["finish_reason"]);
    }
    return found;
  }

  Json journal() const { return ask_json(mock_.port(), "GET", "/mock/journal"); }

 private:
  RunningMock mock_{at_once()};
};

const Json question = {{"role", "user"}, {"content", "hello"}};
const Json asked = {
    {"role", "assistant"}, {"content", nullptr}, {"tool_calls", {called("a"), called("b")}}};

Json told(std::string_view id) {
  return {{"role", "tool"}, {"tool_call_id", id}, {"content", "sunny"}};
}

TEST_CASE("the mock calls the first tool, with arguments that fit its schema") {
  const ToolMock mock;
  const auto choice = mock.choice({{"tools", {tool("weather"), tool("time")}}});
  CHECK(choice["finish_reason"] == "tool_calls");
  CHECK(choice["message"]["content"].is_null());
  REQUIRE(choice["message"]["tool_calls"].size() == 1);
  const auto call = choice["message"]["tool_calls"][0];
  CHECK(call["id"] == "call_mock1");
  CHECK(call["type"] == "function");
  CHECK(call["function"]["name"] == "weather");
  CHECK(call["function"]["arguments"] == R"({"city":"hello","days":42})");
}

TEST_CASE("the mock streams a call as its name, then its arguments in pieces") {
  const ToolMock mock;
  const auto deltas = mock.deltas({{"tools", Json::array({tool("weather")})}});
  REQUIRE(deltas.size() == 7);
  CHECK(deltas[0]["role"] == "assistant");
  CHECK(deltas[0]["content"].is_null());
  CHECK(deltas[1]["tool_calls"][0] == Json::parse(R"({"index":0,"id":"call_mock1","type":"function",
                        "function":{"name":"weather","arguments":""}})"));
  std::string arguments;
  for (std::size_t index = 2; index < 6; ++index) {
    CHECK(deltas[index]["tool_calls"][0]["index"] == 0);
    arguments += deltas[index]["tool_calls"][0]["function"]["arguments"].get<std::string>();
  }
  CHECK(arguments == R"({"city":"hello","days":42})");
  CHECK(deltas[6] == "tool_calls");
}

TEST_CASE("tool_choice names a tool, or forbids them") {
  const ToolMock mock;
  Json members = {{"tools", {tool("weather"), tool("time")}}, {"parallel_tool_calls", true}};
  members["tool_choice"] = {{"type", "function"}, {"function", {{"name", "time"}}}};
  const auto calls = mock.choice(members)["message"]["tool_calls"];
  REQUIRE(calls.size() == 1);
  CHECK(calls[0]["function"]["name"] == "time");
  members["tool_choice"] = "none";
  CHECK(mock.choice(members)["message"]["content"] == "hello w1 w2 w3");
  members["tool_choice"] = {{"type", "function"}, {"function", {{"name", "no"}}}};
  CHECK(mock.answer(members)["error"]["param"] == "tool_choice");
}

TEST_CASE("several calls at once have an index and an id each") {
  const ToolMock mock;
  const Json members = {{"tools", {tool("weather"), tool("time"), tool("news")}},
                        {"parallel_tool_calls", true}};
  const auto calls = mock.choice(members)["message"]["tool_calls"];
  REQUIRE(calls.size() == 2);
  CHECK(calls[0]["id"] == "call_mock1");
  CHECK(calls[1]["id"] == "call_mock1_2");
  CHECK(calls[1]["function"]["name"] == "time");
  std::vector<std::string> arguments(2);
  for (const auto& delta : mock.deltas(members)) {
    if (!delta.is_object() || !delta.contains("tool_calls")) continue;
    const auto& call = delta["tool_calls"][0];
    arguments.at(call["index"].get<std::size_t>()) += call["function"]["arguments"];
  }
  CHECK(arguments[0] == calls[0]["function"]["arguments"]);
  CHECK(arguments[1] == calls[1]["function"]["arguments"]);
}

TEST_CASE("after a tool has answered, so does the mock") {
  const ToolMock mock;
  const auto choice = mock.choice({{"tools", Json::array({tool("weather")})},
                                   {"messages", {question, asked, told("b"), told("a")}}});
  CHECK(choice["message"]["content"] == "sunny w1 w2 w3");
  CHECK(choice["finish_reason"] == "stop");
  CHECK(mock.journal()[0]["text"] == "hello");
}

TEST_CASE("calls without answers and answers without calls are refused") {
  const ToolMock mock;
  const auto refusal = [&](const Json& messages) {
    const auto error = mock.answer({{"messages", messages}})["error"];
    CHECK(error["type"] == "invalid_request_error");
    return error["param"].get<std::string>() + " " + error["message"].get<std::string>();
  };
  using Catch::Matchers::Contains;
  const auto* answers_none = "must be a response to a preceeding message with 'tool_calls'.";
  CHECK_THAT(refusal({question, told("a")}), Contains(answers_none));
  CHECK_THAT(refusal({question, asked, told("c")}), Contains("messages.[2].role"));
  CHECK_THAT(refusal({question, asked, told("a"), told("a")}), Contains(answers_none));
  const auto* unanswered = "did not have response messages: ";
  CHECK_THAT(refusal({question, asked, told("a"), question}),
             Contains(unanswered + std::string("b")));
  CHECK_THAT(refusal({question, asked}), Contains(unanswered + std::string("a, b")));
}

TEST_CASE("structured output fits the schema that was sent") {
  const ToolMock mock;
  const Json schema = {{"type", "object"}, {"properties", {{"name", {{"type", "string"}}}}}};
  const Json format = {{"type", "json_schema"},
                       {"json_schema", {{"name", "person"}, {"schema", schema}}}};
  const Json members = {{"response_format", format}};
  const auto choice = mock.choice(members);
  CHECK(choice["message"]["content"] == R"({"name":"hello"})");
  CHECK(choice["finish_reason"] == "stop");
  std::string streamed;
  const auto deltas = mock.deltas(members);
  for (std::size_t index = 0; index + 1 < deltas.size(); ++index) {
    streamed += deltas[index]["content"].get<std::string>();
  }
  CHECK(deltas.size() == 4);
  CHECK(streamed == R"({"name":"hello"})");

  CHECK(mock.choice({{"response_format", {{"type", "json_object"}}}})["message"]["content"] ==
        R"({"answer":"hello"})");
  CHECK(mock.answer({{"response_format", {{"type", "xml"}}}})["error"]["param"] ==
        "response_format.type");
}

TEST_CASE("an answer ends before the first stop sequence in it") {
  const ToolMock mock;
  const auto content = [&](const Json& stop) {
    const auto choice = mock.choice({{"stop", stop}});
    CHECK(choice["finish_reason"] == "stop");
    return choice["message"]["content"].get<std::string>();
  };
  CHECK(content(" w2") == "hello w1");
  CHECK(content({"w3", "w1"}) == "hello ");
  CHECK(content("none of it") == "hello w1 w2 w3");
  CHECK(content("hello").empty());
  CHECK(mock.deltas({{"stop", "hello"}}).back() == "stop");
}

TEST_CASE("max_tokens cuts calls and JSON, too") {
  const ToolMock mock;
  const auto choice = mock.choice({{"tools", Json::array({tool("weather")})}, {"max_tokens", 2}});
  CHECK(choice["finish_reason"] == "length");
  CHECK(choice["message"]["tool_calls"][0]["function"]["arguments"] == R"({"city":"hello",)");
}

TEST_CASE("the journal shows what else was asked for, up to 4 KiB of it") {
  const ToolMock mock;
  mock.answer({{"temperature", 0.5}, {"seed", 7}, {"tool_choice", "none"}});
  const Json all = {{"temperature", 0.5}, {"seed", 7}, {"tool_choice", "none"}};
  CHECK(mock.journal()[0]["options"] == all);
  mock.answer({{"metadata", std::string(5'000, 'x')}, {"seed", 7}});
  const Json bounded = {{"metadata", "(5002 bytes)"}, {"seed", 7}};
  CHECK(mock.journal()[1]["options"] == bounded);
}

}  // namespace
}  // namespace parlance::bench
