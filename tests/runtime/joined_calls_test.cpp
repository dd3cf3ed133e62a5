#include "runtime/limits/joined_calls.hpp"

#include "runtime/limits/audience.hpp"
#include "runtime/llm/call_identity.hpp"
#include "runtime/llm/synonyms.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parlance {
namespace {

using Calls = std::vector<std::uint64_t>;

ChatRequest asked_for(std::string text) {
  ChatRequest request;
  request.role = "main";
  request.messages = {std::make_shared<const Message>(
      Message{"m-1", Role::human, std::move(text), nullptr, std::nullopt})};
  return request;
}

TEST_CASE("the first of equal calls is the one that is made") {
  JoinedCalls calls;
  CHECK_FALSE(calls.find("a"));
  calls.lead(1, "a");
  REQUIRE(calls.find("a") == 1U);
  CHECK_FALSE(calls.find("b"));
  calls.follow(2, 1);
  calls.follow(3, 1);
  CHECK(calls.ready(3) == 1U);
  CHECK(calls.end(1) == Calls{1, 2, 3});
  CHECK_FALSE(calls.find("a"));
  CHECK_FALSE(calls.ready(3));
  CHECK(calls.size() == 0);
}

TEST_CASE("a call that nobody may follow is found by nobody") {
  JoinedCalls calls;
  calls.lead(1, {});
  CHECK_FALSE(calls.find({}));
  CHECK(calls.end(1) == Calls{1});
}

TEST_CASE("a shared call outlives the one that led it") {
  JoinedCalls calls;
  calls.lead(1, "a");
  calls.follow(2, 1);
  calls.ready(1);
  const auto first = calls.leave(1);
  REQUIRE(first);
  CHECK(first->shared == 1);
  CHECK_FALSE(first->is_empty);
  CHECK_FALSE(first->has_ready);
  CHECK(calls.find("a") == 1U);
  CHECK_FALSE(calls.leave(1));
  const auto second = calls.leave(2);
  REQUIRE(second);
  CHECK(second->is_empty);
  CHECK_FALSE(calls.find("a"));
}

TEST_CASE("a full call is followed by nobody more, and the next one leads anew") {
  JoinedCalls calls(2);
  calls.lead(1, "a");
  calls.follow(2, 1);
  CHECK_FALSE(calls.find("a"));
  calls.lead(3, "a");
  CHECK(calls.find("a") == 3U);
  CHECK(calls.end(1) == Calls{1, 2});
  CHECK(calls.find("a") == 3U);
}

TEST_CASE("who is taken in late hears the same pieces in the same order") {
  Audience audience(8);
  std::string heard;
  const auto listener = [&](std::uint64_t call) {
    return Audience::Listener{call,
                              [&heard, call] { heard += std::to_string(call) + "! "; },
                              [&heard, call](const std::vector<std::string>& pieces, bool) {
                                heard += std::to_string(call);
                                for (const auto& piece : pieces)
                                  heard += piece + ' ';
                              }};
  };
  REQUIRE(audience.add(listener(1)));
  CHECK_FALSE(audience.has_heard());
  CHECK(audience.say({"ab"}, false));
  CHECK_FALSE(audience.say({"cd", "ef"}, false));
  CHECK(audience.has_heard());
  REQUIRE(audience.add(listener(2)));
  audience.remove(1);
  audience.say({"gh"}, false);
  CHECK(heard == "1! 1ab 1cd ef 2! 2ab cd ef 2gh ");
  audience.say({"more"}, true);
  CHECK_FALSE(audience.add(listener(3)));  // more than 8 bytes were said
  CHECK(heard == "1! 1ab 1cd ef 2! 2ab cd ef 2gh 2more ");
}

TEST_CASE("calls are the same when all that the model is told is") {
  const auto identity = [](const ChatRequest& request, const char* tenant = "acme") {
    return call_identity(tenant, "upstream/small\n", request);
  };
  const auto same = asked_for("hello");
  auto other = asked_for("hello");
  CHECK(identity(same).size() == 64);
  CHECK(identity(same) == identity(other));
  CHECK(identity(same) != identity(same, "other"));
  SECTION("whatever ids its messages have") {
    Message renamed = *other.messages[0];
    renamed.id = "m-2";
    other.messages[0] = std::make_shared<const Message>(std::move(renamed));
    CHECK(identity(same) == identity(other));
  }
  SECTION("not with another text") {
    CHECK(identity(same) != identity(asked_for("hello ")));
  }
  SECTION("not with another speaker") {
    Message spoken = *other.messages[0];
    spoken.extra = {{"name", "ann"}};
    other.messages[0] = std::make_shared<const Message>(std::move(spoken));
    CHECK(identity(same) != identity(other));
  }
  SECTION("not with the same text in two messages") {
    auto split = asked_for("hel");
    split.messages.push_back(asked_for("lo").messages[0]);
    CHECK(identity(same) != identity(split));
  }
  SECTION("not with another role, model, bound or temperature") {
    other.role = "planner";
    CHECK(identity(same) != identity(other));
    other = same;
    other.model_override = "large";
    CHECK(identity(same) != identity(other));
    other = same;
    other.tokens_out_max = 7;
    CHECK(identity(same) != identity(other));
    other = same;
    other.temperature = 0;
    CHECK(identity(same) != identity(other));
  }
  SECTION("not when others may answer them") {
    CHECK(identity(same) != call_identity("acme", "upstream/large\n", same));
  }
  SECTION("with synonyms of the same words, wherever these are in memory") {
    const auto with = [&](std::string_view words) {
      ChatRequest request = same;
      request.synonyms = std::make_shared<const Synonyms>(*Synonyms::parse(words));
      return identity(request);
    };
    CHECK(with("pool, swim") == with("pool, swim"));
    CHECK(with("pool, swim") != with("pool, bath"));
    CHECK(with("pool, swim") != identity(same));
  }
  SECTION("whatever order the client's options stand in") {
    auto first = same;
    first.client_options = Json::parse(R"({"stop": ["x"], "seed": 1})");
    other.client_options = Json::parse(R"({"seed": 1, "stop": ["x"]})");
    CHECK(identity(first) == identity(other));
    CHECK(identity(first) != identity(same));
  }
}

}  // namespace
}  // namespace parlance
