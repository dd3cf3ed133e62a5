// Requests that are sent again under the same Idempotency-Key.
#include "tests/net/langgraph_fixture.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace parlance::net {
namespace {

constexpr const char* with_key = "idempotency-key: order-66\r\n";

std::string chat_body(const std::string& text, const Json& more = Json::object()) {
  Json body{{"model", "echo"}, {"messages", {{{"role", "user"}, {"content", text}}}}};
  body.update(more);
  return body.dump();
}

struct IdempotencyFixture : LanggraphFixture {
  Answered post(const std::string& path,
                const std::string& body,
                const std::string& headers = with_key) {
    return call("POST", path, body, headers);
  }

  const TurnRequest& asked(std::size_t n) { return conversations.turn(n).request; }
};

TEST_CASE("the answer to a repeated request is the first one, byte for byte, and says so") {
  IdempotencyFixture fixture;
  const auto [path, body] = GENERATE(
      std::pair{std::string("/v1/chat/completions"), chat_body("hi")},
      std::pair{std::string("/v1/chat/completions"), chat_body("hi", {{"stream", true}})},
      std::pair{std::string("/v1/chat/completions"), chat_body("hi", {{"thread_id", "t"}})},
      std::pair{thread_path + "/runs", run_body()},
      std::pair{thread_path + "/runs/wait", run_body()},
      std::pair{thread_path + "/runs/stream", run_body({{"stream_mode", "messages-tuple"}})},
      std::pair{std::string("/runs"), run_body()},
      std::pair{std::string("/runs/wait"), run_body()},
      std::pair{std::string("/runs/stream"), run_body()},
      std::pair{std::string("/threads"), std::string(R"({"metadata":{"a":1}})")});
  CAPTURE(path, body);
  const auto first = fixture.post(path, body);
  const auto again = fixture.post(path, body);
  CHECK(first.status == 200);
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  CHECK(again.header("content-location") == first.header("content-location"));
  CHECK(again.header("location") == first.header("location"));
  if (path == "/threads") return;
  CHECK(fixture.conversations.turns() == 1);
  CHECK(first.header("idempotent-replayed").empty());
  CHECK(again.header("idempotent-replayed") == "true");
}

TEST_CASE("the order of a body's fields and its spaces are not the request") {
  IdempotencyFixture fixture;
  fixture.post("/v1/chat/completions",
               R"({"model":"echo","messages":[{"role":"user","content":"hi"}]})");
  const auto again =
      fixture.post("/v1/chat/completions",
                   R"({ "messages": [{"content": "hi", "role": "user"}], "model": "echo" })");
  CHECK(again.header("idempotent-replayed") == "true");
}

TEST_CASE("another request under the same key is refused in the shape of its family") {
  IdempotencyFixture fixture;
  fixture.post("/v1/chat/completions", chat_body("hi"));
  const auto openai = fixture.post("/v1/chat/completions", chat_body("ho"));
  CHECK(openai.status == 422);
  CHECK(openai.json()["error"]["code"] == "idempotency_key_reused");
  fixture.post(thread_path + "/runs/wait", run_body());
  const auto langgraph =
      fixture.post(thread_path + "/runs/wait", run_body({{"metadata", {{"other", 1}}}}));
  CHECK(langgraph.status == 422);
  CHECK(langgraph.header("x-error-code") == "idempotency_key_reused");
  fixture.post("/threads", "{}");
  const auto thread = fixture.post("/threads", R"({"metadata":{"other":1}})");
  CHECK(thread.status == 422);
  CHECK(thread.header("x-error-code") == "idempotency_key_reused");
}

TEST_CASE("a key stands for what is done: for another operation it is another request") {
  IdempotencyFixture fixture;
  // Each is a body of both.
  const std::string of_thread = run_body({{"values", Json::object()}});
  fixture.post(thread_path + "/runs/wait", of_thread);
  fixture.post(thread_path + "/state", of_thread);
  const auto& update = fixture.conversations.updates.back();
  CHECK(update.run == fixture.asked(0).run);
  CHECK(update.request_digest != fixture.asked(0).request_digest);

  const std::string stateless = run_body(Json::parse(chat_body("hi")));
  CHECK(fixture.post("/runs/wait", stateless).status == 200);
  CHECK(fixture.post("/v1/chat/completions", stateless).status == 422);

  // The stateless run's key has made its thread.
  CHECK(fixture.post(thread_path + "/copy", "{}").header("x-error-code") ==
        "idempotency_key_reused");
  const auto thread = fixture.post("/threads", Json{{"copy_of", thread_id}}.dump());
  CHECK(thread.header("x-error-code") == "idempotency_key_reused");
}

TEST_CASE("the routes that start a run are one operation") {
  IdempotencyFixture fixture;
  fixture.post(thread_path + "/runs", run_body());
  for (const char* const route : {"/runs/wait", "/runs/stream"})
    CHECK(fixture.post(thread_path + route, run_body()).header("idempotent-replayed") == "true");
  CHECK(fixture.conversations.turns() == 1);
}

TEST_CASE("a key counts within its thread, and other keys are other requests") {
  IdempotencyFixture fixture;
  const std::string other_thread = "0b0e5a3e-0000-4000-8000-000000000002";
  fixture.conversations.add_thread(fixture.thread(other_thread));
  std::set<std::string> runs;
  for (const auto& path : {thread_path, "/threads/" + other_thread, std::string()}) {
    for (const auto* key : {"idempotency-key: a\r\n", "idempotency-key: b\r\n"}) {
      const auto answered = fixture.post(path + "/runs/wait", run_body(), key);
      CHECK(answered.header("idempotent-replayed").empty());
      runs.insert(answered.header("content-location"));
    }
  }
  CHECK(runs.size() == 6);
  CHECK(fixture.conversations.turns() == 6);
}

TEST_CASE("a thread that is made without an id is named after the key") {
  IdempotencyFixture fixture;
  const auto first = fixture.post("/threads", "{}").json()["thread_id"];
  CHECK(is_uuid(first.get<std::string>()));
  CHECK(fixture.post("/threads", "{}").json()["thread_id"] == first);
  CHECK(fixture.post("/threads", "{}", "idempotency-key: b\r\n").json()["thread_id"] != first);
  CHECK(fixture.post("/threads", "{}", "").json()["thread_id"] != first);
}

TEST_CASE("a thread that was asked for by its id is there already, whatever the key") {
  IdempotencyFixture fixture;
  const auto id = "0b0e5a3e-0000-4000-8000-000000000003";
  const auto body = Json{{"thread_id", id}}.dump();
  CHECK(fixture.post("/threads", body).status == 200);
  CHECK(fixture.post("/threads", body).status == 200);
  CHECK(fixture.post("/threads", body, "idempotency-key: b\r\n").status == 409);
  CHECK(fixture.post("/threads", body, "").status == 409);
}

TEST_CASE("a deletion that is asked for again answers as the first time") {
  IdempotencyFixture fixture;
  const auto first = fixture.call("DELETE", thread_path, {}, with_key);
  const auto again = fixture.call("DELETE", thread_path, {}, with_key);
  CHECK((first.status == 204 && again.status == 204));
  CHECK(first.header("idempotent-replayed").empty());
  CHECK(again.header("idempotent-replayed") == "true");
  CHECK(fixture.call("DELETE", thread_path).status == 404);
}

TEST_CASE("a key that is none is refused and named") {
  IdempotencyFixture fixture;
  for (const std::string& header : {std::string("idempotency-key:\r\n"),
                                    std::string("idempotency-key: two words\r\n"),
                                    std::string("idempotency-key: caf\xc3\xa9\r\n"),
                                    "idempotency-key: " + std::string(256, 'k') + "\r\n",
                                    std::string("idempotency-key: a\r\nidempotency-key: a\r\n")}) {
    CAPTURE(header);
    const auto openai = fixture.post("/v1/chat/completions", chat_body("hi"), header);
    CHECK(openai.status == 422);
    CHECK(openai.json()["error"]["param"] == "Idempotency-Key");
    CHECK(fixture.post(thread_path + "/runs/wait", run_body(), header).status == 422);
    CHECK(fixture.post("/threads", "{}", header).status == 422);
    CHECK(fixture.call("DELETE", thread_path, {}, header).status == 422);
  }
  CHECK(fixture.conversations.turns() == 0);
  const auto longest = "idempotency-key: " + std::string(255, 'k') + "\r\n";
  CHECK(fixture.post("/v1/chat/completions", chat_body("hi"), longest).status == 200);
}

TEST_CASE(
    "a turn with a key goes on when its client leaves or waits no longer, unless it is said") {
  IdempotencyFixture fixture;
  const std::string hasty = std::string(with_key) + "x-stainless-timeout: 1\r\n";
  fixture.post("/v1/chat/completions", chat_body("hi"), hasty);
  fixture.post("/v1/chat/completions", chat_body("hi"), "x-stainless-timeout: 1\r\n");
  const auto left = [&](std::size_t n) {
    return fixture.asked(n).deadline.left(std::chrono::steady_clock::now());
  };
  CHECK(left(0) > std::chrono::seconds(5));
  CHECK(left(1) < std::chrono::seconds(2));

  fixture.conversations.on_turn = nullptr;
  const auto leave = [&](const Json& more, const std::string& key) {
    const auto before = fixture.conversations.turns();
    RawClient client(fixture.port);
    client.request("POST", "/runs/wait", run_body(more, "chat"), key);
    fixture.conversations.turn(before).accept();
  };
  leave({{"on_disconnect", "cancel"}}, "idempotency-key: a\r\n");
  CHECK(fixture.conversations.wait_for_cancel().first == fixture.asked(2).run);
  leave({}, "idempotency-key: b\r\n");
  while (fixture.metrics.connections_open.Value() > 0)
    std::this_thread::yield();
  CHECK(fixture.conversations.cancels() == 1);
  for (const std::size_t n : {2U, 3U})
    fixture.conversations.turn(n).fail(ErrorCode::cancelled);
}

TEST_CASE("a failure is told to whoever repeats the request as it was told first, for good") {
  IdempotencyFixture fixture;
  fixture.conversations.on_turn = [](tests::FakeTurn& turn) {
    turn.accept().fail(ErrorCode::provider_failed);
  };
  const auto path =
      GENERATE(as<std::string>(), "/v1/chat/completions", "/runs/wait", "/runs/stream");
  const auto body = path.starts_with("/v1") ? chat_body("hi") : run_body();
  const auto first = fixture.post(path, body);
  CHECK(first.status == 502);
  CHECK(first.header("retry-after").empty());
  CHECK(first.header("x-should-retry") == "false");
  CHECK(first.header("idempotent-replayed").empty());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto again = fixture.post(path, body);
  CHECK(again.status == first.status);
  CHECK(again.header("retry-after").empty());
  CHECK(again.header("idempotent-replayed") == "true");
  CHECK(fixture.conversations.turns() == 1);
}

}  // namespace
}  // namespace parlance::net
