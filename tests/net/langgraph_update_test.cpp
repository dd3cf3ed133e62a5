// threads.updateState, as LangGraph's clients send it.
#include "tests/net/langgraph_fixture.hpp"

#include <catch2/catch.hpp>

using namespace parlance;
using namespace parlance::net;

TEST_CASE("a change of the state is asked for with values and a node") {
  LanggraphFixture fixture;
  fixture.call(
      "POST",
      thread_path + "/state",
      R"({"values":{"messages":[{"role":"user","content":"hi"}],"guest":"Ada"},"as_node":"look"})");
  REQUIRE(fixture.conversations.updates.size() == 1);
  const auto& update = fixture.conversations.updates[0];
  CHECK(update.thread.thread.value == thread_id);
  CHECK(update.as_node == "look");
  CHECK(update.fields == Json{{"guest", "Ada"}});
  REQUIRE(update.messages.size() == 1);
  CHECK(update.messages[0]->text == "hi");
  CHECK(update.request_digest.empty());
}

TEST_CASE("a change adds messages, one message, or none") {
  LanggraphFixture fixture;
  const auto added = [&](const std::string& messages) {
    fixture.call("POST", thread_path + "/state", R"({"values":{"messages":)" + messages + "}}");
    return fixture.conversations.updates.back().messages.size();
  };
  CHECK(added(R"([{"role":"user","content":"hi"},{"role":"user","content":"ho"}])") == 2);
  CHECK(added(R"({"role":"user","content":"hi"})") == 1);
  CHECK(added("[]") == 0);
  CHECK(added("null") == 0);
}

TEST_CASE("a change under an Idempotency-Key has the same name each time") {
  LanggraphFixture fixture;
  const auto send = [&](const std::string& body) {
    fixture.call("POST", thread_path + "/state", body, "Idempotency-Key: k1\r\n");
    return fixture.conversations.updates.back();
  };
  const auto first = send(R"({"values":{"guest":"Ada"}})");
  const auto again = send(R"({"values":{"guest":"Ada"}})");
  const auto other = send(R"({"values":{"guest":"Bob"}})");
  CHECK(first.run == again.run);
  CHECK(first.request_digest == again.request_digest);
  CHECK(first.request_digest != other.request_digest);
}

TEST_CASE("a change names the checkpoint that it is made at") {
  LanggraphFixture fixture;
  const Json named{{"thread_id", thread_id}, {"checkpoint_ns", ""}, {"checkpoint_id", "c-1"}};
  for (const Json& body : {Json{{"checkpoint_id", "c-1"}}, Json{{"checkpoint", named}}}) {
    fixture.call("POST", thread_path + "/state", body.dump());
    CHECK(fixture.conversations.updates.back().checkpoint_id == "c-1");
  }
  fixture.call("POST", thread_path + "/state", R"({"values":{}})");
  CHECK(fixture.conversations.updates.back().checkpoint_id.empty());
}

TEST_CASE("a change that is wrong is refused by its path") {
  LanggraphFixture fixture;
  const auto refused = [&](const std::string& body, const std::string& field) {
    const auto answered = fixture.call("POST", thread_path + "/state", body);
    CHECK(answered.status == 422);
    CHECK(answered.body.starts_with(field + ": "));
  };
  refused(R"({"values":1})", "values");
  refused(R"({"values":{"messages":[1]}})", "values.messages[0]");
  refused(R"({"values":{"messages":{}}})", "values.messages.role");
  refused(R"({"values":{},"as_node":1})", "as_node");
  refused(R"({"values":{},"checkpoint":{"thread_id":"t"}})", "checkpoint.thread_id");
  refused(R"({"values":{},"checkpoint_id":7})", "checkpoint_id");
  refused(R"({"values":{},"checkpoint":{"checkpoint_ns":"a"}})", "checkpoint.checkpoint_ns");
  CHECK(fixture.call("POST", "/threads/none/state", R"({"values":{}})").status == 404);
}
