#include "runtime/graph/nodes/match.hpp"

#include "tests/support/temp_folder.hpp"
#include "tests/support/test_agents.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace parlance {
namespace {

struct MatchTest {
  Result<std::unique_ptr<Node>> make(const std::string& rules, Json settings = Json::object()) {
    std::ofstream(folder.path() / "rules.json") << rules;
    settings["kind"] = "match";
    settings["rules"] = "rules.json";
    return MatchNode::make(settings, {folder.path(), {}, nullptr});
  }

  std::string edge(const Node& node, const std::string& text, std::size_t messages = 1) {
    TurnState turn;
    turn.input = {tests::human(text)};
    turn.messages.assign(messages, turn.input[0]);
    return std::get<Follow>(*node.enter(turn)).edge;
  }

  tests::TempFolder folder;
};

const std::string rules = R"([
  // the first that fits decides
  {"edge": "greeting", "patterns": ["^\\W*(hi|hello)\\W*$"]},
  {"edge": "danger", "patterns": ["\\bfire\\b", "feuer"]}])";

TEST_CASE_METHOD(MatchTest, "the first rule that fits decides, none otherwise") {
  const auto node = make(rules);
  REQUIRE(node);
  CHECK((*node)->edges() == std::vector<std::string>{"none", "greeting", "danger"});
  CHECK(edge(**node, "Hello!") == "greeting");
  CHECK(edge(**node, "hello, is there a FIRE?") == "danger");
  CHECK(edge(**node, "Feuerwehr") == "danger");
  CHECK(edge(**node, "hello, when do you open?") == "none");
  CHECK(edge(**node, "") == "none");
}

TEST_CASE_METHOD(MatchTest, "a long text and a full thread take edges of their own") {
  const auto node = make(rules, {{"text_bytes_max", 10}, {"messages_max", 2}});
  REQUIRE(node);
  CHECK(edge(**node, "a question") == "none");
  CHECK(edge(**node, "a long question") == "too_long");
  CHECK(edge(**node, "a question", 2) == "none");
  CHECK(edge(**node, "a question", 3) == "full");
  // Danger is heard whatever the length.
  CHECK(edge(**node, "there is a fire, there is a fire", 3) == "danger");
}

TEST_CASE_METHOD(MatchTest, "all that is newly said is looked at, not its last message alone") {
  const auto node = make(rules, {{"text_bytes_max", 60}});
  REQUIRE(node);
  const auto edge_for = [&](Messages before, Messages input) {
    TurnState turn;
    turn.messages = std::move(before);
    turn.input = std::move(input);
    merge_messages(turn.messages, turn.input);
    return std::get<Follow>(*(*node)->enter(turn)).edge;
  };
  const auto say = [](Role role, std::string text) {
    return std::make_shared<const Message>(
        Message{random_uuid(), role, std::move(text), nullptr, std::nullopt});
  };
  const auto fire = tests::human("there is a fire");
  const auto hello = tests::human("hello");
  const auto answer = say(Role::ai, "Call 911.");
  CHECK(edge_for({}, {fire, hello}) == "danger");
  CHECK(edge_for({}, {tests::human("is something on"), tests::human("fire?"), hello}) == "danger");
  CHECK(edge_for({}, {hello, say(Role::tool, "fire")}) == "danger");
  CHECK(edge_for({}, {hello, tests::human(std::string(58, 'x'))}) == "too_long");
  // A conversation that is sent whole: what stands before the newest answer had its own turn.
  CHECK(edge_for({}, {fire, answer, hello}) == "greeting");
  CHECK(edge_for({}, {fire, answer, fire, hello}) == "danger");
  // On a thread that has had turns all of the input is new, whatever answers are put into it.
  CHECK(edge_for({hello, answer}, {fire, say(Role::ai, "Fine."), tests::human("hi")}) == "danger");
}

TEST_CASE_METHOD(MatchTest, "patterns see the text in its plainest form") {
  const auto node = make(R"([{"edge": "stop", "patterns": ["^i can't stop it$"]}])");
  REQUIRE(node);
  for (const auto* text : {"I can't stop it",
                           "I can\u2019t stop it",
                           "  I can't\n\tstop   it\n",
                           "I ca\u200Bn't_stop\u00A0it"})
    CHECK(edge(**node, text) == "stop");
}

TEST_CASE_METHOD(MatchTest, "a text made to be slow is not") {
  const auto node = make(R"([{"edge": "x", "patterns": ["(a+)+$", "(a|aa)*b"]}])");
  REQUIRE(node);
  std::string text(60'000, 'a');
  text.push_back('c');
  CHECK(edge(**node, text) == "none");
}

TEST_CASE_METHOD(MatchTest, "faults in the rules are named by their place") {
  const auto fault = [&](const std::string& text) {
    const auto node = make(text);
    REQUIRE_FALSE(node);
    CHECK(node.error().field == "rules");
    return node.error().detail;
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(fault("{}"), Contains("must be a list"));
  CHECK_THAT(fault("[\n{]"), Contains("line 2"));
  CHECK_THAT(fault(R"([{"patterns": ["x"]}])"), Contains("rules.json[0].edge"));
  CHECK_THAT(fault(R"([{"edge": "x", "patterns": []}])"), Contains("rules.json[0].patterns"));
  CHECK_THAT(fault(R"([{"edge": "x", "patterns": ["ok", "("]}])"), Contains("patterns[1]"));
  CHECK_THAT(fault(R"([{"edge": "x", "pattern": ["ok"]}])"), Contains("pattern"));
}

}  // namespace
}  // namespace parlance
