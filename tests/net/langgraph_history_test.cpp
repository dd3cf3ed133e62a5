#include "tests/net/langgraph_fixture.hpp"

#include <catch2/catch.hpp>

namespace parlance::net {
namespace {

MessagePtr message(const std::string& id, Role role, const std::string& text) {
  return std::make_shared<const Message>(Message{id, role, text, nullptr, {}});
}

// A thread with one turn of the agent `told`, whose last node failed.
struct HistoryFixture : LanggraphFixture {
  HistoryFixture() {
    auto accepted = std::make_shared<TurnAccepted>();
    accepted->run = RunId{"run-1"};
    accepted->agent = "told";
    accepted->input = {message("m-1", Role::human, "hi")};
    accepted->options = Json{{"metadata", {{"customer", {{"id", 7}, {"name", "x"}}}}}};
    auto done = std::make_shared<StepDone>();
    done->node = "generate";
    done->update = Json{{"draft", {{"text", "secret"}}}, {"mood", "good"}};
    auto ended = std::make_shared<TurnEnded>();
    ended->outcome = TurnOutcome::failed;
    ended->error = ErrorCode::steps_exceeded;
    ended->error_detail = "too many";

    CheckpointView input;
    input.id = "c-1";
    input.source = CheckpointSource::input;
    input.created_ms = 1'790'000'000'000;
    input.turn = accepted;
    CheckpointView start = input;
    start.id = "c-2";
    start.parent_id = "c-1";
    start.step = 0;
    start.source = CheckpointSource::loop;
    start.messages = accepted->input;
    start.next = "generate";
    start.next_done = done;
    CheckpointView last = start;
    last.id = "c-3";
    last.parent_id = "c-2";
    last.step = 1;
    last.fields = done->update;
    last.next = "respond";
    last.next_done = nullptr;
    last.next_ended = ended;
    conversations.checkpoints = {last, start, input};
  }

  Json history(const Json& body) {
    return call("POST", thread_path + "/history", body.dump()).json();
  }
};

std::vector<std::string> ids(const Json& states) {
  std::vector<std::string> all;
  for (const auto& state : states)
    all.push_back(state["checkpoint"]["checkpoint_id"]);
  return all;
}

using Ids = std::vector<std::string>;

TEST_CASE("a history's states are shown whole, and their private fields are not") {
  HistoryFixture fixture;
  const auto all = fixture.history(Json::object());
  REQUIRE(ids(all) == Ids{"c-3", "c-2", "c-1"});
  CHECK(all[0]["values"]["mood"] == "good");
  CHECK_FALSE(all[0]["values"].contains("draft"));
  CHECK(all[0]["next"] == Json{"respond"});
  REQUIRE(all[0]["tasks"].size() == 1);
  CHECK(all[0]["tasks"][0]["name"] == "respond");
  CHECK(is_uuid(all[0]["tasks"][0]["id"].get<std::string>()));
  CHECK(all[0]["tasks"][0]["path"] == Json{"__pregel_pull", "respond"});
  CHECK(all[0]["tasks"][0]["error"].get<std::string>().find("too many") != std::string::npos);
  CHECK(all[0]["tasks"][0]["result"].is_null());
  CHECK(all[1]["tasks"][0]["result"] == Json{{"mood", "good"}});
  CHECK(all[1]["tasks"][0]["error"].is_null());
  CHECK(all[2]["next"] == Json{"__start__"});
  CHECK(all[2]["tasks"][0]["result"]["messages"][0]["content"] == "hi");
  CHECK(all[2]["values"] == Json{{"messages", Json::array()}});
  CHECK(all[2]["parent_checkpoint"].is_null());
  CHECK(all[0]["parent_checkpoint"] == all[1]["checkpoint"]);
  CHECK(all[0]["checkpoint"] == Json{{"thread_id", thread_id},
                                     {"checkpoint_ns", ""},
                                     {"checkpoint_id", "c-3"},
                                     {"checkpoint_map", nullptr}});
  CHECK(all[0]["metadata"] == Json{{"source", "loop"},
                                   {"step", 1},
                                   {"parents", Json::object()},
                                   {"thread_id", thread_id},
                                   {"graph_id", "told"},
                                   {"run_id", "run-1"},
                                   {"customer", {{"id", 7}, {"name", "x"}}}});
  CHECK(fixture.call("GET", thread_path + "/state").json() == all[0]);
  CHECK(fixture.call("GET", thread_path + "/state/c-2").json() == all[1]);
}

TEST_CASE("a history is read by cursor, in each of the cursor's forms") {
  HistoryFixture fixture;
  const auto all = fixture.history(Json::object());
  CHECK(fixture.history({{"limit", 2}}) == Json{all[0], all[1]});
  for (const Json& before : {Json("c-3"),
                             Json{{"checkpoint_id", "c-3"}},
                             Json{{"configurable", {{"checkpoint_id", "c-3"}}}}})
    CHECK(fixture.history({{"before", before}, {"limit", 1}}) == Json{all[1]});
  CHECK(fixture.history({{"before", "c-1"}}) == Json::array());
  CHECK(fixture.call("GET", thread_path + "/history?limit=1&before=c-2").json() == Json{all[2]});
  for (const Json& root : {Json::object(), Json{{"checkpoint_ns", ""}}, Json(nullptr)})
    CHECK(fixture.history({{"checkpoint", root}}) == all);
  CHECK(fixture.history({{"checkpoint", {{"checkpoint_id", "c-2"}}}}) == Json{all[1]});
  CHECK(fixture.history({{"checkpoint", {{"checkpoint_ns", "agent:1"}}}}) == Json::array());
}

TEST_CASE("a history is filtered by metadata, however far apart the states lie") {
  HistoryFixture fixture;
  CHECK(ids(fixture.history({{"metadata", {{"source", "input"}}}})) == Ids{"c-1"});
  CHECK(ids(fixture.history({{"metadata", {{"customer", {{"id", 7}}}}}, {"limit", 2}})) ==
        Ids{"c-3", "c-2"});
  CHECK(fixture.history({{"metadata", {{"run_id", "another"}}}}) == Json::array());

  auto& checkpoints = fixture.conversations.checkpoints;
  const auto input = checkpoints.back();
  const auto start = checkpoints[1];
  checkpoints.clear();
  for (int i = 0; i < 250; ++i) {
    checkpoints.push_back(i == 20 || i == 230 ? input : start);
    checkpoints.back().id = "n-" + std::to_string(i);
  }
  fixture.conversations.history_pages = 0;
  CHECK(ids(fixture.history({{"metadata", {{"source", "input"}}}})) == Ids{"n-20", "n-230"});
  CHECK(fixture.conversations.history_pages == 3);
}

TEST_CASE("a checkpoint that the thread does not have is not found, wherever it is named") {
  HistoryFixture fixture;
  const auto missing = [&](const Answered& answer) {
    INFO(answer.body);
    return answer.status == 404 && answer.header("x-error-code") == "checkpoint_not_found";
  };
  const auto history = thread_path + "/history";
  const auto state = thread_path + "/state";
  CHECK(missing(fixture.call("POST", history, R"({"before":"zz"})")));
  CHECK(missing(fixture.call("POST", history, R"({"checkpoint":{"checkpoint_id":"zz"}})")));
  CHECK(missing(fixture.call("GET", history + "?before=zz")));
  CHECK(missing(fixture.call("GET", state + "/zz")));
  const auto named = state + "/checkpoint";
  CHECK(missing(fixture.call("POST", named, R"({"checkpoint":{"checkpoint_id":"zz"}})")));
  CHECK(missing(fixture.call(
      "POST", named, R"({"checkpoint":{"checkpoint_id":"c-1","checkpoint_ns":"agent:1"}})")));
  CHECK(fixture.call("POST", named, R"({"checkpoint":{"checkpoint_id":"c-1"}})").json() ==
        fixture.call("GET", state + "/c-1").json());
  CHECK(fixture.call("POST", named, "{}").json() == fixture.call("GET", state).json());
}

TEST_CASE("a thread without turns has an empty state and no history") {
  LanggraphFixture fixture;
  const auto state = fixture.call("GET", thread_path + "/state").json();
  CHECK(state["values"] == Json::object());
  CHECK(state["checkpoint"].is_null());
  CHECK(fixture.call("POST", thread_path + "/history", "{}").json() == Json::array());
  CHECK(fixture.call("GET", "/threads/unknown/state").status == 404);
  CHECK(fixture.call("GET", "/threads/unknown/history").status == 404);
}

TEST_CASE("a page of a history ends early at its size, and goes on from there") {
  HistoryFixture fixture;
  auto& checkpoints = fixture.conversations.checkpoints;
  auto big = checkpoints[1];
  big.messages = {message("m-1", Role::human, std::string(3U << 20U, 'x'))};
  checkpoints.clear();
  for (int i = 0; i < 8; ++i) {
    checkpoints.push_back(big);
    checkpoints.back().id = "b-" + std::to_string(i);
  }
  const auto first = fixture.history(Json::object());
  CHECK(first.size() == 6);
  CHECK(fixture.history({{"before", ids(first).back()}}).size() == 2);
}

TEST_CASE("a thread is copied once for each Idempotency-Key") {
  LanggraphFixture fixture;
  const auto copy = thread_path + "/copy";
  const auto first = fixture.call("POST", copy);
  REQUIRE(first.status == 200);
  CHECK(is_uuid(first.json()["thread_id"].get<std::string>()));
  CHECK(first.json()["thread_id"] != thread_id);
  CHECK(fixture.call("POST", copy).json()["thread_id"] != first.json()["thread_id"]);
  const auto unknown = fixture.call("POST", "/threads/unknown/copy");
  CHECK(unknown.status == 404);
  CHECK(unknown.header("x-error-code") == "thread_not_found");

  const std::string key = "Idempotency-Key: k-1\r\n";
  const auto keyed = fixture.call("POST", copy, "{}", key);
  REQUIRE(keyed.status == 200);
  CHECK(fixture.call("POST", copy, "", key).json() == keyed.json());
  fixture.conversations.add_thread(fixture.thread("another"));
  const auto reused = fixture.call("POST", "/threads/another/copy", "{}", key);
  CHECK(reused.status == 422);
  CHECK(reused.header("x-error-code") == "idempotency_key_reused");
}

}  // namespace
}  // namespace parlance::net
