#include "runtime/llm/window.hpp"

#include "runtime/llm/tool_calls.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parlance {
namespace {

MessagePtr say(Role role, std::string text, Json extra = nullptr) {
  auto id = "m-" + text;
  return std::make_shared<const Message>(
      Message{std::move(id), role, std::move(text), std::move(extra), std::nullopt});
}

MessagePtr calling(const std::string& text, const std::vector<std::string>& ids) {
  std::vector<ToolCall> calls;
  for (const auto& id : ids)
    calls.push_back({id, "look", "{}"});
  return say(Role::ai, text, {{tool_calls_key, openai_tool_calls(calls)}});
}

MessagePtr answering(const std::string& text, const std::string& id) {
  return say(Role::tool, text, {{"tool_call_id", id}});
}

std::vector<std::string> texts(const Messages& messages) {
  std::vector<std::string> all;
  for (const auto& message : messages)
    all.push_back(message->text);
  return all;
}

using Texts = std::vector<std::string>;

// A question and `rounds` calls with an answer each.
Messages loop(int rounds) {
  Messages messages{say(Role::human, "question")};
  for (int i = 0; i < rounds; ++i) {
    const auto id = std::to_string(i);
    messages.push_back(calling("call " + id, {id}));
    messages.push_back(answering("answer " + id, id));
  }
  return messages;
}

TEST_CASE("a window has as many of the newest messages as its tokens allow") {
  const std::string text(30, 'x');  // ten tokens, and four around each message
  const Messages messages{
      say(Role::system, text), say(Role::human, text), say(Role::ai, text), say(Role::human, text)};
  CHECK(window_of(messages, 50, 56) == messages);
  CHECK(window_of(messages, 50, 55) == Messages{messages[0], messages[2], messages[3]});
  CHECK(window_of(messages, 50, 42) == Messages{messages[0], messages[2], messages[3]});
  CHECK(window_of(messages, 50, 41) == Messages{messages[0], messages[3]});
  CHECK(window_of(messages, 50, 27) == Messages{messages[3]});
  CHECK(window_of(messages, 50, 1) == Messages{messages[3]});  // there is nothing else to answer
}

TEST_CASE("a question stays in front of a loop of calls however few tokens there are") {
  CHECK(texts(window_of(loop(3), 50, 1)) == Texts{"question", "call 2", "answer 2"});
}

TEST_CASE("a window is the newest messages, as many as it may hold") {
  const Messages messages{say(Role::human, "one"),
                          say(Role::ai, "two"),
                          say(Role::human, "three"),
                          say(Role::ai, "four"),
                          say(Role::human, "five")};
  CHECK(window_of(messages, 3) == Messages(messages.begin() + 2, messages.end()));
  CHECK(window_of(messages, 5) == messages);
  CHECK(window_of(messages, 50) == messages);
  CHECK(texts(window_of(messages, 1)) == Texts{"five"});
  CHECK(window_of({}, 3).empty());
}

TEST_CASE("a call and its answers are shown together or not at all") {
  Messages messages{say(Role::human, "old"),
                    calling("call", {"a", "b"}),
                    answering("first", "a"),
                    answering("second", "b"),
                    say(Role::ai, "said"),
                    say(Role::human, "new")};
  for (const std::size_t max : {2U, 3U, 4U})
    CHECK(texts(window_of(messages, max)) == Texts{"said", "new"});
  CHECK(texts(window_of(messages, 5)) == Texts{"call", "first", "second", "said", "new"});
}

TEST_CASE("a long loop of tool calls keeps the question that began it") {
  const auto messages = loop(15);
  for (std::size_t max = 3; max <= messages.size(); ++max) {
    INFO(max);
    const auto window = window_of(messages, max);
    CHECK(window.size() <= max);
    CHECK(window.size() + 1 >= max);
    CHECK(window.front()->text == "question");
    CHECK(window[1]->role == Role::ai);
    CHECK(window.back()->text == "answer 14");
  }
}

TEST_CASE("a round that is larger than the window is shown whole, with the question alone") {
  Messages messages{say(Role::system, "be kind"), say(Role::human, "question")};
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i)
    ids.push_back(std::to_string(i));
  messages.push_back(calling("before", {"x"}));
  messages.push_back(answering("seen", "x"));
  messages.push_back(calling("call", ids));
  for (const auto& id : ids)
    messages.push_back(answering("answer " + id, id));
  const auto window = window_of(messages, 20);
  REQUIRE(window.size() == 32);
  CHECK(window[0]->text == "question");
  CHECK(window[1]->text == "call");
  CHECK(texts(window_of(loop(3), 1)) == Texts{"question", "call 2", "answer 2"});
}

TEST_CASE("a system message that opens the conversation stays while there is room") {
  auto messages = loop(4);
  messages.insert(messages.begin(), say(Role::system, "be kind"));
  CHECK(texts(window_of(messages, 4)) == Texts{"be kind", "question", "call 3", "answer 3"});
  CHECK(texts(window_of(messages, 3)) == Texts{"question", "call 3", "answer 3"});
  CHECK(window_of(messages, messages.size()) == messages);
}

TEST_CASE("a window does not begin with an answer to a call that it does not hold") {
  const Messages messages{calling("call", {"a"}),
                          say(Role::human, "never mind"),
                          say(Role::ai, "as you like"),
                          answering("late", "a"),
                          say(Role::ai, "I see"),
                          say(Role::human, "new")};
  CHECK(texts(window_of(messages, 3)) == Texts{"I see", "new"});
  CHECK(texts(window_of(messages, 4)) == Texts{"as you like", "late", "I see", "new"});
  CHECK(texts(window_of({answering("alone", "a")}, 3)) == Texts{"alone"});
}

}  // namespace
}  // namespace parlance
