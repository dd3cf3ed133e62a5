#include "tests/bench/support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;

MockSettings at_once(std::uint32_t tokens = 4) {
  MockSettings settings;
  settings.tokens = tokens;
  settings.first_token_delay = milliseconds(0);
  settings.token_delay = milliseconds(0);
  return settings;
}

MockSettings with_fault(std::string_view fault) {
  auto settings = at_once();
  REQUIRE(set(settings, "fault", fault));
  return settings;
}

TEST_CASE("the mock's answer follows from the request") {
  const RunningMock mock(at_once());
  const auto answer = ask_json(mock.port(), "POST", "/v1/chat/completions", chat_body("hello"));
  CHECK(answer["object"] == "chat.completion");
  CHECK(answer["model"] == "mock-1");
  CHECK(answer["choices"][0]["message"]["content"] == "hello w1 w2 w3");
  CHECK(answer["choices"][0]["finish_reason"] == "stop");
  CHECK(answer["usage"]["completion_tokens"] == 4);
}

TEST_CASE("the mock streams a role, tokens, one finish reason, usage and the end") {
  const RunningMock mock(at_once(3));
  auto body = Json::parse(chat_body("h\u00e9", true));
  body["stream_options"] = {{"include_usage", true}};
  const auto answer = ask(mock.port(), "POST", "/v1/chat/completions", body.dump());
  CHECK(answer.find("Content-Type: text/event-stream") != std::string::npos);
  std::size_t at = 0;
  for (const auto* part : {R"("delta":{"role":"assistant")",
                           "\"delta\":{\"content\":\"h\u00e9\"}",
                           R"("delta":{"content":" w1"})",
                           R"("delta":{"content":" w2"})",
                           R"("finish_reason":"stop"}],"usage":null)",
                           R"("choices":[],"usage":{"prompt_tokens")",
                           "data: [DONE]\n\n"}) {
    at = answer.find(part, at);
    INFO(part);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("a request's max_tokens ends the mock's answer by length") {
  const RunningMock mock(at_once(50));
  auto body = Json::parse(chat_body("hello"));
  body["max_tokens"] = 2;
  const auto answer = ask_json(mock.port(), "POST", "/v1/chat/completions", body.dump());
  CHECK(answer["choices"][0]["message"]["content"] == "hello w1");
  CHECK(answer["choices"][0]["finish_reason"] == "length");
}

TEST_CASE("the mock's first token and the ones after it keep their delays") {
  auto settings = at_once(5);
  settings.first_token_delay = milliseconds(60);
  settings.token_delay = milliseconds(20);
  const RunningMock mock(settings);
  ask(mock.port(), "POST", "/v1/chat/completions", chat_body("hello", true));
  const auto entry = ask_json(mock.port(), "GET", "/mock/journal")[0];
  CHECK(entry["outcome"] == "finished");
  CHECK(entry["tokens_sent"] == 5);
  CHECK(entry["first_token_after_ms"].get<double>() >= 59);
  CHECK(entry["ended_after_ms"].get<double>() >= 139);
}

TEST_CASE("the mock notices within moments that a client went in mid-stream") {
  auto settings = at_once(1'000);
  settings.token_delay = milliseconds(500);
  const RunningMock mock(settings);
  RawClient client(mock.port());
  client.send("POST", "/v1/chat/completions", chat_body("hello", true));
  client.read_until("hello");
  client.close();
  const auto entry =
      entry_when(mock.port(), [](const Json& seen) { return seen["outcome"] == "client_closed"; });
  REQUIRE(entry.is_object());
  CHECK(entry["tokens_sent"] == 1);
  CHECK(entry["closed_after_ms"].get<double>() < 450);
  CHECK(ask_json(mock.port(), "GET", "/mock/stats")["closed_by_client"] == 1);
  CHECK(ask_json(mock.port(), "GET", "/mock/stats")["at_once"] == 0);
}

TEST_CASE("the mock notices that a client went while it waited for a slot or a hung answer") {
  auto settings = with_fault("hang");
  settings.slots = 1;
  settings.queue = 1;
  const RunningMock mock(settings);
  RawClient first(mock.port());
  first.send("POST", "/v1/chat/completions", chat_body("first"));
  REQUIRE(
      entry_when(mock.port(), [](const Json& seen) { return seen["at_once"] == 1; }).is_object());
  RawClient second(mock.port());
  second.send("POST", "/v1/chat/completions", chat_body("second"));
  const auto waiting = [&](int count) {
    return entry_when(mock.port(), [&](const Json&) {
      return ask_json(mock.port(), "GET", "/mock/stats")["waiting"] == count;
    });
  };
  REQUIRE(waiting(1).is_object());
  CHECK(ask(mock.port(), "POST", "/v1/chat/completions", chat_body("third")).find("429") !=
        std::string::npos);
  second.close();
  REQUIRE(waiting(0).is_object());
  first.close();
  REQUIRE(entry_when(mock.port(), [](const Json& seen) {
            return seen["outcome"] == "client_closed";
          }).is_object());
  const auto stats = ask_json(mock.port(), "GET", "/mock/stats");
  CHECK(stats["requests"] == 3);
  CHECK(stats["refused"] == 1);
  CHECK(stats["closed_by_client"] == 2);
  CHECK(stats["at_once_max"] == 1);
}

TEST_CASE("a slot that is given back goes to the first who waits") {
  auto settings = at_once();
  settings.first_token_delay = milliseconds(30);
  settings.slots = 2;
  settings.queue = 10;
  const RunningMock mock(settings);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int index = 0; index < 6; ++index) {
    clients.push_back(std::make_unique<RawClient>(mock.port()));
    clients.back()->send(
        "POST", "/v1/chat/completions", chat_body("hello"), "Connection: close\r\n");
  }
  for (auto& client : clients) {
    CHECK(client->read_to_the_end().find("hello w1") != std::string::npos);
  }
  const auto stats = ask_json(mock.port(), "GET", "/mock/stats");
  CHECK(stats["finished"] == 6);
  CHECK(stats["at_once_max"] == 2);
  CHECK(stats["waiting_max"] == 4);
}

TEST_CASE("the mock takes so much a minute, says what is left, and refuses the rest") {
  auto settings = at_once(2);
  settings.requests_per_minute = 2;
  settings.tokens_per_minute = 1'000;
  const RunningMock mock(settings);
  const auto answer = [&] {
    return ask(mock.port(), "POST", "/v1/chat/completions", chat_body("hello"));
  };
  const auto first = answer();
  for (const auto* line : {"x-ratelimit-limit-requests: 2\r\n",
                           "x-ratelimit-remaining-requests: 1\r\n",
                           "x-ratelimit-reset-requests: ",
                           "x-ratelimit-limit-tokens: 1000\r\n"}) {
    INFO(line << " in " << first);
    CHECK(first.find(line) != std::string::npos);
  }
  answer();
  const auto refused = answer();
  CHECK(refused.starts_with("HTTP/1.1 429"));
  CHECK(refused.find("x-ratelimit-remaining-requests: 0\r\n") != std::string::npos);
  CHECK(refused.find("Retry-After: 30\r\n") != std::string::npos);
  ask(mock.port(), "POST", "/mock/settings", R"({"limit_headers":false})");
  CHECK(answer().find("x-ratelimit") == std::string::npos);
  ask(mock.port(), "POST", "/mock/reset");
  CHECK(answer().starts_with("HTTP/1.1 200"));
}

TEST_CASE("the mock's faults are what they are called") {
  const auto answer_to = [](std::string_view fault, bool stream) {
    const RunningMock mock(with_fault(fault));
    return ask(mock.port(), "POST", "/v1/chat/completions", chat_body("hello", stream));
  };
  const auto refused = answer_to("429", true);
  CHECK(refused.starts_with("HTTP/1.1 429"));
  CHECK(refused.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(refused.find(R"("code":"rate_limit_exceeded")") != std::string::npos);
  CHECK(answer_to("500", false).starts_with("HTTP/1.1 500"));

  const auto cut = answer_to("cut", true);
  CHECK(cut.find(" w1") != std::string::npos);
  CHECK(cut.find(" w2") == std::string::npos);
  CHECK_FALSE(cut.ends_with("0\r\n\r\n"));
  CHECK(answer_to("cut", false).find("HTTP/1.1 200") == 0);
  CHECK(answer_to("reset", true).find("[DONE]") == std::string::npos);
  const auto no_done = answer_to("no_done", true);
  CHECK(no_done.find("\"finish_reason\":\"stop\"") != std::string::npos);
  CHECK(no_done.find("[DONE]") == std::string::npos);
  CHECK(answer_to("garbage", true).find("data: {\"id\":\"chatcmpl-\n\n") != std::string::npos);
  CHECK(answer_to("error", true).find("data: {\"error\":") != std::string::npos);
  CHECK(answer_to("error", false).starts_with("HTTP/1.1 500"));
}

TEST_CASE("the seed decides which requests get a fault, up to the limit") {
  const auto fates = [](std::uint64_t seed) {
    auto settings = with_fault("500");
    settings.fault_share = 0.3;
    settings.seed = seed;
    settings.fault_count_max = 5;
    const RunningMock mock(settings);
    std::string text;
    for (int index = 0; index < 40; ++index) {
      const auto answer = ask(mock.port(), "POST", "/v1/chat/completions", chat_body("hello"));
      text += answer.starts_with("HTTP/1.1 500") ? 'x' : '.';
    }
    return text;
  };
  const auto first = fates(3);
  CHECK(first == fates(3));
  CHECK(first != fates(4));
  CHECK(std::count(first.begin(), first.end(), 'x') == 5);
}

TEST_CASE("a request's own headers go before the mock's settings") {
  const RunningMock mock(at_once());
  const auto answer =
      ask(mock.port(), "POST", "/v1/chat/completions", chat_body("hello"), "x-mock-tokens: 2\r\n");
  CHECK(answer.find(R"("hello w1")") != std::string::npos);
  const auto wrong = ask(
      mock.port(), "POST", "/v1/chat/completions", chat_body("hello"), "x-mock-tokens: many\r\n");
  CHECK(wrong.starts_with("HTTP/1.1 400"));
}

TEST_CASE("the mock's settings change while it runs, all of them or none") {
  const RunningMock mock(at_once());
  const auto changed =
      ask_json(mock.port(), "POST", "/mock/settings", R"({"tokens":2,"token_delay":"7ms"})");
  CHECK(changed["tokens"] == 2);
  CHECK(changed["token_delay"] == "7ms");
  const auto wrong =
      ask_json(mock.port(), "POST", "/mock/settings", R"({"tokens":9,"token_dealy":"7ms"})");
  CHECK(wrong["error"]["param"] == "token_dealy");
  CHECK(ask_json(mock.port(), "GET", "/mock/settings")["tokens"] == 2);
  ask(mock.port(), "POST", "/v1/chat/completions", chat_body("hello"));
  CHECK(ask_json(mock.port(), "GET", "/mock/stats")["requests"] == 1);
  ask(mock.port(), "POST", "/mock/reset");
  CHECK(ask_json(mock.port(), "GET", "/mock/stats")["requests"] == 0);
}

TEST_CASE("the mock refuses what OpenAI would refuse") {
  auto settings = at_once();
  settings.key = "secret";
  const RunningMock mock(settings);
  const auto post = [&](std::string_view body, std::string_view headers) {
    return ask(mock.port(), "POST", "/v1/chat/completions", body, headers);
  };
  const auto* key = "Authorization: Bearer secret\r\n";
  CHECK(post(chat_body("hello"), key).starts_with("HTTP/1.1 200"));
  CHECK(post(chat_body("hello"), "").starts_with("HTTP/1.1 401"));
  CHECK(post("{", key).starts_with("HTTP/1.1 400"));
  CHECK(post("[]", key).starts_with("HTTP/1.1 400"));
  CHECK(post(R"({"model":"m"})", key).starts_with("HTTP/1.1 400"));
  CHECK(post(R"({"model":"m","messages":[1]})", key).starts_with("HTTP/1.1 400"));
  CHECK(ask(mock.port(), "GET", "/v1/models/none").starts_with("HTTP/1.1 404"));
  CHECK(ask(mock.port(), "GET", "/nothing").starts_with("HTTP/1.1 404"));
  CHECK(ask_json(mock.port(), "GET", "/v1/models")["data"][0]["id"] == "mock-1");
}

}  // namespace
}  // namespace parlance::bench
