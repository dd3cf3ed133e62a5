// Runs that pause, and runs that go on from there, as LangGraph's clients see them.
#include "tests/net/langgraph_fixture.hpp"

#include <catch2/catch.hpp>

using namespace parlance;
using namespace parlance::net;

namespace {

const Json question{{"question", "Shall I book it?"}};
const Json interrupts = Json::array({{{"id", std::string(32, 'a')}, {"value", question}}});

void pause_with_question(tests::FakeTurn& turn) {
  turn.accept().step("Shall I book it?").pause("ask", question);
}

// Where the turn stopped, as its thread says it.
CheckpointView stopped(const tests::FakeTurn& turn) {
  CheckpointView checkpoint;
  checkpoint.id = "c-1";
  checkpoint.turn =
      std::make_shared<const TurnAccepted>(get<TurnAccepted>(turn.records().front()->event));
  checkpoint.steps_done = turn.view.ended->step_seqs.size();
  checkpoint.next = turn.view.ended->next;
  checkpoint.next_ended = turn.view.ended;
  return checkpoint;
}

std::string command_body(const Json& command) {
  return Json{{"assistant_id", "booking"}, {"command", command}}.dump();
}

}  // namespace

TEST_CASE("a run that pauses answers its values and its question") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = pause_with_question;
  const auto waited =
      fixture.call("POST", thread_path + "/runs/wait", run_body(Json::object(), "booking"));
  REQUIRE(waited.status == 200);
  CHECK(waited.json()["__interrupt__"] == interrupts);
  CHECK(waited.json()["messages"].size() == 2);

  const auto run = fixture.conversations.turn().request.run.value;
  CHECK(fixture.call("GET", thread_path + "/runs/" + run + "/join").json() == waited.json());
  CHECK(fixture.call("GET", thread_path + "/runs/" + run).json()["status"] == "success");
}

TEST_CASE("a stream ends with the question, in the modes that show one") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = pause_with_question;
  const auto streamed = fixture.call("POST",
                                     thread_path + "/runs/stream",
                                     run_body({{"stream_mode", {"values", "updates"}}}, "booking"));
  const auto events = streamed.events();
  REQUIRE(events.size() == 6);
  CHECK(events[4].event == "updates");
  CHECK(Json::parse(events[4].data) == Json{{"__interrupt__", interrupts}});
  CHECK(events[4].id == "3-0");
  CHECK(events[5].event == "values");
  CHECK(Json::parse(events[5].data)["__interrupt__"] == interrupts);
  CHECK(events[5].id == "3-1");

  const auto run = fixture.conversations.turn().request.run.value;
  const auto rest =
      fixture.call("GET", thread_path + "/runs/" + run + "/stream", {}, "Last-Event-ID: 3-0\r\n");
  REQUIRE(rest.events().size() == 1);
  CHECK(rest.events()[0].id == "3-1");
}

TEST_CASE("a paused thread is interrupted, and its state names the node and the question") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = pause_with_question;
  CHECK(fixture.call("POST", thread_path + "/runs/wait", run_body(Json::object(), "booking"))
            .status == 200);
  const auto thread = fixture.call("GET", thread_path).json();
  CHECK(thread["status"] == "interrupted");
  REQUIRE(thread["interrupts"].size() == 1);
  CHECK(thread["interrupts"].begin().value() == interrupts);

  fixture.conversations.checkpoints = {stopped(fixture.conversations.turn())};
  const auto state = fixture.call("GET", thread_path + "/state").json();
  CHECK(state["next"] == Json{"ask"});
  REQUIRE(state["tasks"].size() == 1);
  CHECK(state["tasks"][0]["id"] == thread["interrupts"].begin().key());
  CHECK(state["tasks"][0]["name"] == "ask");
  CHECK(state["tasks"][0]["path"] == Json{"__pregel_pull", "ask"});
  CHECK(state["tasks"][0]["interrupts"] == interrupts);
  CHECK(state["tasks"][0]["error"].is_null());
}

TEST_CASE("a run that stops before a node asks nothing") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = [](tests::FakeTurn& turn) {
    turn.accept().step("A table is free.").pause("ask", nullptr);
  };
  Json body = Json::parse(run_body({{"interrupt_before", "*"}}, "booking"));
  const auto waited = fixture.call("POST", thread_path + "/runs/wait", body.dump());
  CHECK_FALSE(waited.json().contains("__interrupt__"));
  CHECK(fixture.conversations.turn().request.options["interrupt_before"] == Json{"*"});
  const auto thread = fixture.call("GET", thread_path).json();
  CHECK(thread["status"] == "interrupted");
  CHECK(thread["interrupts"] == Json::object());
  fixture.conversations.checkpoints = {stopped(fixture.conversations.turn())};
  const auto state = fixture.call("GET", thread_path + "/state").json();
  CHECK(state["next"] == Json{"ask"});
  CHECK(state["tasks"][0]["interrupts"] == Json::array());
  body["stream_mode"] = "updates";
  const auto events = fixture.call("POST", thread_path + "/runs/stream", body.dump()).events();
  CHECK(Json::parse(events.back().data) == Json{{"__interrupt__", Json::array()}});
}

TEST_CASE("a command becomes the turn's, and is shown with its run") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = [](tests::FakeTurn& turn) { turn.accept().step("x").finish(); };
  const auto ask = [&](const std::string& body) {
    const auto answered = fixture.call("POST", thread_path + "/runs", body);
    CHECK(answered.status == 200);
    return answered.json()["kwargs"];
  };
  const Json resume{{"resume", {{"approved", true}}}};
  const auto kwargs = ask(command_body(resume));
  CHECK(kwargs["input"].is_null());
  CHECK(kwargs["command"] == resume);
  const auto& asked = fixture.conversations.turn().request;
  REQUIRE(asked.command);
  CHECK(asked.command->resume == resume["resume"]);
  CHECK(asked.input.empty());

  const Json elsewhere{{"goto", {"ask"}}, {"update", {{"guest", "Ada"}, {"messages", "for two"}}}};
  const auto shown = ask(command_body(elsewhere))["command"];
  CHECK(shown["goto"] == "ask");
  CHECK(shown["update"]["guest"] == "Ada");
  CHECK(shown["update"]["messages"][0]["content"] == "for two");
  const auto& went = fixture.conversations.turn(1).request;
  CHECK(went.command->node == "ask");
  CHECK(went.command->update == Json{{"guest", "Ada"}});
  REQUIRE(went.input.size() == 1);

  for (const std::size_t n : {2U, 3U}) {
    const std::string nothing = n == 2 ? R"("input":null)" : R"("command":{"resume":null})";
    CHECK(ask(R"({"assistant_id":"booking",)" + nothing + "}")["command"] == Json::object());
    CHECK(fixture.conversations.turn(n).request.command == Command{});
  }
}

TEST_CASE("in the OpenAI family the question is the answer") {
  LanggraphFixture fixture;
  fixture.conversations.on_turn = pause_with_question;
  const Json body{{"model", "booking"},
                  {"messages", {{{"role", "user"}, {"content", "a table"}}}},
                  {"thread_id", "t-9"}};
  const auto answered = fixture.call("POST", "/v1/chat/completions", body.dump());
  REQUIRE(answered.status == 200);
  CHECK(answered.json()["choices"][0]["message"]["content"] == "Shall I book it?");
  CHECK(answered.json()["choices"][0]["finish_reason"] == "stop");
}
