#include "net/routes/langgraph_objects.hpp"

#include "net/routes/langgraph_interrupts.hpp"
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

TEST_CASE("a question has the id of its task, also when a turn failed before its first step") {
  const auto ended = [](const char* id, std::vector<std::uint64_t> step_seqs) {
    auto end = std::make_shared<TurnEnded>();
    end->next = "ask";
    end->interrupt = Interrupt{"i-1", "Shall I?"};
    end->step_seqs = std::move(step_seqs);
    RunView run;
    run.run = RunId{id};
    run.begun = true;
    run.ended = std::move(end);
    run.accepted = std::make_shared<TurnAccepted>();
    return run;
  };
  const auto task = [](std::vector<RunView> runs) {
    ThreadView thread;
    thread.runs = std::move(runs);
    std::string shown;
    append_thread_interrupts(shown, thread);
    return Json::parse(shown).items().begin().key();
  };
  const RunView asked = ended("r-1", {3, 4});
  RunView failed = ended("r-2", {});
  auto resumed = std::make_shared<TurnAccepted>();
  resumed->command = Command{"yes", {}, Json::object()};
  failed.accepted = resumed;
  CHECK(task({asked}) == task_id(asked.run, 2, "ask"));
  CHECK(task({asked, failed}) == task({asked}));
  resumed->fork = ForkPoint{};  // has a checkpoint of its own
  CHECK(task({asked, failed}) == task_id(failed.run, 0, "ask"));
}
