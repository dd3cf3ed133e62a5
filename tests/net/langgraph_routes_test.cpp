#include "tests/net/langgraph_fixture.hpp"

#include <catch2/catch.hpp>

using namespace parlance;
using namespace parlance::net;
using std::chrono::milliseconds;

namespace {

HttpServerOptions quick() {
  HttpServerOptions options;
  options.hold_time_max = milliseconds(40);
  options.heartbeat_time = milliseconds(30);
  return options;
}

std::string rest_of(RawClient& client) {
  std::string text;
  for (auto piece = client.chunk(); !piece.empty(); piece = client.chunk())
    text += piece;
  return text;
}

}  // namespace

TEST_CASE("assistants are the agents, by name and by a UUID of the name") {
  LanggraphFixture fixture;
  CHECK(fixture.call("GET", "/ok").json() == Json{{"ok", true}});
  CHECK(fixture.call("GET", "/info").json()["version"] == "1.2.3");
  const auto page = fixture.call("POST", "/assistants/search", R"({"limit":2})");
  CHECK(page.json().size() == 2);
  CHECK(page.header("x-pagination-total") == std::to_string(fixture.agents.size()));
  CHECK(page.header("x-pagination-next") == "2");
  CHECK(fixture.call("POST", "/assistants/search", R"({"graph_id":"echo"})").json().size() == 1);
  const auto names = [&](const Json& search) {
    std::vector<std::string> all;
    for (const auto& found : fixture.call("POST", "/assistants/search", search.dump()).json())
      all.push_back(found["name"]);
    return all;
  };
  const auto by_name = names({{"sort_by", "name"}, {"sort_order", "asc"}});
  CHECK(by_name.size() == fixture.agents.size());
  CHECK(std::is_sorted(by_name.begin(), by_name.end()));
  CHECK(names({{"sort_by", "created_at"}}) == by_name);
  CHECK(names({{"sort_by", "graph_id"}, {"limit", 2}}) ==
        std::vector<std::string>(by_name.rbegin(), by_name.rbegin() + 2));
  const auto by_id = names({{"sort_by", "assistant_id"}, {"sort_order", "asc"}});
  CHECK(std::is_sorted(by_id.begin(), by_id.end(), [](const auto& left, const auto& right) {
    return named_uuid(left) < named_uuid(right);
  }));
  CHECK(names({{"metadata", {{"created_by", "system"}}}}) == by_name);
  for (const Json& strange : {Json{{"created_by", "user"}},
                              Json{{"created_by", Json::object()}},
                              Json{{"created_by", "system"}, {"k", "v"}}}) {
    CHECK(names({{"metadata", strange}}).empty());
  }
  const auto echo = fixture.call("GET", "/assistants/echo").json();
  CHECK(echo["graph_id"] == "echo");
  CHECK(echo["assistant_id"] == named_uuid("echo"));
  CHECK(fixture.call("GET", "/assistants/" + named_uuid("echo")).json() == echo);
  const auto none = fixture.call("GET", "/assistants/nope");
  CHECK(none.status == 404);
  CHECK(none.header("content-type") == "text/plain; charset=utf-8");
  CHECK(none.body.starts_with("No assistant found for \"nope\"."));
}

TEST_CASE("threads are made, found, and deleted") {
  LanggraphFixture fixture;
  const auto made =
      fixture.call("POST", "/threads", R"({"metadata":{"k":"v"},"ttl":{"ttl":2}})").json();
  CHECK(is_uuid(made["thread_id"].get<std::string>()));
  CHECK(made["metadata"] == Json{{"k", "v"}});
  CHECK(made["status"] == "idle");
  CHECK(made["values"] == Json::object());
  CHECK(fixture.conversations.last_ttl_ms == 120'000);
  CHECK(fixture.call("POST", "/threads").status == 200);
  const auto path = "/threads/" + made["thread_id"].get<std::string>();
  CHECK(fixture.call("GET", path).json()["thread_id"] == made["thread_id"]);
  const Json again{{"thread_id", made["thread_id"]}};
  const auto taken = fixture.call("POST", "/threads", again.dump());
  CHECK(taken.status == 409);
  CHECK(taken.body == "Thread already exists");
  CHECK(taken.header("x-error-code") == "thread_exists");
  Json existing = again;
  existing["if_exists"] = "do_nothing";
  CHECK(fixture.call("POST", "/threads", existing.dump()).status == 200);
  const auto deleted = fixture.call("DELETE", path);
  CHECK(deleted.status == 204);
  CHECK(deleted.body.empty());
  CHECK(fixture.call("GET", path).status == 404);
  CHECK(fixture.call("DELETE", path).status == 404);
}

TEST_CASE("fields that nodes keep for themselves are shown nowhere") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = [](tests::FakeTurn& turn) {
    turn.accept()
        .step("x", {}, {{"draft", {{"text", "a secret draft"}}}, {"mood", "calm"}})
        .finish();
  };
  const Json modes{{"stream_mode", {"values", "updates", "custom", "messages"}}};
  const auto streamed =
      fixture.call("POST", thread_path + "/runs/stream", run_body(modes, "told")).body;
  const auto waited =
      fixture.call("POST", thread_path + "/runs/wait", run_body(Json::object(), "told"));
  CHECK(waited.json()["mood"] == "calm");
  CHECK(streamed.find(R"("mood":"calm")") != std::string::npos);
  for (const auto& text : {streamed, waited.body}) {
    CHECK(text.find("secret") == std::string::npos);
    CHECK(text.find(R"("draft")") == std::string::npos);
  }
}

TEST_CASE("a run on an unknown thread is not found unless it may make it") {
  LanggraphFixture fixture;
  const auto path = "/threads/" + random_uuid() + "/runs/wait";
  const auto unknown = fixture.call("POST", path, run_body());
  CHECK(unknown.status == 404);
  CHECK(unknown.header("x-error-code") == "thread_not_found");
  CHECK(fixture.call("POST", path, run_body({{"if_not_exists", "create"}})).status == 200);
  CHECK(fixture.call("POST", "/threads/a%20b/runs/wait", run_body({{"if_not_exists", "create"}}))
            .status == 404);
  CHECK(fixture.call("POST", thread_path + "/runs/wait", run_body({}, "nope")).status == 404);
}

TEST_CASE("a run that is waited for answers the thread's values") {
  LanggraphFixture fixture;
  const auto answered = fixture.call("POST", thread_path + "/runs/wait", run_body());
  REQUIRE(answered.status == 200);
  CHECK(answered.header("content-type") == "application/json");
  CHECK(answered.header("content-location").starts_with(thread_path + "/runs/"));
  const auto values = answered.json();
  REQUIRE(values["messages"].size() == 2);
  CHECK(values["messages"][0]["type"] == "human");
  CHECK(values["messages"][1]["content"] == "echo: hi");
  CHECK(values["messages"][1]["type"] == "ai");
  const auto& request = fixture.conversations.turn().request;
  CHECK(request.multitask == Multitask::enqueue);
  CHECK_FALSE(request.temporary);
  const auto second = fixture.call("POST", thread_path + "/runs/wait", run_body()).json();
  CHECK(second["messages"].size() == 4);
}

TEST_CASE("a long wait is kept alive by newlines, and a late failure told in the answer") {
  LanggraphFixture fixture(quick());
  RawClient client(fixture.port);
  fixture.begin(client, thread_path + "/runs/wait");
  auto& turn = fixture.conversations.turn();
  turn.accept();
  const auto head = client.head();
  CHECK(head.status == 200);
  CHECK(head.header("transfer-encoding") == "chunked");
  CHECK(client.chunk() == "\n");
  CHECK(client.chunk() == "\n");
  turn.fail(ErrorCode::model_unavailable);
  const auto values = Json::parse(rest_of(client));
  CHECK(values["__error__"]["error"] == "model_unavailable");
  client.request("GET", "/ok");
  CHECK(client.answer().status == 200);
}

TEST_CASE("a run that fails at once is a status, one that fails later is not") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = [](tests::FakeTurn& turn) {
    turn.accept().step("x").fail(ErrorCode::model_queue_full);
  };
  const auto refused = fixture.call("POST", thread_path + "/runs/wait", run_body());
  CHECK(refused.status == 503);
  CHECK(refused.header("retry-after") == "1");
  CHECK(refused.header("x-error-code") == "model_queue_full");
  const auto run = fixture.conversations.turn().request.run.value;
  const auto joined = fixture.call("GET", thread_path + "/runs/" + run + "/join");
  CHECK(joined.status == 200);
  CHECK(joined.json()["__error__"]["code"] == "model_queue_full");
  const auto streamed = fixture.call("GET", thread_path + "/runs/" + run + "/stream");
  CHECK(streamed.status == 200);
  CHECK(streamed.events().back().event == "error");
}

TEST_CASE("a stream begins with metadata and names where it goes on") {
  LanggraphFixture fixture;
  const auto streamed = fixture.call(
      "POST", thread_path + "/runs/stream", run_body({{"stream_mode", {"values", "updates"}}}));
  REQUIRE(streamed.status == 200);
  const auto run = fixture.conversations.turn().request.run.value;
  CHECK(streamed.header("content-location") == thread_path + "/runs/" + run);
  CHECK(streamed.header("location") == thread_path + "/runs/" + run + "/stream");
  CHECK(streamed.header("x-accel-buffering") == "no");
  const auto events = streamed.events();
  REQUIRE(events.size() == 4);
  CHECK(events[0].event == "metadata");
  CHECK(events[0].id == "1-0");
  CHECK(events[2].event == "updates");
  CHECK(events[3].event == "values");
  CHECK(streamed.body.find("event: values\ndata: {") != std::string::npos);
}

TEST_CASE("a stream is resumed after the last event that was seen, in the modes of its run") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = [](tests::FakeTurn& turn) {
    turn.accept().say({"a", "b"}).say({"c"}).step("abc").finish();
  };
  const auto whole =
      fixture
          .call("POST", thread_path + "/runs/stream", run_body({{"stream_mode", "messages-tuple"}}))
          .body;
  const auto path =
      thread_path + "/runs/" + fixture.conversations.turn().request.run.value + "/stream";
  CHECK(fixture.call("GET", path).body == whole);
  CHECK(fixture.call("GET", path, {}, "last-event-id: -1\r\n").body == whole);
  const auto resumed = fixture.call("GET", path, {}, "last-event-id: 2-0\r\n").body;
  CHECK(resumed == whole.substr(whole.find("id: 2-0\n\n") + 9));
  const auto complete = fixture.call("GET", path, {}, "last-event-id: 4-5\r\n");
  CHECK(complete.status == 200);
  CHECK(complete.body.empty());
  for (const auto* past : {"4-6", "5-1", "999-0"}) {
    INFO(past);
    const auto refused =
        fixture.call("GET", path, {}, "last-event-id: " + std::string(past) + "\r\n");
    CHECK(refused.status == 422);
    CHECK(refused.header("x-error-code") == "invalid_value");
    CHECK(refused.body == "Last-Event-ID: is no event of this run; the last one before it is 4-5");
  }
  const auto wrong = fixture.call("GET", path, {}, "last-event-id: what\r\n");
  CHECK(wrong.status == 422);
  const auto values =
      fixture.call("GET", path + "?stream_mode=values&stream_mode=updates").events();
  CHECK(values.size() == 4);
  CHECK(fixture.call("GET", path + "?stream_mode=zzz").status == 422);
  CHECK(fixture.call("GET", thread_path + "/runs/" + random_uuid() + "/stream").status == 404);
  RawClient head(fixture.port);
  head.request("HEAD", path);
  CHECK(head.answer(true).status == 200);
}

TEST_CASE("the head waits for the first record, a heartbeat fills the silence") {
  LanggraphFixture fixture(quick());
  RawClient client(fixture.port);
  fixture.begin(client, thread_path + "/runs/stream", {{"stream_mode", "messages-tuple"}});
  auto& turn = fixture.conversations.turn();
  turn.accept();
  CHECK(client.head().status == 200);
  CHECK(client.chunk().starts_with("event: metadata\n"));
  CHECK(client.chunk() == ": heartbeat\n\n");
  turn.say({"a"});
  std::string text;
  while (text.find("event: messages") == std::string::npos)
    text += client.chunk();
  turn.close(Error{ErrorCode::draining, {}, {}, {}});
  const auto rest = rest_of(client);
  CHECK(rest.find("event: error\ndata: {\"error\":\"draining\"") != std::string::npos);
  CHECK(rest.find("id:") == std::string::npos);
}

TEST_CASE("a refused stream is a status, however long the refusal took") {
  LanggraphFixture fixture(quick());
  RawClient client(fixture.port);
  fixture.begin(client, thread_path + "/runs/stream");
  std::this_thread::sleep_for(milliseconds(100));
  fixture.conversations.turn().refuse(ErrorCode::mailbox_full);
  const auto answered = client.answer();
  CHECK(answered.status == 429);
  CHECK(answered.body == "refused");
}

TEST_CASE("a run on a thread goes on when its client leaves, a stateless one does not") {
  LanggraphFixture fixture(quick());
  {
    RawClient client(fixture.port);
    fixture.begin(client, thread_path + "/runs/stream");
    fixture.conversations.turn(0).accept();
    CHECK(client.head().status == 200);
  }
  while (fixture.metrics.connections_open.Value() > 0)
    std::this_thread::yield();
  CHECK(fixture.conversations.cancels() == 0);
  fixture.conversations.turn(0).step("x").finish();
  {
    RawClient client(fixture.port);
    client.request("POST", "/runs/wait", run_body({}, "chat"));
    fixture.conversations.turn(1).accept();
  }
  CHECK(fixture.conversations.wait_for_cancel().first == fixture.conversations.turn(1).request.run);
  fixture.conversations.turn(1).fail(ErrorCode::cancelled);
}

TEST_CASE("stateless runs have a thread of their own that does not stay") {
  LanggraphFixture fixture;
  const auto waited = fixture.call("POST", "/runs/wait", run_body());
  CHECK(waited.json()["messages"].size() == 2);
  CHECK(waited.header("content-location").starts_with("/runs/"));
  CHECK(fixture.conversations.turn(0).request.temporary);
  const auto streamed = fixture.call("POST", "/runs/stream", run_body({{"on_completion", "keep"}}));
  CHECK(streamed.header("location").empty());
  CHECK(streamed.body.find("\nid: ") == std::string::npos);
  CHECK_FALSE(fixture.conversations.turn(1).request.temporary);
  CHECK(fixture.call("POST", "/runs", run_body()).json()["status"] == "pending");
}

TEST_CASE("runs are made, listed, read, joined and cancelled") {
  LanggraphFixture fixture;
  const auto made =
      fixture.call("POST",
                   thread_path + "/runs",
                   run_body({{"metadata", {{"a", 1}}}, {"multitask_strategy", "reject"}}));
  REQUIRE(made.status == 200);
  const auto run = made.json();
  CHECK(run["status"] == "pending");
  CHECK(run["thread_id"] == thread_id);
  CHECK(run["assistant_id"] == named_uuid("echo"));
  CHECK(run["metadata"]["a"] == 1);
  CHECK(run["metadata"]["graph_id"] == "echo");
  CHECK(run["multitask_strategy"] == "reject");
  CHECK(run["kwargs"]["input"]["messages"][0]["content"] == "hi");
  CHECK(fixture.conversations.turn().request.multitask == Multitask::reject);
  const auto path = thread_path + "/runs/" + run["run_id"].get<std::string>();
  CHECK(fixture.call("GET", path).json()["status"] == "success");
  CHECK(fixture.call("GET", thread_path + "/runs").json().size() == 1);
  CHECK(fixture.call("GET", thread_path + "/runs?status=error").json().empty());
  CHECK(fixture.call("GET", thread_path + "/runs?offset=1").json().empty());
  CHECK(fixture.call("GET", path + "/join").json()["messages"].size() == 2);
  CHECK(fixture.call("POST", path + "/cancel?wait=1").status == 204);
  CHECK(fixture.call("POST", path + "/cancel?wait=0").status == 202);
  CHECK(fixture.conversations.wait_for_cancel().second == CancelReason::asked);
  for (const char* const method : {"GET", "POST"}) {
    const auto none = fixture.call(
        method, thread_path + "/runs/" + random_uuid() + (*method == 'P' ? "/cancel" : ""));
    CHECK(none.status == 404);
    CHECK(none.header("x-error-code") == "run_not_found");
  }
}
