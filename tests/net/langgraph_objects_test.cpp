#include "net/routes/langgraph_objects.hpp"

#include "tests/support/test_agents.hpp"

#include <catch2/catch.hpp>

using namespace parlance;
using namespace parlance::net;

TEST_CASE("what a node keeps for itself is not shown while a turn of another agent runs") {
  const Agents agents = tests::test_agents();
  ThreadView thread;
  thread.agent = "echo";  // of the newest turn
  thread.metadata = Json::object();
  thread.fields = {{"draft", {{"text", "secret"}}}, {"mood", "good"}};
  thread.busy = true;
  RunView ended;
  ended.agent = "told";
  ended.status = RunStatus::success;
  ended.begun = true;
  ended.ended_seq = 5;
  RunView running;
  running.agent = "echo";
  running.begun = true;
  thread.runs = {ended, running};
  std::string shown;
  append_thread(shown, thread, agents);
  const auto values = Json::parse(shown)["values"];
  CHECK(values["mood"] == "good");
  CHECK_FALSE(values.contains("draft"));
}
