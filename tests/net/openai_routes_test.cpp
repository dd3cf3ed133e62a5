#include "net/sse_writer.hpp"
#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

using namespace parlance;
using namespace parlance::net;
using std::chrono::milliseconds;

namespace {

std::string asking(const std::string& model, const Json& more = Json::object()) {
  Json body{{"model", model}, {"messages", {{{"role", "user"}, {"content", "hi"}}}}};
  body.update(more);
  return body.dump();
}

Answered complete(const ServerFixture& fixture,
                  const std::string& body,
                  std::string_view headers = {}) {
  return fixture.call("POST", "/v1/chat/completions", body, headers);
}

HttpServerOptions quick_options() {
  HttpServerOptions options;
  options.hold_time_max = milliseconds(40);
  options.heartbeat_time = milliseconds(30);
  return options;
}

}  // namespace

TEST_CASE("models are the agents, and the roles that embed") {
  ServerFixture fixture;
  const auto list = fixture.call("GET", "/v1/models").json();
  CHECK(list["object"] == "list");
  CHECK(list["data"].size() == fixture.agents.size() + 1);
  CHECK(list["data"].back()["id"] == "embed");
  CHECK(fixture.call("GET", "/v1/models/embed").status == 200);
  CHECK(list["data"][0]["object"] == "model");
  CHECK(fixture.call("GET", "/v1/models/echo").json()["id"] == "echo");
  const auto none = fixture.call("GET", "/v1/models/nope");
  CHECK(none.status == 404);
  CHECK(none.json()["error"]["code"] == "model_not_found");
}

TEST_CASE("a completion is the turn's answer") {
  ServerFixture fixture;
  const auto answered = complete(fixture, asking("echo"), "content-type: text/plain\r\n");
  REQUIRE(answered.status == 200);
  CHECK(answered.header("content-type") == "application/json");
  const auto json = answered.json();
  CHECK(json["object"] == "chat.completion");
  CHECK(json["model"] == "echo");
  CHECK(json["choices"][0]["message"]["content"] == "echo: hi");
  CHECK(json["choices"][0]["message"]["role"] == "assistant");
  CHECK(json["choices"][0]["finish_reason"] == "stop");
  CHECK(json["usage"]["total_tokens"] == 5);
  auto& turn = fixture.conversations.turn();
  CHECK(turn.request.temporary);
  CHECK(is_uuid(turn.request.thread.thread.value));
  CHECK(turn.request.thread.tenant.value == "dev");
}

TEST_CASE("what is asked for reaches the turn") {
  ServerFixture fixture;
  tests::add_agent(fixture.agents,
                   "open",
                   R"({"models_allowed": ["*"], "start": "e", "nodes": {"e": {"kind": "echo"}}})");
  const Json more{
      {"thread_id", "customer-7"},
      {"temperature", 0.5},
      {"max_completion_tokens", 9},
      {"messages",
       {{{"role", "developer"}, {"content", "be brief"}},
        {{"role", "assistant"}, {"content", nullptr}, {"tool_calls", Json::array()}},
        {{"role", "user"},
         {"name", "bob"},
         {"content",
          {{{"type", "text"}, {"text", "a\u0007b"}}, {{"type", "text"}, {"text", "c"}}}}}}}};
  CHECK(complete(fixture,
                 asking("open/mock-2/x", more),
                 "x-stainless-timeout: 2\r\nx-request-id: r-1\r\n")
            .status == 200);
  const auto& request = fixture.conversations.turn().request;
  CHECK(request.agent == "open");
  CHECK(request.model_override == "mock-2/x");
  CHECK(request.thread.thread.value == "customer-7");
  CHECK_FALSE(request.temporary);
  CHECK(request.request_id == "r-1");
  CHECK(request.options["temperature"] == 0.5);
  CHECK(request.options["max_tokens"] == 9);
  REQUIRE(request.input.size() == 3);
  CHECK(request.input[0]->role == Role::system);
  CHECK(request.input[1]->role == Role::ai);
  CHECK(request.input[2]->text == "ab\nc");
  CHECK(request.input[2]->extra["name"] == "bob");
  CHECK(request.deadline.left(std::chrono::steady_clock::now()) <= milliseconds(2'000));
}

TEST_CASE("a refusal may be a part of an assistant's content, and of nobody else's") {
  ServerFixture fixture;
  const Json content{{{"type", "text"}, {"text", "a"}}, {{"type", "refusal"}, {"refusal", "no"}}};
  const auto said_by = [&](const char* role) {
    return asking(
        "echo",
        {{"messages",
          {{{"role", role}, {"content", content}}, {{"role", "user"}, {"content", "x"}}}}});
  };
  CHECK(complete(fixture, said_by("assistant")).status == 200);
  const auto& message = *fixture.conversations.turn().request.input[0];
  CHECK(message.text == "a");
  CHECK(message.extra["refusal"] == "no");
  CHECK(complete(fixture, said_by("user")).json()["error"]["param"] ==
        "messages[0].content[1].type");
}

TEST_CASE("a wrong value is refused and named") {
  ServerFixture fixture;
  struct Case {
    Json more;
    std::string param;
  };
  const std::vector<Case> cases{
      {{{"model", 1}}, "model"},
      {{{"model", nullptr}}, "model"},
      {{{"messages", "hi"}}, "messages"},
      {{{"messages", Json::array()}}, "messages"},
      {{{"messages", {1}}}, "messages[0]"},
      {{{"messages", {{{"role", "king"}, {"content", "x"}}}}}, "messages[0].role"},
      {{{"messages", {{{"role", "user"}}}}}, "messages[0].content"},
      {{{"messages", {{{"role", "user"}, {"content", 5}}}}}, "messages[0].content"},
      {{{"messages", {{{"role", "user"}, {"content", {{{"type", "image_url"}}}}}}}},
       "messages[0].content[0].type"},
      {{{"messages", {{{"role", "user"}, {"content", "x"}, {"id", "a b"}}}}}, "messages[0].id"},
      {{{"messages", {{{"role", "user"}, {"content", "x"}, {"name", 7}}}}}, "messages[0].name"},
      {{{"stream", "yes"}}, "stream"},
      {{{"stream_options", {{"include_usage", 1}}}}, "stream_options.include_usage"},
      {{{"temperature", "hot"}}, "temperature"},
      {{{"temperature", 3}}, "temperature"},
      {{{"max_tokens", -1}}, "max_tokens"},
      {{{"max_tokens", 1.5}}, "max_tokens"},
      {{{"n", 2}}, "n"},
      {{{"thread_id", "a/b"}}, "thread_id"},
      {{{"thread_id", ""}}, "thread_id"},
      {{{"thread_id", 7}}, "thread_id"},
      {{{"on_disconnect", "wait"}}, "on_disconnect"},
      {{{"metadata", "x"}}, "metadata"},
      {{{"parallel_tool_calls", "yes"}}, "parallel_tool_calls"},
      {{{"tool_choice", "sometimes"}}, "tool_choice"},
      {{{"tool_choice", "required"}}, "tool_choice"},
      {{{"service_tier", 1}}, "service_tier"},
      {{{"prediction", "ho"}}, "prediction"},
      {{{"messages", {{{"role", "function"}, {"name", "f"}, {"content", "x"}}}}},
       "messages[0].role"},
  };
  for (const auto& each : cases) {
    INFO(each.more.dump());
    const auto answered = complete(fixture, asking("echo", each.more));
    CHECK(answered.status == 422);
    const auto error = answered.json()["error"];
    CHECK(error["code"] == "invalid_value");
    CHECK(error["type"] == "invalid_request_error");
    CHECK(error["param"] == each.param);
    CHECK_FALSE(error["message"].get<std::string>().empty());
  }
  CHECK(complete(fixture, asking("nope")).json()["error"]["code"] == "agent_not_found");
  for (const auto* model : {"echo/gpt-9", "echo/"}) {
    const auto none = complete(fixture, asking(model));
    CHECK(none.status == 404);
    CHECK(none.json()["error"]["code"] == "model_not_found");
    CHECK(none.json()["error"]["param"] == "model");
  }
  CHECK(complete(fixture, asking("echo", {{"unknown", {1, 2}}, {"temperature", nullptr}})).status ==
        200);
}

TEST_CASE("refusals and failures are statuses with advice") {
  ServerFixture fixture;
  struct Case {
    ErrorCode code;
    int status;
    std::string type;
    std::string retry_after;
    std::string should_retry;
  };
  const std::vector<Case> cases{
      {ErrorCode::mailbox_full, 429, "rate_limit_error", "1", ""},
      {ErrorCode::threads_full, 503, "server_error", "1", ""},
      {ErrorCode::thread_full, 409, "invalid_request_error", "", "false"},
      {ErrorCode::steps_exceeded, 500, "server_error", "", "false"},
      {ErrorCode::deadline_passed, 504, "server_error", "", ""},
      {ErrorCode::cancelled, 409, "invalid_request_error", "", "false"},
  };
  for (const bool refused : {true, false}) {
    for (const bool stream : {true, false}) {
      for (const auto& each : cases) {
        INFO(to_string(each.code) << " refused " << refused << " stream " << stream);
        fixture.conversations.on_turn = [&](tests::FakeTurn& turn) {
          if (refused) return turn.refuse(each.code);
          turn.accept().fail(each.code);
        };
        const auto answered = complete(fixture, asking("echo", {{"stream", stream}}));
        CHECK(answered.status == each.status);
        CHECK(answered.json()["error"]["code"] == std::string(to_string(each.code)));
        CHECK(answered.json()["error"]["type"] == each.type);
        CHECK(answered.header("x-error-code") == to_string(each.code));
        CHECK(answered.header("retry-after") == each.retry_after);
        CHECK(answered.header("retry-after-ms") == (each.retry_after.empty() ? "" : "1000"));
        CHECK(answered.header("x-should-retry") == each.should_retry);
      }
    }
  }
}

TEST_CASE("what stands on a thread is not asked again, what was refused may be") {
  ServerFixture fixture;
  for (const bool stream : {true, false}) {
    for (const bool refused : {true, false}) {
      INFO("stream " << stream << " refused " << refused);
      fixture.conversations.on_turn = [&](tests::FakeTurn& turn) {
        if (refused) return turn.refuse(ErrorCode::model_unavailable);
        turn.accept().fail(ErrorCode::model_unavailable);
      };
      const auto answered =
          complete(fixture, asking("echo", {{"stream", stream}, {"thread_id", "t"}}));
      CHECK(answered.status == 503);
      CHECK(answered.header("x-should-retry") == (refused ? "" : "false"));
      CHECK(answered.header("retry-after").empty() != refused);
    }
  }
}

TEST_CASE("advice is rounded up to seconds, and a minute at most") {
  ServerFixture fixture;
  const auto advised = [&](milliseconds time) {
    fixture.conversations.on_turn = [time](tests::FakeTurn& turn) {
      turn.close(Error{ErrorCode::mailbox_full, {}, {}, time});
    };
    return complete(fixture, asking("echo")).header("retry-after");
  };
  CHECK(advised(milliseconds(1)) == "1");
  CHECK(advised(milliseconds(1'001)) == "2");
  CHECK(advised(milliseconds(3'600'000)) == "60");
}

TEST_CASE("what a provider says of the request is passed on, what it says of itself is not") {
  ServerFixture fixture;
  const auto failing_with = [&](ErrorCode code) {
    fixture.conversations.on_turn = [code](tests::FakeTurn& turn) {
      turn.accept().fail(code, "the provider's words");
    };
    return complete(fixture, asking("echo"));
  };
  const auto rejected = failing_with(ErrorCode::request_rejected);
  CHECK(rejected.status == 400);
  CHECK(rejected.json()["error"]["message"] == "the provider's words");
  const auto refused = failing_with(ErrorCode::provider_refused);
  CHECK(refused.status == 502);
  CHECK(refused.json()["error"]["message"] == "the provider's words");
  const auto failed = failing_with(ErrorCode::provider_failed);
  CHECK(failed.status == 502);
  CHECK(failed.body.find("provider's words") == std::string::npos);
}

TEST_CASE("a refusal of the model reaches the client, whole and streamed") {
  ServerFixture fixture;
  fixture.conversations.on_turn = [](tests::FakeTurn& turn) {
    StepDone done;
    done.turn = 1;
    done.step = 1;
    done.node = "generate";
    done.messages.push_back(std::make_shared<const Message>(
        Message{"m", Role::ai, "", {{"additional_kwargs", {{"refusal", "I will not."}}}}, {}}));
    turn.accept().show(std::move(done)).finish();
  };
  const auto message = complete(fixture, asking("chat")).json()["choices"][0]["message"];
  CHECK(message["refusal"] == "I will not.");
  CHECK(message["content"].is_null());
  const auto events = complete(fixture, asking("chat", {{"stream", true}})).events();
  REQUIRE(events.size() == 3);
  CHECK(Json::parse(events[0].data)["choices"][0]["delta"] ==
        Json{{"role", "assistant"}, {"content", nullptr}, {"refusal", "I will not."}});
}

TEST_CASE("a stream shows pieces as they come, then its end") {
  ServerFixture fixture;
  fixture.conversations.on_turn = nullptr;
  RawClient client(fixture.port);
  client.request(
      "POST", "/v1/chat/completions", asking("chat", {{"stream", true}, {"thread_id", "t"}}));
  auto& turn = fixture.conversations.turn();
  turn.accept().say({"one"});
  const auto head = client.head();
  CHECK(head.status == 200);
  CHECK(head.header("content-type") == "text/event-stream; charset=utf-8");
  CHECK(head.header("cache-control") == "no-cache");
  const auto first = client.chunk();
  CHECK(first.find(R"("role":"assistant","content":"one")") != std::string::npos);
  CHECK(first.find("\nid: 2-0\n\n") != std::string::npos);
  turn.say({" two", " three"});
  CHECK(client.chunk().find("\nid: 3-3\n\n") != std::string::npos);
  turn.step("one two three").finish(StopReason::length);
  std::string rest;
  for (auto piece = client.chunk(); !piece.empty(); piece = client.chunk())
    rest += piece;
  CHECK(rest.find(R"("finish_reason":"length")") != std::string::npos);
  CHECK(rest.ends_with("data: [DONE]\n\n"));
  client.request("GET", "/livez");
  CHECK(client.answer().status == 200);
}

TEST_CASE("a message that was not streamed comes whole") {
  ServerFixture fixture;
  const auto events = complete(fixture, asking("echo", {{"stream", true}})).events();
  REQUIRE(events.size() == 3);
  CHECK(Json::parse(events[0].data)["choices"][0]["delta"]["content"] == "echo: hi");
  CHECK(events[0].id.empty());
  CHECK(events[2].data == "[DONE]");
}

TEST_CASE("what fails after the head is told in the stream") {
  ServerFixture fixture(quick_options());
  fixture.conversations.on_turn = nullptr;
  RawClient client(fixture.port);
  client.request("POST", "/v1/chat/completions", asking("chat", {{"stream", true}}));
  auto& turn = fixture.conversations.turn();
  turn.accept();
  CHECK(client.head().status == 200);
  CHECK(client.chunk() == heartbeat);
  turn.fail(ErrorCode::model_queue_full);
  std::string text;
  for (auto piece = client.chunk(); !piece.empty(); piece = client.chunk())
    text += piece;
  CHECK(text.find(R"("code":"model_queue_full","retry_after_ms":1000)") != std::string::npos);
  CHECK(text.find("[DONE]") == std::string::npos);
}

TEST_CASE("a completion that fails late is still a status") {
  ServerFixture fixture(quick_options());
  fixture.conversations.on_turn = nullptr;
  RawClient client(fixture.port);
  client.request("POST", "/v1/chat/completions", asking("chat"));
  auto& turn = fixture.conversations.turn();
  turn.accept();
  std::this_thread::sleep_for(milliseconds(120));
  turn.fail(ErrorCode::deadline_passed);
  CHECK(client.answer().status == 504);
}

TEST_CASE("a client that leaves cancels its call, unless it says otherwise") {
  for (const bool stream : {true, false}) {
    ServerFixture fixture(quick_options());
    fixture.conversations.on_turn = nullptr;
    {
      RawClient client(fixture.port);
      client.request(
          "POST", "/v1/chat/completions", asking("chat", {{"stream", stream}, {"thread_id", "t"}}));
      fixture.conversations.turn().accept();
      if (stream) CHECK(client.head().status == 200);
    }
    const auto [run, reason] = fixture.conversations.wait_for_cancel();
    CHECK(run == fixture.conversations.turn().request.run);
    CHECK(reason == CancelReason::client_left);
    fixture.conversations.turn().fail(ErrorCode::cancelled);
  }
  ServerFixture fixture(quick_options());
  fixture.conversations.on_turn = nullptr;
  {
    RawClient client(fixture.port);
    client.request("POST",
                   "/v1/chat/completions",
                   asking("chat", {{"stream", true}, {"on_disconnect", "continue"}}));
    fixture.conversations.turn().accept();
    CHECK(client.head().status == 200);
  }
  while (fixture.metrics.connections_open.Value() > 0)
    std::this_thread::yield();
  CHECK(fixture.conversations.cancels() == 0);
  fixture.conversations.turn().step("x").finish();
}

TEST_CASE("a client that leaves before its turn was accepted cancels it then") {
  ServerFixture fixture(quick_options());
  fixture.conversations.on_turn = nullptr;
  {
    RawClient client(fixture.port);
    client.request("POST", "/v1/chat/completions", asking("chat"));
    fixture.conversations.turn();
  }
  std::this_thread::sleep_for(milliseconds(60));
  CHECK(fixture.conversations.cancels() == 0);
  fixture.conversations.turn().accept();
  CHECK(fixture.conversations.wait_for_cancel().second == CancelReason::client_left);
  fixture.conversations.turn().fail(ErrorCode::cancelled);
}

TEST_CASE("a reader that never reads is cut, and others notice nothing") {
  HttpServerOptions options = quick_options();
  options.stream_buffer_bytes_max = 64 * 1024;
  ServerFixture fixture(options);
  fixture.conversations.on_turn = nullptr;
  RawClient client(fixture.port);
  int small = 4 * 1024;
  ::setsockopt(client.socket().native_handle(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  client.request(
      "POST", "/v1/chat/completions", asking("chat", {{"stream", true}, {"thread_id", "t"}}));
  auto& turn = fixture.conversations.turn();
  turn.accept();
  const std::string piece(8 * 1024, 'x');
  for (int i = 0; i < 10'000 && turn.still_read; ++i) {
    turn.say({piece});
    if (i % 8 == 0) std::this_thread::sleep_for(milliseconds(1));
  }
  CHECK_FALSE(turn.still_read);
  while (fixture.metrics.streams_open.Value() > 0)
    std::this_thread::sleep_for(milliseconds(5));
  CHECK(complete(fixture, "{}").status == 422);
  turn.fail(ErrorCode::cancelled);
}

TEST_CASE("streams on HTTP/1.0 are not chunked and end with the connection") {
  ServerFixture fixture;
  RawClient client(fixture.port);
  const auto body = asking("echo", {{"stream", true}});
  client.send("POST /v1/chat/completions HTTP/1.0\r\ncontent-length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  const auto answered = client.answer();
  CHECK(answered.status == 200);
  CHECK(answered.header("transfer-encoding").empty());
  CHECK(answered.events().size() == 3);
}
