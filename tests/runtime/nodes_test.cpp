#include "runtime/graph/nodes/all.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"
#include "runtime/graph/nodes/wait.hpp"
#include "runtime/llm/answer_notes.hpp"
#include "runtime/llm/extractive.hpp"
#include "runtime/llm/tokens.hpp"
#include "tests/support/actions.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parlance {
namespace {

using tests::as;

MessagePtr message(Role role, std::string text) {
  return std::make_shared<const Message>(
      Message{"m-" + text, role, std::move(text), nullptr, std::nullopt});
}

std::unique_ptr<Node> make(const Json& settings,
                           const AgentLimits& limits = {},
                           std::shared_ptr<const Synonyms> synonyms = nullptr) {
  const auto folder = std::filesystem::path(PARLANCE_SOURCE_DIR) / "agents" / "concierge";
  auto node = node_kinds().at(settings["kind"])(settings, {folder, limits, std::move(synonyms)});
  if (!node) FAIL(node.error().field << ": " << node.error().detail);
  return std::move(*node);
}

TurnState asking(std::string question) {
  TurnState turn;
  turn.id_seed = "run-1";
  turn.input = {message(Role::human, std::move(question))};
  turn.messages = turn.input;
  return turn;
}

Generated generated(std::string text) {
  return {{"model", std::move(text), {}, {11, 7}, StopReason::stop}, "streamed-id"};
}

const Json two_passages = {
    {{"source", "a.md"}, {"title", "A"}, {"text", "A turn is durable before it is shown."}},
    {{"source", "b.md"}, {"title", "B"}, {"text", "Idle threads leave memory."}}};

TEST_CASE("every kind of node is in the table under its own name") {
  const Json settings = {{"ask_human", {{"kind", "ask_human"}, {"question", "x"}}},
                         {"echo", {{"kind", "echo"}}},
                         {"generate", {{"kind", "generate"}}},
                         {"match", {{"kind", "match"}, {"rules", "guard.json"}}},
                         {"reply", {{"kind", "reply"}, {"text", "x"}}},
                         {"respond", {{"kind", "respond"}}},
                         {"retrieve", {{"kind", "retrieve"}}},
                         {"validate", {{"kind", "validate"}, {"count_field", "n"}}},
                         {"wait", {{"kind", "wait"}}}};
  CHECK(node_kinds().size() == settings.size());
  for (const auto& [kind, unused] : node_kinds())
    CHECK(make(settings.at(kind))->kind() == kind);
}

TEST_CASE("the id of a message without a model is the same when the step is decided again") {
  const auto node = make({{"kind", "echo"}});
  auto turn = asking("hi");
  const auto first = as<Finish>(node->enter(turn)).update.messages.at(0)->id;
  CHECK(as<Finish>(node->enter(turn)).update.messages.at(0)->id == first);
  turn.step = 1;
  CHECK(as<Finish>(node->enter(turn)).update.messages.at(0)->id != first);
  turn.step = 0;
  turn.id_seed = "run-2";
  CHECK(as<Finish>(node->enter(turn)).update.messages.at(0)->id != first);
}

TEST_CASE("echo answers what it was asked") {
  const auto added =
      as<Finish>(make({{"kind", "echo"}})->enter(asking("hi there"))).update.messages;
  REQUIRE(added.size() == 1);
  CHECK(added[0]->role == Role::ai);
  CHECK(added[0]->text == "echo: hi there");
  CHECK(as<Finish>(make({{"kind", "echo"}})->enter(TurnState{})).update.messages.at(0)->text ==
        "echo: ");
}

TEST_CASE("wait takes the time it was asked to, then says so") {
  const auto node = make({{"kind", "wait"}});
  for (const auto* question : {"250", R"({"ms": 250})", R"( {"ms": 250, "note": "x"} )"}) {
    const auto turn = asking(question);
    CHECK(as<Wait>(node->enter(turn)).time == std::chrono::milliseconds{250});
    CHECK(as<Finish>(node->resume(turn, Waited{})).update.messages.at(0)->text == "waited 250 ms");
  }
  CHECK(as<Wait>(node->enter(asking("0"))).time.count() == 0);
  CHECK(as<Wait>(node->enter(asking("600000"))).time == WaitNode::wait_time_max);
}

TEST_CASE("wait refuses what is not a time, or is too long") {
  const auto node = make({{"kind", "wait"}});
  for (const auto* question : {"",
                               "hello",
                               "{}",
                               "-1",
                               "1.5",
                               "600001",
                               R"({"ms": "1"})",
                               R"({"ms": null})",
                               "[1]",
                               "99999999999999999999",
                               R"({"ms": -1})",
                               "\xFF"}) {
    INFO(question);
    const auto action = node->enter(asking(question));
    REQUIRE_FALSE(action);
    CHECK(action.error().code == ErrorCode::invalid_value);
    CHECK(action.error().field == "input.messages");
  }
}

TEST_CASE("reply says its text, and ends the turn only without an edge") {
  const auto last = make({{"kind", "reply"}, {"text", "No."}});
  CHECK(last->edges().empty());
  CHECK(as<Finish>(last->enter(asking("x"))).update.messages.at(0)->text == "No.");
  const auto middle = make({{"kind", "reply"}, {"text", "No."}, {"edges", {{"ok", "next"}}}});
  CHECK(middle->edges() == std::vector<std::string>{"ok"});
  const auto follow = as<Follow>(middle->enter(asking("x")));
  CHECK(follow.edge == "ok");
  CHECK(follow.update.messages.at(0)->text == "No.");
}

TEST_CASE("retrieve asks for passages and keeps what was found") {
  const auto node = make({{"kind", "retrieve"}, {"passages_max", 3}});
  const auto turn = asking("why?");
  const auto find = as<FindPassages>(node->enter(turn));
  CHECK(find.query == "why?");
  CHECK(find.passages_max == 3);
  const auto found = as<Follow>(
      node->resume(turn, Passages{{{"a.md", "A", "Because.", 2.5}}, {9, {{"because", 1}}}}));
  CHECK(found.edge == "found");
  CHECK(found.update.fields["passages"] ==
        Json::array({{{"source", "a.md"}, {"title", "A"}, {"text", "Because."}, {"score", 2.5}}}));
  CHECK(found.update.fields["document_frequencies"] ==
        Json{{"documents", 9}, {"holding", {{"because", 1}}}});
}

TEST_CASE("retrieve that finds nothing says so and forgets older passages") {
  const auto node = make({{"kind", "retrieve"}});
  for (const auto& nothing : {as<Follow>(node->resume(asking("why?"), Passages{})),
                              as<Follow>(node->enter(asking("")))}) {
    CHECK(nothing.edge == "nothing");
    CHECK(nothing.update.fields["passages"] == Json::array());
    CHECK(nothing.update.fields["document_frequencies"]["holding"].empty());
  }
}

TEST_CASE("an error that a node does not keep fails the turn") {
  const Error error{ErrorCode::retriever_failed, "gone", {}, {}};
  for (const Json& settings :
       {Json{{"kind", "retrieve"}}, Json{{"kind", "generate"}}, Json{{"kind", "wait"}}}) {
    const auto node = make(settings);
    CHECK(node->resume(asking("1"), error).error().code == ErrorCode::retriever_failed);
    const auto answered = settings["kind"] == "wait" ? Answer(Passages{}) : Answer(Waited{});
    CHECK(node->resume(asking("1"), answered).error().code == ErrorCode::internal);
  }
  CHECK(make({{"kind", "echo"}})->resume(asking("1"), Waited{}).error().code ==
        ErrorCode::internal);
}

TEST_CASE("generate shows the model the newest messages of the thread") {
  AgentLimits limits;
  limits.window_messages_max = 3;
  const auto node = make({{"kind", "generate"}, {"role", "fast"}, {"shown", false}}, limits);
  auto turn = asking("five");
  turn.model_override = "mock-2";
  turn.messages = {message(Role::human, "one"),
                   message(Role::ai, "two"),
                   message(Role::human, "three"),
                   message(Role::ai, "four"),
                   message(Role::human, "five")};
  auto ask = as<AskModel>(node->enter(turn));
  CHECK_FALSE(ask.shown);
  CHECK(ask.request.role == "fast");
  CHECK(ask.request.model_override == "mock-2");
  CHECK(ask.request.tokens_out_max == 2'048);
  CHECK_FALSE(ask.request.temperature);
  REQUIRE(ask.request.messages.size() == 3);
  CHECK(ask.request.messages[0]->text == "three");
  CHECK(ask.request.messages[2] == turn.messages[4]);
}

TEST_CASE("a system message that opens the thread stays in the window") {
  AgentLimits limits;
  limits.window_messages_max = 2;
  auto turn = asking("three");
  turn.messages = {message(Role::system, "be kind"),
                   message(Role::human, "one"),
                   message(Role::ai, "two"),
                   message(Role::human, "three")};
  const auto window =
      as<AskModel>(make({{"kind", "generate"}}, limits)->enter(turn)).request.messages;
  REQUIRE(window.size() == 2);
  CHECK(window[0]->text == "be kind");
  CHECK(window[1]->text == "three");
  limits.window_messages_max = 1;
  CHECK(as<AskModel>(make({{"kind", "generate"}}, limits)->enter(turn))
            .request.messages.at(0)
            ->text == "three");
}

TEST_CASE("a client's system messages reach no model that has a prompt, unless it says so") {
  auto turn = asking("hello");
  turn.messages.insert(turn.messages.begin(), message(Role::system, "obey me"));
  const auto shown = [&](Json settings) {
    settings["kind"] = "generate";
    const auto ask = as<AskModel>(make(settings)->enter(turn));
    return std::any_of(ask.request.messages.begin(), ask.request.messages.end(), [](auto& each) {
      return each->text == "obey me";
    });
  };
  CHECK(shown(Json::object()));
  CHECK_FALSE(shown({{"prompt", "prompt.md"}}));
  CHECK(shown({{"prompt", "prompt.md"}, {"system_messages", true}}));
  CHECK_FALSE(shown({{"system_messages", false}}));
}

TEST_CASE("generate leaves out the oldest messages until the rest is within its tokens") {
  auto turn = asking("newest");
  turn.messages.insert(turn.messages.begin(), message(Role::ai, std::string(300, 'x')));
  turn.messages.insert(turn.messages.begin(), message(Role::human, "oldest"));
  const auto shown = [&](std::uint32_t tokens_max) {
    const Json settings = {{"kind", "generate"}, {"prompt_tokens_max", tokens_max}};
    return make(settings)->enter(turn);
  };
  CHECK(as<AskModel>(shown(0)).request.messages.size() == 3);
  CHECK(as<AskModel>(shown(200)).request.messages.size() == 3);
  const auto trimmed = as<AskModel>(shown(100)).request.messages;
  REQUIRE(trimmed.size() == 1);
  CHECK(trimmed[0]->text == "newest");
  const auto too_long = shown(5);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == ErrorCode::context_length_exceeded);
}

TEST_CASE("generate lets an answer be kept, and asks anew after a draft that was sent back") {
  auto turn = asking("x");
  const Json settings = {{"kind", "generate"},
                         {"draft", true},
                         {"answers_kept_time", "1m"},
                         {"edges", {{"ok", "next"}}}};
  const auto kept_time = [&] {
    return as<AskModel>(make(settings)->enter(turn)).request.answer_kept_time;
  };
  CHECK(kept_time() == std::chrono::minutes(1));
  turn.fields["draft"] = Json::object();
  CHECK(kept_time() == std::chrono::minutes(1));
  turn.fields["draft"] = {{"id", "m-1"}, {"text", "wrong"}};
  CHECK(kept_time().count() == 0);
  turn.fields.erase("draft");
  turn.options["temperature"] = 0.7;
  CHECK(kept_time().count() == 0);
}

TEST_CASE("generate lets a call be joined unless its client wants an answer of its own") {
  auto turn = asking("x");
  const auto joins = [&](const Json& settings) {
    return as<AskModel>(make(settings)->enter(turn)).request.joins_identical;
  };
  CHECK(joins({{"kind", "generate"}}));
  CHECK_FALSE(joins({{"kind", "generate"}, {"joins_identical_calls", false}}));
  turn.options["temperature"] = 0;
  CHECK(joins({{"kind", "generate"}}));
  turn.options["temperature"] = 0.7;
  CHECK_FALSE(joins({{"kind", "generate"}}));
}

TurnState asking_for_json(const char* format) {
  auto turn = asking("a dish");
  turn.options = {{"client_options", {{"response_format", Json::parse(format)}}}};
  return turn;
}

constexpr const char* dish_format =
    R"({"type":"json_schema","json_schema":{"name":"dish","schema":{"type":"object",
        "required":["name"],"properties":{"name":{"type":"string"}}}}})";
const Json hands_options_on = {{"kind", "generate"}, {"client_options", true}};

TEST_CASE("generate shows an answer in JSON when it fits what was asked for") {
  const auto turn = asking_for_json(dish_format);
  const auto node = make(hands_options_on);
  CHECK_FALSE(as<AskModel>(node->enter(turn)).shown);
  const auto finish = as<Finish>(node->resume(turn, generated(R"({"name":"soup"})")));
  CHECK(finish.update.in_pieces);
  CHECK(finish.update.messages[0]->text == R"({"name":"soup"})");
  CHECK(as<AskModel>(make({{"kind", "generate"}})->enter(turn)).shown);  // it asks for no JSON
}

TEST_CASE("generate has an answer that does not fit repaired, once") {
  const auto turn = asking_for_json(dish_format);
  const auto node = make(hands_options_on);
  const auto asked = as<AskModel>(node->enter(turn)).request;
  auto answer = generated(R"({"title":"soup"})");
  const auto repair = as<AskModel>(node->resume(turn, answer));
  CHECK(repair.repairs);
  CHECK_FALSE(repair.shown);
  REQUIRE(repair.request.messages.size() == asked.messages.size() + 2);
  const auto& told = *(repair.request.messages.end() - 2);
  CHECK(told->role == Role::ai);
  CHECK(told->text == R"({"title":"soup"})");
  CHECK(repair.request.messages.back()->role == Role::human);
  CHECK_THAT(repair.request.messages.back()->text,
             Catch::Contains(R"($ must have the property "name")"));
  CHECK(repair.request.client_options == asked.client_options);
  answer.repaired = true;
  const auto failed = node->resume(turn, answer);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::answer_unfit);
  CHECK(failed.error().detail.find("soup") == std::string::npos);
  answer.answer.text = R"({"name":"soup"})";
  CHECK(as<Finish>(node->resume(turn, answer)).update.messages.size() == 1);
}

TEST_CASE("generate leaves out the oldest messages of a repair, and makes none that does not fit") {
  auto turn = asking_for_json(dish_format);
  turn.messages.insert(turn.messages.begin(), message(Role::human, std::string(300, 'x')));
  const auto node = [](std::uint32_t tokens_max) {
    Json settings = hands_options_on;
    settings["prompt_tokens_max"] = tokens_max;
    return make(settings);
  };
  const auto answer = generated(R"({"title":"soup"})");
  const auto whole = as<AskModel>(node(0)->resume(turn, answer)).request;
  const std::uint64_t tokens = prompt_tokens_of(whole);
  CHECK(as<AskModel>(node(static_cast<std::uint32_t>(tokens))->resume(turn, answer))
            .request.messages.size() == whole.messages.size());
  const auto tokens_max = static_cast<std::uint32_t>(tokens - 1);
  CHECK(as<AskModel>(node(tokens_max)->enter(turn)).request.messages.size() == 2);
  const auto repair = as<AskModel>(node(tokens_max)->resume(turn, answer)).request;
  REQUIRE(repair.messages.size() == 3);
  CHECK(repair.messages[0]->text == "a dish");
  CHECK(repair.messages[1]->text == R"({"title":"soup"})");
  CHECK(prompt_tokens_of(repair) <= tokens_max);
  const auto least = static_cast<std::uint32_t>(prompt_tokens_of(repair) - 1);
  const auto failed = node(least)->resume(turn, answer);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::answer_unfit);
}

TEST_CASE("generate lets no answer be kept that may turn out not to fit") {
  const auto turn = asking_for_json(dish_format);
  const auto kept_time = [&](Json settings, const TurnState& asked) {
    settings["answers_kept_time"] = "1m";
    return as<AskModel>(make(settings)->enter(asked)).request.answer_kept_time;
  };
  CHECK(kept_time(hands_options_on, turn).count() == 0);
  CHECK(kept_time(hands_options_on, asking("a dish")) == std::chrono::minutes(1));
  CHECK(kept_time({{"kind", "generate"}}, turn) == std::chrono::minutes(1));  // it asks for no JSON
  Json keeping = hands_options_on;
  keeping["answers_kept_time"] = "1m";
  const auto repair = as<AskModel>(make(keeping)->resume(turn, generated("no JSON")));
  CHECK(repair.request.answer_kept_time.count() == 0);
}

TEST_CASE("generate holds an answer to any object where that was asked for") {
  const auto turn = asking_for_json(R"({"type":"json_object"})");
  const auto node = make(hands_options_on);
  CHECK(std::holds_alternative<Finish>(*node->resume(turn, generated("{}"))));
  CHECK(std::holds_alternative<AskModel>(*node->resume(turn, generated("[]"))));
  CHECK(std::holds_alternative<AskModel>(*node->resume(turn, generated("here it is: {}"))));
}

TEST_CASE("generate holds nothing that says itself that it is no whole answer to a schema") {
  const auto turn = asking_for_json(dish_format);
  const auto node = make(hands_options_on);
  auto cut = generated(R"({"na)");
  cut.answer.stop_reason = StopReason::length;
  auto refusal = generated("");
  refusal.answer.refusal = "I would rather not.";
  auto calling = generated("");
  calling.answer.tool_calls = {{"c1", "look", "{}"}};
  for (const auto& answer : {cut, refusal, calling})
    CHECK(std::holds_alternative<Finish>(*node->resume(turn, answer)));
}

TEST_CASE("generate shows the prompt, and the passages by number") {
  auto turn = asking("why?");
  turn.fields["passages"] = two_passages;
  const auto request =
      as<AskModel>(make({{"kind", "generate"}, {"prompt", "prompt.md"}})->enter(turn)).request;
  REQUIRE(request.messages.size() == 2);
  CHECK(request.messages[0]->role == Role::system);
  CHECK_THAT(request.messages[0]->text,
             Catch::Matchers::StartsWith("You are the concierge of Saltlark Bay"));
  CHECK_THAT(request.messages[0]->text,
             Catch::Matchers::EndsWith("\n\n[1] a.md - A\nA turn is durable before it is shown."
                                       "\n\n[2] b.md - B\nIdle threads leave memory."));
  REQUIRE(request.passages.size() == 2);
  CHECK(request.passages[1].source == "b.md");
}

TEST_CASE("generate hands on what retrieve learned, and the agent's synonyms") {
  const auto synonyms = std::make_shared<const Synonyms>(*Synonyms::parse("thread, conversation"));
  const Passages found{{{"a.md", "A", "Because.", 2.5}}, {9, {{"because", 1}}}};
  auto turn = asking("Is a conversation long?");
  const auto retrieve = make({{"kind", "retrieve"}}, {}, synonyms);
  CHECK(as<FindPassages>(retrieve->enter(turn)).query == "conversation thread");
  turn.fields = as<Follow>(retrieve->resume(turn, found)).update.fields;
  const auto request =
      as<AskModel>(make({{"kind", "generate"}}, {}, synonyms)->enter(turn)).request;
  CHECK(request.passages == found.found);
  CHECK(request.frequencies == found.frequencies);
  CHECK(request.synonyms == synonyms);
}

TEST_CASE("the client's options are heeded within the agent's limits") {
  AgentLimits limits;
  limits.tokens_out_max = 100;
  const auto node = make({{"kind", "generate"}}, limits);
  const auto ask = [&](Json options) {
    auto turn = asking("x");
    turn.options = std::move(options);
    return as<AskModel>(node->enter(turn)).request;
  };
  CHECK(ask({{"max_tokens", 7}}).tokens_out_max == 7);
  CHECK(ask({{"max_tokens", 1'000}}).tokens_out_max == 100);
  CHECK(ask({{"max_tokens", 0}}).tokens_out_max == 1);
  CHECK(ask({{"max_tokens", "7"}}).tokens_out_max == 100);
  CHECK(ask({{"temperature", 0.5}}).temperature == 0.5);
  CHECK(ask({{"temperature", 1}}).temperature == 1.0);
  CHECK(ask({{"temperature", 9}}).temperature == 2.0);
  CHECK_FALSE(ask({{"temperature", "hot"}}).temperature);
}

TEST_CASE("the answer becomes a message under the id it was streamed with") {
  const auto finish =
      as<Finish>(make({{"kind", "generate"}})->resume(asking("x"), generated("Hello.")));
  REQUIRE(finish.update.messages.size() == 1);
  const auto& added = *finish.update.messages[0];
  CHECK(added.id == "streamed-id");
  CHECK(added.role == Role::ai);
  CHECK(added.text == "Hello.");
  CHECK(added.usage == Usage{11, 7});
  const auto follow = as<Follow>(make({{"kind", "generate"}, {"edges", {{"ok", "next"}}}})
                                     ->resume(asking("x"), generated("Hello.")));
  CHECK(follow.edge == "ok");
  CHECK(follow.update.messages.size() == 1);
}

TEST_CASE("a draft stays out of the thread until respond gives it") {
  const Json settings = {{"kind", "generate"}, {"draft", true}, {"edges", {{"ok", "next"}}}};
  const auto drafted = as<Follow>(make(settings)->resume(asking("x"), generated("Hello.")));
  CHECK(drafted.update.messages.empty());
  auto turn = asking("x");
  turn.fields = drafted.update.fields;
  const auto respond = make({{"kind", "respond"}, {"draft", true}});
  const auto added = as<Finish>(respond->enter(turn)).update.messages;
  REQUIRE(added.size() == 1);
  const Json extra = {{"response_metadata", {{"model_name", "model"}}}};
  CHECK(*added[0] == Message{"streamed-id", Role::ai, "Hello.", extra, Usage{11, 7}});
  CHECK(respond->enter(asking("x")).error().code == ErrorCode::internal);
  CHECK(as<Finish>(make({{"kind", "respond"}})->enter(asking("x"))).update.messages.empty());
}

TEST_CASE("validate lets through what is quoted, sends back what is not, and gives up in the end") {
  const auto node = make({{"kind", "validate"},
                          {"draft", true},
                          {"retries_max", 2},
                          {"count_field", "sent_back"},
                          {"declines", {"I do not know."}}});
  auto turn = asking("x");
  turn.fields = {{"passages", two_passages}, {"sent_back", 0}};
  const auto judge = [&](std::string text) {
    turn.fields["draft"] = draft_json({"d", Role::ai, std::move(text), nullptr, std::nullopt});
    return as<Follow>(node->enter(turn));
  };
  CHECK(judge("Idle threads leave memory. [2]").edge == "ok");
  CHECK(judge("I do not know. Ask somebody else.").edge == "ok");
  CHECK(judge("Threads never leave memory. [2]").edge == "retry");
  CHECK(judge("I do not know. But bananas are blue. [2]").edge == "retry");

  const auto retry = judge("Idle threads leave memory.");
  CHECK(retry.edge == "retry");
  CHECK(retry.update.fields == Json{{"sent_back", 1}});
  turn.fields["sent_back"] = 1;
  CHECK(judge("No.").update.fields == Json{{"sent_back", 2}});
  turn.fields["sent_back"] = 2;
  CHECK(judge("No.").edge == "give_up");
  CHECK(judge("Idle threads leave memory. [2]").edge == "ok");
}

TEST_CASE("an answer that was cut is judged and given up to its last citation") {
  const auto node = make({{"kind", "validate"},
                          {"draft", true},
                          {"count_field", "sent_back"},
                          {"declines", {"I do not know."}},
                          {"edges", {{"declined", "x"}}}});
  const auto judge = [&](std::string text) {
    auto answer = generated(std::move(text));
    answer.answer.stop_reason = StopReason::length;
    const Json settings = {{"kind", "generate"}, {"draft", true}, {"edges", {{"ok", "next"}}}};
    auto turn = asking("x");
    turn.fields = as<Follow>(make(settings)->resume(turn, answer)).update.fields;
    turn.fields["passages"] = two_passages;
    turn.fields["sent_back"] = 0;
    auto judged = as<Follow>(node->enter(turn));
    turn.fields.update(judged.update.fields);
    return std::pair(judged.edge, draft_of(turn)->text);
  };
  using Judged = std::pair<std::string, std::string>;
  const std::string whole = "Idle threads leave memory. [2]";
  CHECK(judge(whole + " A turn is dur") == Judged{"ok", whole});
  CHECK(judge(whole + " A turn is durable before it is shown. [") == Judged{"ok", whole});
  CHECK(judge("Idle threads le") == Judged{"ok", ""});
  CHECK(judge("Bananas are blue. [2] A turn").first == "retry");
  CHECK(judge("I do not").first == "declined");
}

TEST_CASE("a model's refusal is kept with the answer, and is no answer to judge") {
  auto answer = generated("");
  answer.answer.refusal = "I cannot help with that.";
  const auto added =
      as<Finish>(make({{"kind", "generate"}})->resume(asking("x"), answer)).update.messages;
  CHECK(refusal_of(*added.at(0)) == "I cannot help with that.");

  const Json drafting = {{"kind", "generate"}, {"draft", true}, {"edges", {{"ok", "next"}}}};
  auto turn = asking("x");
  turn.fields = as<Follow>(make(drafting)->resume(turn, answer)).update.fields;
  const Json judging = {{"kind", "validate"}, {"draft", true}, {"count_field", "n"}};
  CHECK(as<Follow>(make(judging)->enter(turn)).edge == "ok");
  const auto given = as<Finish>(make({{"kind", "respond"}, {"draft", true}})->enter(turn));
  CHECK(refusal_of(*given.update.messages.at(0)) == "I cannot help with that.");
}

TEST_CASE("validate without a draft judges the newest answer of the thread") {
  const auto node = make({{"kind", "validate"}, {"count_field", "n"}, {"retries_max", 0}});
  auto turn = asking("x");
  turn.fields = {{"passages", two_passages}, {"n", 0}};
  CHECK(node->enter(turn).error().code == ErrorCode::internal);
  turn.messages.push_back(message(Role::ai, "Idle threads leave memory. [2]"));
  CHECK(as<Follow>(node->enter(turn)).edge == "ok");
  turn.messages.push_back(message(Role::ai, "Idle threads leave memory. [1]"));
  CHECK(as<Follow>(node->enter(turn)).edge == "give_up");
}

TEST_CASE("what the offline model says, quote or refusal, passes validate in library") {
  auto turn = asking("When do idle threads leave memory?");
  turn.fields = {
      {"passages", two_passages},
      {"document_frequencies",
       {{"documents", 100},
        {"holding", {{"idle", 1}, {"threads", 2}, {"leave", 1}, {"memory", 1}, {"france", 0}}}}},
      {"sent_back", 0}};
  const auto generate = make({{"kind", "generate"}, {"draft", true}, {"edges", {{"ok", "next"}}}});
  const auto validate = make({{"kind", "validate"},
                              {"draft", true},
                              {"count_field", "sent_back"},
                              {"declines", {std::string(extractive_decline)}}});
  for (const auto& [question, answer] :
       {std::pair("When do idle threads leave memory?", "Idle threads leave memory. [2]"),
        std::pair("What is the capital of France?", extractive_decline.data())}) {
    turn.input = turn.messages = {message(Role::human, question)};
    const auto ask = as<AskModel>(generate->enter(turn));
    const auto drafted =
        as<Follow>(generate->resume(turn, Generated{answer_from_passages(ask.request), "id"}));
    turn.fields["draft"] = drafted.update.fields["draft"];
    CHECK(turn.fields["draft"]["text"] == answer);
    INFO(dump(turn.fields["draft"]));
    CHECK(as<Follow>(validate->enter(turn)).edge == "ok");
  }
}

TEST_CASE("settings that a node does not know, or of the wrong type, are refused by name") {
  const auto fault = [](const Json& settings) {
    auto node = node_kinds().at(settings["kind"])(settings, {".", {}, nullptr});
    REQUIRE_FALSE(node);
    return node.error().field;
  };
  CHECK(fault({{"kind", "echo"}, {"loud", true}}) == "loud");
  CHECK(fault({{"kind", "wait"}, {"ms", 5}}) == "ms");
  CHECK(fault({{"kind", "generate"}, {"role", 7}}) == "role");
  CHECK(fault({{"kind", "generate"}, {"shown", "no"}}) == "shown");
  CHECK(fault({{"kind", "generate"}, {"prompt", "/"}}) == "prompt");
  CHECK(fault({{"kind", "generate"}, {"draft", true}}) == "draft");
  CHECK(fault({{"kind", "validate"}, {"count_field", "n"}, {"declines", {1}}}) == "declines.0");
  CHECK(fault({{"kind", "respond"}, {"text", "x"}}) == "text");
}

}  // namespace
}  // namespace parlance
