// What LangGraph's clients ask for: what is taken, what is refused, and how it is named.
#include "tests/net/langgraph_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>

using namespace parlance;
using namespace parlance::net;

namespace {

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return text;
}

}  // namespace

TEST_CASE("a thread, its runs and an assistant are found by a UUID in either case") {
  LanggraphFixture fixture;
  const std::string lower = "0b0e5a3e-00ab-4000-8000-00000000cdef";
  const std::string upper = "0B0E5A3E-00AB-4000-8000-00000000CDEF";
  const auto made = fixture.call("POST", "/threads", Json{{"thread_id", upper}}.dump());
  CHECK(made.json()["thread_id"] == lower);
  CHECK(fixture.call("GET", "/threads/" + upper).json() ==
        fixture.call("GET", "/threads/" + lower).json());
  CHECK(fixture.call("POST", "/threads", Json{{"thread_id", lower}}.dump()).status == 409);
  CHECK(fixture.call("POST", "/threads/" + upper + "/runs/wait", run_body()).status == 200);
  const auto run = upper_case(fixture.conversations.turn().request.run.value);
  CHECK(fixture.conversations.turn().request.thread.thread.value == lower);
  CHECK(fixture.call("GET", "/threads/" + lower + "/runs/" + run).status == 200);
  const auto assistant = upper_case(named_uuid("echo"));
  CHECK(fixture.call("GET", "/assistants/" + assistant).json()["name"] == "echo");
  const Json completion{{"model", "echo"},
                        {"messages", {{{"role", "user"}, {"content", "hi"}}}},
                        {"thread_id", upper}};
  CHECK(fixture.call("POST", "/v1/chat/completions", completion.dump()).status == 200);
  CHECK(fixture.conversations.turn(1).request.thread.thread.value == lower);
}

TEST_CASE("calls that this server does not have are refused by name") {
  LanggraphFixture fixture;
  for (const std::string call : {"search", "count"}) {
    const auto refused = fixture.call("POST", "/threads/" + call, "{}");
    CHECK(refused.status == 400);
    CHECK(refused.header("x-error-code") == "unsupported");
    CHECK(refused.body.starts_with("threads." + call + " is not in this version"));
  }
}

TEST_CASE("what an agent would ignore is refused in this family, too") {
  LanggraphFixture fixture;
  const auto refused = [&](const Json& more) {
    const auto answered = fixture.call("POST", thread_path + "/runs/wait", run_body(more, "told"));
    CHECK(answered.status == 400);
    CHECK(answered.header("x-error-code") == "unsupported");
    return answered.body;
  };
  const Json system{
      {"input",
       {{"messages",
         {{{"type", "system"}, {"content", "obey me"}}, {{"type", "human"}, {"content", "hi"}}}}}}};
  CHECK(refused(system).starts_with("input.messages[0].role: the agent told "));
  const Json stop{{"config", {{"configurable", {{"stop", "x"}}}}}};
  CHECK(refused(stop).starts_with("config.configurable.stop: the agent told "));
  const Json unknown{{"config", {{"configurable", {{"logprobs", true}, {"mine", 1}}}}}};
  CHECK(fixture.call("POST", thread_path + "/runs/wait", run_body(unknown, "told")).status == 200);
}

TEST_CASE("wrong values are refused and named") {
  LanggraphFixture fixture;
  struct Case {
    std::string target;
    std::string body;
    std::string field;
  };
  const auto runs = thread_path + "/runs/wait";
  const std::vector<Case> cases{
      {"/threads", R"({"thread_id":"abc"})", "thread_id"},
      {"/threads", R"({"metadata":[]})", "metadata"},
      {"/threads", R"({"if_exists":"maybe"})", "if_exists"},
      {"/threads", R"({"ttl":-1})", "ttl"},
      {"/threads", R"({"ttl":{"ttl":2,"strategy":"keep_latest"}})", "ttl.strategy"},
      {"/threads", R"({"supersteps":[1]})", "supersteps"},
      {"/assistants/search", R"({"limit":0})", "limit"},
      {"/assistants/search", R"({"metadata":"x"})", "metadata"},
      {"/assistants/search", R"({"sort_by":"colour"})", "sort_by"},
      {"/assistants/search", R"({"sort_order":"up"})", "sort_order"},
      {thread_path + "/history", R"({"checkpoint":"x"})", "checkpoint"},
      {thread_path + "/history",
       R"({"checkpoint":{"checkpoint_ns":1}})",
       "checkpoint.checkpoint_ns"},
      {thread_path + "/history",
       R"({"checkpoint":{"checkpoint_id":1}})",
       "checkpoint.checkpoint_id"},
      {thread_path + "/history",
       R"({"checkpoint":{"checkpoint_map":{"a":"b"}}})",
       "checkpoint.checkpoint_map"},
      {thread_path + "/history", R"({"checkpoint":{"checkpoint_id":"x"},"before":"y"})", "before"},
      {thread_path + "/history", R"({"metadata":[]})", "metadata"},
      {thread_path + "/state/checkpoint", R"({"checkpoint":"x"})", "checkpoint"},
      {thread_path + "/history", R"({"limit":1001})", "limit"},
      {thread_path + "/history", R"({"before":{}})", "before"},
      {"/runs/wait",
       run_body(
           {{"input",
             {{"messages", {{{"role", "tool"}, {"tool_call_id", "none"}, {"content", "x"}}}}}}}),
       "input.messages[0].tool_call_id"},
      {runs,
       run_body({{"input",
                  {{"messages",
                    {{{"type", "ai"},
                      {"content", ""},
                      {"tool_calls", {{{"name", "look"}, {"args", "{}"}}}}}}}}}}),
       "input.messages[0].tool_calls[0].args"},
      {runs, R"({"input":{"messages":"x"}})", "assistant_id"},
      {runs, R"({"assistant_id":"echo"})", "input"},
      {runs, R"({"assistant_id":"echo","input":{}})", "input.messages"},
      {runs, run_body({{"input", {{"messages", Json::array()}}}}), "input.messages"},
      {runs, run_body({{"input", {{"messages", {{{"content", "x"}}}}}}}), "input.messages[0].role"},
      {runs, run_body({{"multitask_strategy", "shout"}}), "multitask_strategy"},
      {runs, run_body({{"multitask_strategy", 1}}), "multitask_strategy"},
      {runs, run_body({{"stream_mode", "nonsense"}}), "stream_mode"},
      {runs, run_body({{"stream_mode", {1}}}), "stream_mode"},
      {runs, run_body({{"if_not_exists", "x"}}), "if_not_exists"},
      {runs, run_body({{"on_disconnect", "x"}}), "on_disconnect"},
      {runs, run_body({{"command", {{"resume", 1}}}}), "command"},
      {runs, run_body({{"interrupt_before", 1}}), "interrupt_before"},
      {runs, run_body({{"interrupt_after", {"nope"}}}), "interrupt_after[0]"},
      {runs, R"({"assistant_id":"booking","command":{"goto":"nope"}})", "command.goto"},
      {runs, R"({"assistant_id":"booking","command":{"goto":["ask","book"]}})", "command.goto"},
      {runs, R"({"assistant_id":"booking","command":{"goto":"ask","resume":1}})", "command.goto"},
      {runs, R"({"assistant_id":"booking","command":{"update":[]}})", "command.update"},
      {runs, R"({"assistant_id":"booking","command":{"update":{"no":1}}})", "command.update.no"},
      {runs,
       R"({"assistant_id":"booking","command":{"update":{"guest":1}}})",
       "command.update.guest"},
      {runs,
       R"({"assistant_id":"told","command":{"update":{"draft":{}}}})",
       "command.update.draft"},
      {runs,
       R"({"assistant_id":"booking","command":{"update":{"messages":[1]}}})",
       "command.update.messages[0]"},
      {"/runs", R"({"assistant_id":"booking","command":{"resume":1}})", "input"},
      {"/runs", R"({"assistant_id":"booking","input":null})", "input"},
      {runs, run_body({{"webhook", "http://x"}}), "webhook"},
      {runs, run_body({{"webhook", 7}}), "webhook"},
      {runs, run_body({{"after_seconds", 0}}), "after_seconds"},
      {runs, run_body({{"after_seconds", -3}}), "after_seconds"},
      {runs, run_body({{"after_seconds", "3"}}), "after_seconds"},
      {runs, run_body({{"after_seconds", 86'401}}), "after_seconds"},
      {runs, run_body({{"checkpoint_id", 7}}), "checkpoint_id"},
      {runs, run_body({{"checkpoint", "x"}}), "checkpoint"},
      {runs, run_body({{"checkpoint", {{"checkpoint_id", 7}}}}), "checkpoint.checkpoint_id"},
      {runs, run_body({{"checkpoint", {{"checkpoint_ns", "a"}}}}), "checkpoint.checkpoint_ns"},
      {runs, run_body({{"checkpoint", {{"thread_id", "t"}}}}), "checkpoint.thread_id"},
      {"/runs", run_body({{"checkpoint", {{"thread_id", "t"}}}}), "checkpoint.thread_id"},
      {thread_path + "/history", R"({"checkpoint":{"thread_id":"t"}})", "checkpoint.thread_id"},
      {thread_path + "/state/checkpoint",
       R"({"checkpoint":{"thread_id":"t","checkpoint_id":"c"}})",
       "checkpoint.thread_id"},
      {runs,
       run_body({{"config", {{"configurable", {{"checkpoint_ns", "a"}}}}}}),
       "config.configurable.checkpoint_ns"},
      {runs,
       R"({"assistant_id":"booking","command":{"update":{"messages":{}}}})",
       "command.update.messages.role"},
      {runs,
       run_body({{"checkpoint_id", "x"}, {"checkpoint", {{"checkpoint_id", "y"}}}}),
       "checkpoint_id"},
      {runs,
       run_body({{"config", {{"configurable", {{"checkpoint_id", 7}}}}}}),
       "config.configurable.checkpoint_id"},
      {"/runs", run_body({{"checkpoint_id", "x"}}), "checkpoint_id"},
      {runs,
       run_body({{"config", {{"configurable", {{"temperature", "x"}}}}}}),
       "config.configurable.temperature"},
      {runs, run_body({{"config", {{"recursion_limit", "x"}}}}), "config.recursion_limit"},
      {runs, run_body({{"config", {{"recursion_limit", 0}}}}), "config.recursion_limit"},
      {runs, run_body({{"config", {{"recursion_limit", 1.5}}}}), "config.recursion_limit"},
  };
  for (const auto& each : cases) {
    INFO(each.target << " " << each.body);
    const auto answered = fixture.call("POST", each.target, each.body);
    CHECK(answered.status == 422);
    CHECK(answered.header("x-error-code") == "invalid_value");
    CHECK(answered.body.starts_with(each.field + ": "));
  }
  CHECK(fixture.call("GET", thread_path + "/runs?limit=x").status == 422);
  CHECK(fixture.call("POST", thread_path + "/runs/r-1/cancel?action=shout").status == 422);
  CHECK(fixture
            .call("POST",
                  runs,
                  run_body({{"durability", "async"},
                            {"interrupt_before", Json::array()},
                            {"webhook", nullptr}}))
            .status == 200);
}

TEST_CASE("a run's webhook and its later start go to its turn") {
  LanggraphFixture fixture;
  const std::string url = "https://hooks.example.com/x?a=b";
  const auto answered =
      fixture.call("POST", "/runs/wait", run_body({{"webhook", url}, {"after_seconds", 1.5}}));
  CHECK(answered.status == 200);
  CHECK(fixture.conversations.turn().request.options["webhook"] == url);
  CHECK(fixture.conversations.turn().request.start_delay == std::chrono::milliseconds(1'500));
  CHECK(fixture.call("POST", "/runs/wait", run_body()).status == 200);
  CHECK_FALSE(fixture.conversations.turn(1).request.options.contains("webhook"));
  CHECK(fixture.conversations.turn(1).request.start_delay.count() == 0);
}

TEST_CASE("the checkpoint that a run begins from goes to its turn, wherever it is named") {
  const Json named{{"checkpoint_id", "c-1"}};
  LanggraphFixture fixture;
  std::size_t turn = 0;
  for (const Json& body : {named,
                           Json{{"checkpoint", named}},
                           Json{{"config", {{"configurable", named}}}},
                           Json{{"checkpoint", named}, {"checkpoint_id", "c-1"}}}) {
    INFO(body.dump());
    CHECK(fixture.call("POST", thread_path + "/runs/wait", run_body(body)).status == 200);
    CHECK(fixture.conversations.turn(turn++).request.checkpoint_id == "c-1");
  }
  const Json newest{{"checkpoint", {{"thread_id", thread_id}, {"checkpoint_ns", ""}}}};
  CHECK(fixture.call("POST", thread_path + "/runs/wait", run_body(newest)).status == 200);
  CHECK(fixture.conversations.turn(turn).request.checkpoint_id.empty());
}

TEST_CASE("a run's recursion limit is the steps that its turn may take") {
  LanggraphFixture fixture;
  const Json limited{{"config", {{"recursion_limit", 3}}}};
  CHECK(fixture.call("POST", "/runs/wait", run_body(limited)).status == 200);
  CHECK(fixture.conversations.turn().request.options["steps_max"] == 3);
  CHECK(fixture.conversations.turn().request.options["config"] == limited["config"]);
  CHECK(fixture.call("POST", "/runs/wait", run_body()).status == 200);
  CHECK_FALSE(fixture.conversations.turn(1).request.options.contains("steps_max"));
}
