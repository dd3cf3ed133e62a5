#include "runtime/graph/nodes/ask_human.hpp"

#include "tests/support/test_agents.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

std::unique_ptr<Node> make(const std::vector<std::string>& edges) {
  Json settings{{"kind", "ask_human"}, {"question", "Shall I?"}, {"show", {"guest"}}};
  for (const auto& edge : edges)
    settings["edges"][edge] = "next";
  auto node = AskHumanNode::make(settings, {});
  REQUIRE(node);
  return std::move(*node);
}

TurnState state() {
  TurnState turn;
  turn.id_seed = "run-1";
  turn.input = {tests::human("a table")};
  turn.messages = turn.input;
  turn.fields = {{"guest", "Ada"}, {"other", "secret"}};
  return turn;
}

template <class T>
T as(Result<Action> action) {
  REQUIRE(action);
  REQUIRE(std::holds_alternative<T>(*action));
  return std::get<T>(std::move(*action));
}

using Edges = std::vector<std::string>;

TEST_CASE("it asks its question with the fields that it shows, and says it in the conversation") {
  const auto pause = as<Pause>(make({"answered"})->enter(state()));
  CHECK(pause.question == Json{{"question", "Shall I?"}, {"fields", {{"guest", "Ada"}}}});
  REQUIRE(pause.update.messages.size() == 1);
  CHECK(pause.update.messages[0]->role == Role::ai);
  CHECK(pause.update.messages[0]->text == "Shall I?");
}

TEST_CASE("a question that was just said is not said again") {
  auto turn = state();
  turn.messages.push_back(
      std::make_shared<const Message>(Message{"m", Role::ai, "Shall I?", nullptr, std::nullopt}));
  CHECK(as<Pause>(make({"answered"})->enter(turn)).update.messages.empty());
}

TEST_CASE("a yes, a no and any other answer take their edges") {
  const auto node = make({"approved", "rejected", "answered"});
  const auto edge = [&](const Json& answer) {
    return as<Follow>(node->resume(state(), Resumed{answer})).edge;
  };
  for (const Json& yes : {Json(true), Json("Yes!"), Json(" ok. "), Json{{"approved", true}}})
    CHECK(edge(yes) == "approved");
  for (const Json& no : {Json(false), Json("No"), Json("reject"), Json{{"approved", false}}})
    CHECK(edge(no) == "rejected");
  for (const Json& other : {Json("on Friday"), Json(1), Json(), Json::array(), Json{{"a", 1}}})
    CHECK(edge(other) == "answered");
}

TEST_CASE("a graph that only listens takes every answer alike") {
  CHECK(make({"answered"})->edges() == Edges{"answered"});
  CHECK(as<Follow>(make({"answered"})->resume(state(), Resumed{true})).edge == "answered");
}

TEST_CASE("an answer that fits no edge is kept, and the question asked again") {
  const auto node = make({"approved", "rejected"});
  CHECK(node->edges() == Edges{"approved", "rejected"});
  const auto pause = as<Pause>(node->resume(state(), Resumed{"perhaps"}));
  REQUIRE(pause.update.messages.size() == 2);
  CHECK(pause.update.messages[0]->text == "perhaps");
  CHECK(pause.update.messages[0]->role == Role::human);
  CHECK(pause.update.messages[1]->text == "Shall I?");
  CHECK(pause.update.messages[0]->id != pause.update.messages[1]->id);
}

TEST_CASE("an answer becomes what a person would have said") {
  const auto node = make({"answered"});
  const auto said = [&](const Json& answer) {
    return as<Follow>(node->resume(state(), Resumed{answer})).update.messages.at(0)->text;
  };
  CHECK(said("on Friday") == "on Friday");
  CHECK(said(true) == "yes");
  CHECK(said(false) == "no");
  CHECK(said(Json{{"day", 5}}) == R"({"day":5})");
}

TEST_CASE("what a node keeps for itself, or nobody declares, is not shown to people") {
  const auto fault = [](const std::string& state, const std::string& show) {
    const auto agent = Agent::parse("a",
                                    R"({"state": {)" + state + R"(}, "start": "ask", "nodes": {
        "ask": {"kind": "ask_human", "question": "Go?", "show": [")" +
                                        show + R"("], "edges": {"answered": "respond"}},
        "respond": {"kind": "respond", "draft": true}}})",
                                    ".",
                                    node_kinds());
    return agent ? std::string() : agent.error().detail;
  };
  const std::string fields = R"("draft": {"type": "object"}, "guest": {"type": "string"})";
  CHECK(fault(fields, "guest").empty());
  CHECK(fault(fields, "draft").find("keeps for itself") != std::string::npos);
  CHECK(fault(fields, "nope").find("does not declare") != std::string::npos);
}

TEST_CASE("clients set the fields that they are shown, with values of their type") {
  Agents agents = tests::test_agents();
  const Agent& told = *agents.at("told");
  CHECK(told.check_client_update({{"mood", "good"}}));
  for (const Json& wrong : {Json{{"mood", 1}}, Json{{"draft", Json::object()}}, Json{{"no", 1}}}) {
    const auto checked = told.check_client_update(wrong);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::invalid_value);
    CHECK(checked.error().field == wrong.begin().key());
  }
}

}  // namespace
}  // namespace parlance
