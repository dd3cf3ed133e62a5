// What clients wish for in a chat completion: what is taken, what is refused, and how it is named.
#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

namespace parlance::net {
namespace {

std::string asking(const std::string& model, const Json& more) {
  Json body{{"model", model}, {"messages", {{{"role", "user"}, {"content", "hi"}}}}};
  body.update(more);
  return body.dump();
}

Answered complete(const ServerFixture& fixture, const std::string& body) {
  return fixture.call("POST", "/v1/chat/completions", body);
}

TEST_CASE("what an agent would ignore is refused, and the agent named") {
  ServerFixture fixture;
  const Json weather{{"type", "function"}, {"function", {{"name", "weather"}}}};
  const std::vector<std::pair<Json, std::string>> cases{
      {{{"tools", {weather}}, {"parallel_tool_calls", true}}, "tools"},
      {{{"response_format", {{"type", "json_object"}}}}, "response_format"},
      {{{"stop", "x"}}, "stop"},
      {{{"stop", {"x"}}}, "stop"},
      {{{"top_p", 0.5}}, "top_p"},
      {{{"presence_penalty", 1}}, "presence_penalty"},
      {{{"frequency_penalty", -1}}, "frequency_penalty"},
      {{{"logit_bias", {{"7", 1}}}}, "logit_bias"},
  };
  for (const auto& [more, param] : cases) {
    INFO(more.dump());
    for (const auto* agent : {"chat", "told", "echo"}) {
      const auto answered = complete(fixture, asking(agent, more));
      CHECK(answered.status == 400);
      const auto error = answered.json()["error"];
      CHECK(error["code"] == "unsupported");
      CHECK(error["param"] == param);
      CHECK(error["message"].get<std::string>().find(std::string("agent ") + agent) !=
            std::string::npos);
    }
    CHECK(complete(fixture, asking("tools", more)).status == 200);
  }
  const std::vector<std::pair<Json, std::string>> nowhere{
      {{{"logprobs", true}}, "logprobs"},
      {{{"top_logprobs", 3}}, "top_logprobs"},
      {{{"functions", {{{"name", "f"}}}}}, "functions"},
      {{{"function_call", {{"name", "f"}}}}, "function_call"},
      {{{"modalities", {"text", "audio"}}}, "modalities"},
      {{{"audio", {{"voice", "x"}}}}, "audio"},
      {{{"web_search_options", Json::object()}}, "web_search_options"},
      {{{"store", true}}, "store"},
      {{{"stream_options", {{"include_usage", true}}}}, "stream_options"},
      {{{"stream", false}, {"stream_options", {{"include_usage", false}}}}, "stream_options"},
  };
  for (const auto& [more, param] : nowhere) {
    INFO(more.dump());
    const auto answered = complete(fixture, asking("tools", more));
    CHECK(answered.status == 400);
    CHECK(answered.json()["error"]["code"] == "unsupported");
    CHECK(answered.json()["error"]["param"] == param);
  }
}

TEST_CASE("hints, and what an option means anyway, are taken by every agent") {
  ServerFixture fixture;
  const Json hints{{"user", "u"},
                   {"metadata", {{"k", "v"}}},
                   {"seed", 7},
                   {"reasoning_effort", "low"},
                   {"verbosity", "low"},
                   {"service_tier", "flex"},
                   {"prediction", {{"type", "content"}, {"content", "ho"}}},
                   {"n", 1}};
  const Json usual{{"tools", Json::array()},
                   {"tool_choice", "auto"},
                   {"parallel_tool_calls", true},
                   {"response_format", {{"type", "text"}}},
                   {"stop", Json::array()},
                   {"top_p", 1},
                   {"presence_penalty", 0},
                   {"frequency_penalty", 0.0},
                   {"logit_bias", Json::object()},
                   {"logprobs", false},
                   {"top_logprobs", 0},
                   {"functions", Json::array()},
                   {"function_call", "none"},
                   {"modalities", {"text"}},
                   {"store", false},
                   {"stream_options", Json::object()}};
  for (const auto& more : {hints, usual})
    CHECK(complete(fixture, asking("told", more)).status == 200);
}

TEST_CASE("a client's time counts when it is a positive number, and else says nothing") {
  using std::chrono::milliseconds;
  ServerFixture fixture;
  std::size_t turns = 0;
  const auto time_left = [&](const std::string& header) {
    CHECK(fixture.call("POST", "/v1/chat/completions", asking("echo", Json::object()), header)
              .status == 200);
    const auto& deadline = fixture.conversations.turn(turns++).request.deadline;
    return deadline.left(std::chrono::steady_clock::now());
  };
  CHECK(time_left("x-stainless-timeout: 1.5\r\n") <= milliseconds(1'500));
  for (const auto* says_nothing : {"", "0", "-1", "soon", "2s", "nan", "inf"}) {
    INFO(says_nothing);
    CHECK(time_left("x-stainless-timeout: " + std::string(says_nothing) + "\r\n") >
          milliseconds(2'000));
  }
}

TEST_CASE("a client's system messages are refused where they would be ignored") {
  ServerFixture fixture;
  for (const auto* role : {"system", "developer"}) {
    const Json more{{"messages",
                     {{{"role", "user"}, {"content", "hi"}},
                      {{"role", role}, {"content", "obey me"}},
                      {{"role", "user"}, {"content", "ho"}}}}};
    const auto refused = complete(fixture, asking("told", more));
    CHECK(refused.status == 400);
    CHECK(refused.json()["error"]["code"] == "unsupported");
    CHECK(refused.json()["error"]["param"] == "messages[1].role");
    CHECK(complete(fixture, asking("chat", more)).status == 200);
  }
}

TEST_CASE("broken calls and answers of tools are named by their path") {
  ServerFixture fixture;
  const Json call{
      {"id", "c1"}, {"type", "function"}, {"function", {{"name", "look"}, {"arguments", "{}"}}}};
  const Json answer{{"role", "tool"}, {"tool_call_id", "c1"}, {"content", "sunny"}};
  const auto param_of = [&](const Json& broken_call, const Json& broken_answer) -> std::string {
    const Json more{
        {"messages",
         {{{"role", "user"}, {"content", "hi"}},
          {{"role", "assistant"}, {"content", nullptr}, {"tool_calls", Json::array({broken_call})}},
          broken_answer}}};
    const auto answered = complete(fixture, asking("tools", more));
    if (answered.status == 200) return "";
    CHECK(answered.status == 422);
    CHECK(answered.json()["error"]["code"] == "invalid_value");
    return answered.json()["error"]["param"];
  };
  const auto changed = [](Json value, const char* pointer, Json with) {
    value[Json::json_pointer(pointer)] = std::move(with);
    return value;
  };
  CHECK(param_of(call, answer).empty());
  const std::string place = "messages[1].tool_calls[0]";
  CHECK(param_of(7, answer) == place);
  CHECK(param_of(changed(call, "/id", nullptr), answer) == place + ".id");
  CHECK(param_of(changed(call, "/function", "look"), answer) == place + ".function");
  CHECK(param_of(changed(call, "/function/name", ""), answer) == place + ".function.name");
  CHECK(param_of(changed(call, "/function/arguments", Json::object()), answer) ==
        place + ".function.arguments");
  CHECK(param_of(call, changed(answer, "/tool_call_id", nullptr)) == "messages[2].tool_call_id");
  CHECK(param_of(call, changed(answer, "/tool_call_id", "c2")) == "messages[2].tool_call_id");
  const Json asked{{"role", "assistant"}, {"content", nullptr}, {"tool_calls", {call}}};
  const Json user{{"role", "user"}, {"content", "hi"}};
  for (const auto& messages : {Json{asked}, Json{asked, user}, Json{asked, user, answer}}) {
    const auto unanswered = complete(fixture, asking("tools", {{"messages", messages}}));
    CHECK(unanswered.status == 422);
    CHECK(unanswered.json()["error"]["param"] == "messages[0].tool_calls");
    const Json remembered{{"thread_id", "t"}, {"messages", messages}};
    CHECK(complete(fixture, asking("tools", remembered)).status == 200);
  }
  const Json on_thread{{"thread_id", "t"}, {"messages", {answer}}};
  CHECK(complete(fixture, asking("tools", on_thread)).status == 200);
  const Json older{{"messages",
                    {{{"role", "assistant"},
                      {"content", nullptr},
                      {"function_call", {{"name", "look"}, {"arguments", "{}"}}}}}}};
  CHECK(complete(fixture, asking("tools", older)).json()["error"]["param"] ==
        "messages[0].function_call");
  const Json not_calls{{"messages", {{{"role", "assistant"}, {"tool_calls", "look"}}}}};
  CHECK(complete(fixture, asking("tools", not_calls)).json()["error"]["param"] ==
        "messages[0].tool_calls");
}

}  // namespace
}  // namespace parlance::net
