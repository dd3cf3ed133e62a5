#include "runtime/graph/agent.hpp"

#include "runtime/graph/nodes/all.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace parlance {
namespace {

using std::chrono::milliseconds;

const std::filesystem::path root{PARLANCE_SOURCE_DIR};

Result<std::shared_ptr<const Agent>> parse(std::string_view text) {
  return Agent::parse("sample", text, root / "agents" / "library", node_kinds());
}

// A graph that loads, for the tests to spoil.
Json sample() {
  return Json::parse(R"({
    "description": "A sample.",
    "models_allowed": ["small", "large"],
    "knowledge": ["prompt.md"],
    "state": {
      "passages": { "type": "array", "per_turn": true },
      "document_frequencies": { "type": "object", "per_turn": true },
      "draft": { "type": "object", "per_turn": true },
      "sent_back": { "type": "number", "per_turn": true, "default": 0 },
      "mood": { "type": "string", "default": "calm" },
      "asked": { "type": "boolean" }
    },
    "limits": { "steps_max": 12, "turn_time_max": "90s" },
    "start": "retrieve",
    "nodes": {
      "retrieve": { "kind": "retrieve", "edges": { "found": "generate", "nothing": "decline" } },
      "generate": { "kind": "generate", "prompt": "prompt.md", "draft": true, "edges": { "ok": "validate" } },
      "validate": { "kind": "validate", "draft": true, "count_field": "sent_back",
                    "edges": { "ok": "respond", "retry": "generate", "give_up": "decline" } },
      "respond": { "kind": "respond", "draft": true },
      "decline": { "kind": "reply", "text": "No." }
    }
  })");
}

std::shared_ptr<const Agent> sample_agent() {
  auto agent = parse(sample().dump());
  if (!agent) FAIL(agent.error().detail);
  return *agent;
}

TEST_CASE("an agent has what its file says, and defaults for the rest") {
  const auto agent = sample_agent();
  CHECK(agent->name() == "sample");
  CHECK(agent->description() == "A sample.");
  CHECK(agent->start() == "retrieve");
  CHECK(agent->limits().steps_max == 12);
  CHECK(agent->limits().turn_time_max == milliseconds{90'000});
  CHECK(agent->limits().window_messages_max == 20);
  CHECK(agent->limits().messages_max == 400);
  CHECK(agent->limits().tokens_out_max == 2'048);
  REQUIRE(agent->knowledge().size() == 1);
  CHECK(agent->knowledge()[0] == root / "agents/library/prompt.md");
}

TEST_CASE("edges lead to their nodes, and an unknown one is a bug") {
  const auto agent = sample_agent();
  CHECK(agent->node("retrieve")->kind() == "retrieve");
  CHECK(agent->node("gone") == nullptr);
  CHECK(*agent->follow("retrieve", "found") == "generate");
  CHECK(*agent->follow("validate", "retry") == "generate");
  CHECK(agent->follow("retrieve", "ok").error().code == ErrorCode::internal);
  CHECK(agent->follow("gone", "ok").error().code == ErrorCode::internal);
}

TEST_CASE("clients may ask for the models that the agent allows") {
  const auto agent = sample_agent();
  CHECK(agent->allows_model("small"));
  CHECK_FALSE(agent->allows_model("other"));
  auto open = sample();
  open["models_allowed"] = {"*"};
  CHECK((*parse(open.dump()))->allows_model("other"));
  open.erase("models_allowed");
  CHECK_FALSE((*parse(open.dump()))->allows_model("small"));
}

TEST_CASE("fields start at their default, else at an empty value of their type") {
  CHECK(sample_agent()->initial_fields() == Json{{"passages", Json::array()},
                                                 {"document_frequencies", Json::object()},
                                                 {"draft", Json::object()},
                                                 {"sent_back", 0},
                                                 {"mood", "calm"},
                                                 {"asked", false}});
}

TEST_CASE("a turn starts with the kept fields, the others at their default") {
  const auto agent = sample_agent();
  const Json stored = {
      {"mood", "wild"}, {"sent_back", 2}, {"unknown", 1}, {"asked", "of another type"}};
  const auto fields = agent->fields_for_turn(stored);
  CHECK(fields["mood"] == "wild");
  CHECK(fields["sent_back"] == 0);
  CHECK(fields["asked"] == false);
  CHECK_FALSE(fields.contains("unknown"));
  CHECK(agent->fields_to_keep({{"mood", "wild"}, {"sent_back", 2}, {"unknown", 1}}) ==
        Json{{"mood", "wild"}});
}

TEST_CASE("clients see the fields that no node keeps for itself") {
  const auto agent = sample_agent();
  CHECK(agent->shown_fields({{"passages", Json::array()},
                             {"draft", {{"text", "x"}}},
                             {"sent_back", 1},
                             {"mood", "wild"}}) ==
        Json{{"passages", Json::array()}, {"mood", "wild"}});
}

TEST_CASE("an agent takes of a client's request what one of its nodes hands on") {
  const auto agent_of = [](Json generate) {
    generate["kind"] = "generate";
    return *parse(Json{{"start", "g"}, {"nodes", {{"g", std::move(generate)}}}}.dump());
  };
  const auto plain = agent_of(Json::object());
  CHECK_FALSE(plain->takes_client_options());
  CHECK(plain->takes_system_messages());
  CHECK(agent_of({{"client_options", true}})->takes_client_options());
  CHECK_FALSE(agent_of({{"prompt", "prompt.md"}})->takes_system_messages());
  CHECK(agent_of({{"prompt", "prompt.md"}, {"system_messages", true}})->takes_system_messages());
  CHECK_FALSE(agent_of({{"system_messages", false}})->takes_system_messages());
  const auto without_model = *parse(R"({"start": "e", "nodes": {"e": {"kind": "echo"}}})");
  CHECK_FALSE(without_model->takes_client_options());
  CHECK(without_model->takes_system_messages());
}

TEST_CASE("an update sets declared fields, with values of their type") {
  const auto agent = sample_agent();
  CHECK(agent->check_update({{"mood", "wild"}, {"sent_back", 1.5}}));
  CHECK(agent->check_update(Json::object()));
  const auto unknown = agent->check_update({{"colour", "red"}});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::internal);
  CHECK(unknown.error().detail.find("\"colour\"") != std::string::npos);
  CHECK_FALSE(agent->check_update({{"mood", 7}}));
  CHECK_FALSE(agent->check_update({{"passages", nullptr}}));
}

TEST_CASE("a syntax error names its line") {
  const auto agent =
      parse("{\n  // a comment is fine\n  \"start\": \"a\",\n  \"nodes\": { , }\n}\n");
  REQUIRE_FALSE(agent);
  CHECK(agent.error().detail ==
        (root / "agents/library/agent.json").string() + ": line 4: is not valid JSON");
  CHECK(parse("{\n\"start\": \"a\"\n").error().detail.find("line 3: ") != std::string::npos);
  CHECK(parse("").error().detail.find("line 1: ") != std::string::npos);
}

TEST_CASE("a key that stands twice is a fault, not a choice") {
  const auto agent = parse(
      R"({"start": "a", "nodes": {"a": {"kind": "echo"}, "b": {"kind": "echo"}, "a": {"kind": "echo"}}})");
  REQUIRE_FALSE(agent);
  CHECK(agent.error().detail.find("\"a\" stands twice") != std::string::npos);
  CHECK(parse(R"({"start": "a", "nodes": {"a": {"kind": "echo"}}})"));
}

TEST_CASE("a file that cannot be read is a fault with its name") {
  const auto agent = Agent::load("none", root / "agents/none", node_kinds());
  REQUIRE_FALSE(agent);
  CHECK(agent.error().detail == (root / "agents/none/agent.json").string() + ": cannot be read");
}

TEST_CASE("a fault is named by file, path and reason") {
  struct Fault {
    std::string at;    // a JSON pointer; the value there is replaced, or set
    Json value;        // discarded: taken out
    std::string says;  // what follows the file's name
  };
  const Json gone(Json::value_t::discarded);
  const auto lonely = Json{{"kind", "echo"}};
  const std::vector<Fault> faults{
      {"/nodes/generate/edges/ok", "foo", R"(nodes.generate.edges.ok: there is no node "foo")"},
      {"/start", "foo", R"(start: there is no node "foo")"},
      {"/start", gone, "start: is missing"},
      {"/start", 7, "start: must be a string"},
      {"/colour", "red", "colour: is not known here"},
      {"/description", 7, "description: must be a string"},
      {"/models_allowed", "*", "models_allowed: must be a list of strings"},
      {"/models_allowed/1", 7, "models_allowed.1: must be a string, and not empty"},
      {"/knowledge/0", "gone.md", "knowledge.0: there is no file or folder"},
      {"/synonyms", "gone.txt", "synonyms: cannot be read: gone.txt"},
      {"/synonyms", 7, "synonyms: must be a string"},
      {"/limits/steps_max", 0, "limits.steps_max: must be a whole number from 1 to 1000"},
      {"/limits/steps_max", "10", "limits.steps_max: must be a whole number"},
      {"/limits/steps_max", -1, "limits.steps_max: must be a whole number"},
      {"/limits/turn_time_max", 60, "limits.turn_time_max: must be a duration"},
      {"/limits/turn_time_max", "60", R"(limits.turn_time_max: "60" is not a number with a unit)"},
      {"/limits/turn_time_max", "2d", "limits.turn_time_max: must be from 100ms to 1d"},
      {"/limits/colour", 1, "limits.colour: is not known here"},
      {"/limits", Json::array(), "limits: must be an object"},
      {"/state/mood/type",
       "text",
       "state.mood.type: must be string, number, boolean, array or object"},
      {"/state/mood/type", gone, "state.mood.type: is missing"},
      {"/state/mood/default", 7, "state.mood.default: is not of type string"},
      {"/state/mood/default", nullptr, "state.mood.default: is not of type string"},
      {"/state/mood/per_turn", "yes", "state.mood.per_turn: must be true or false"},
      {"/state/mood/colour", 1, "state.mood.colour: is not known here"},
      {"/state/bad name", lonely, "state.bad name: is not a name"},
      {"/state/passages",
       gone,
       R"(nodes.retrieve: uses the field "passages", which state does not declare)"},
      {"/state/sent_back/type", "string", "state.sent_back.default: is not of type string"},
      {"/state/passages/type",
       "object",
       "state.passages.type: does not fit its use by nodes.retrieve"},
      {"/nodes", Json::object(), "nodes: must have from 1 to 100 nodes"},
      {"/nodes/bad name", lonely, "nodes.bad name: is not a name"},
      {"/nodes/respond", "end", "nodes.respond: must be an object"},
      {"/nodes/respond/kind", gone, "nodes.respond.kind: must be a kind of node"},
      {"/nodes/respond/kind", "magic", R"(nodes.respond.kind: there is no kind "magic")"},
      {"/nodes/respond/colour", "red", "nodes.respond.colour: is not known here"},
      {"/nodes/respond/edges",
       Json{{"ok", "decline"}},
       "nodes.respond.edges.ok: a respond node has no such edge"},
      {"/nodes/retrieve/edges/nothing", gone, "nodes.retrieve.edges.nothing: is missing"},
      {"/nodes/retrieve/edges/nothing",
       7,
       "nodes.retrieve.edges.nothing: must be the name of a node"},
      {"/nodes/retrieve/edges", "decline", "nodes.retrieve.edges: must be an object"},
      {"/nodes/retrieve/passages_max",
       0,
       "nodes.retrieve.passages_max: must be a whole number from 1 to 50"},
      {"/nodes/generate/prompt", "gone.md", "nodes.generate.prompt: "},
      {"/nodes/generate/prompt",
       "../../README.md",
       "nodes.generate.prompt: " + (root / "agents/library/../../README.md").string() +
           " is not in the agent's folder"},
      {"/nodes/generate/prompt",
       "docs/../../x.md",
       "nodes.generate.prompt: " + (root / "agents/library/docs/../../x.md").string() +
           " is not in the agent's folder"},
      {"/nodes/generate/prompt",
       "/etc/passwd",
       "nodes.generate.prompt: /etc/passwd is not in the agent's folder"},
      {"/nodes/decline",
       Json{{"kind", "match"}, {"rules", "../x.json"}, {"edges", Json::object()}},
       "nodes.decline.rules: " + (root / "agents/library/../x.json").string() +
           " is not in the agent's folder"},
      {"/synonyms", "../x.txt", "synonyms: ../x.txt is not in the agent's folder"},
      {"/nodes/generate/edges", gone, "nodes.generate.draft: needs the edge \"ok\""},
      {"/nodes/validate/count_field", gone, "nodes.validate.count_field: is missing"},
      {"/nodes/validate/count_field", "other", R"(nodes.validate: uses the field "other")"},
      {"/nodes/decline/text", gone, "nodes.decline.text: is missing"},
      {"/nodes/lonely", lonely, "nodes.lonely: cannot be reached from the start"},
      {"/nodes/decline/edges",
       Json{{"ok", "decline"}},
       "nodes.decline: no end can be reached from here"},
  };
  const auto file = (root / "agents/library/agent.json").string() + ": ";
  for (const auto& fault : faults) {
    auto json = sample();
    const Json::json_pointer at(fault.at);
    if (fault.value.is_discarded()) {
      json[at.parent_pointer()].erase(at.back());
    } else {
      json[at] = fault.value;
    }
    const auto agent = parse(json.dump());
    INFO(fault.at << " " << fault.says);
    REQUIRE_FALSE(agent);
    CHECK(agent.error().code == ErrorCode::invalid_value);
    CHECK_THAT(agent.error().detail, Catch::Matchers::StartsWith(file + fault.says));
  }
}

TEST_CASE("a text that is not an object, or not UTF-8, is refused") {
  for (const auto* text : {"[]", "7", "null", "\"x\"", "{\"start\": \"\xFF\"}"}) {
    INFO(text);
    CHECK_FALSE(parse(text));
  }
}

TEST_CASE("a loop without a way out is found") {
  const auto agent = parse(R"({"start": "a", "nodes": {
    "a": {"kind": "reply", "text": "x", "edges": {"ok": "b"}},
    "b": {"kind": "reply", "text": "y", "edges": {"ok": "a"}}}})");
  REQUIRE_FALSE(agent);
  CHECK(agent.error().detail.find("no end can be reached from here") != std::string::npos);
}

TEST_CASE("the agents that ship load") {
  for (const auto* folder : {"agents/chat",
                             "agents/concierge",
                             "agents/library",
                             "bench/agents/booking",
                             "bench/agents/echo",
                             "bench/agents/slow"}) {
    INFO(folder);
    const auto agent = Agent::load("shipped", root / folder, node_kinds());
    if (!agent) FAIL_CHECK(agent.error().detail);
  }
}

}  // namespace
}  // namespace parlance
