#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance::net {
namespace {

const std::string estimate_body = R"({"model": "chat", "user": "ada", "thread_id": "t1",
                                 "messages": [{"role": "user", "content": "hello"}]})";

CallEstimate some_call() {
  CallEstimate call;
  call.node = "generate";
  call.role = "main";
  call.provider = "upstream";
  call.model = "m";
  call.usage = {12, 2'048, 0};
  call.amount = {2'060, 1'500'000'000};
  call.price_version = "v1";
  return call;
}

TEST_CASE_METHOD(ServerFixture, "an estimate says what a call would cost, and how long it waits") {
  conversations.estimate_answer = std::optional(some_call());
  LaneView lane;
  lane.provider = "upstream";
  lane.model = "m";
  lane.wait = std::chrono::milliseconds(250);
  pools.views = {lane};
  const auto answered = call("POST", "/v1/estimate", estimate_body);
  REQUIRE(answered.status == 200);
  CHECK(
      answered.json() ==
      Json{
          {"object", "estimate"},
          {"model", "chat"},
          {"call",
           {{"node", "generate"},
            {"role", "main"},
            {"provider", "upstream"},
            {"model", "m"},
            {"tokens_in", 12},
            {"tokens_out_max", 2'048},
            {"money_max", "1.5"},
            {"price_version", "v1"}}},
          {"refusal", nullptr},
          {"lanes",
           {{{"provider", "upstream"}, {"model", "m"}, {"takes_calls", true}, {"wait_ms", 250}}}}});
  REQUIRE(pools.wishes.size() == 1);
  CHECK(pools.wishes[0].role == "main");
  CHECK(pools.wishes[0].tenant == "dev");
  CHECK(pools.wishes[0].tokens.at_most == 2'060);
  CHECK(pools.wishes[0].tokens.answer_max == 2'048);
  CHECK_FALSE(pools.wishes[0].keeps_lane);
  CHECK(pools.wishes[0].caller_key == "dev");
  REQUIRE(conversations.estimated.size() == 1);
  CHECK(conversations.estimated[0].thread == thread("t1"));
  CHECK(conversations.estimated[0].user == "ada");
  CHECK(conversations.turns() == 0);
}

TEST_CASE_METHOD(ServerFixture, "an estimate names the budget that has no room") {
  CallEstimate call_wanted = some_call();
  call_wanted.refusal = BudgetRefusal{Payer::key, Period::month};
  conversations.estimate_answer = std::optional(call_wanted);
  const auto answered = call("POST", "/v1/estimate", estimate_body);
  REQUIRE(answered.status == 200);
  CHECK(answered.json()["refusal"] ==
        Json{{"code", "budget_exhausted"},
             {"message", "the key's budget (month) has no room for this call"},
             {"payer", "key"},
             {"period", "month"}});
}

TEST_CASE_METHOD(ServerFixture, "an estimate of a turn without a call asks no lane") {
  const auto answered = call("POST", "/v1/estimate", estimate_body);
  REQUIRE(answered.status == 200);
  CHECK(answered.json()["call"].is_null());
  CHECK(answered.json()["lanes"] == Json::array());
  CHECK(pools.wishes.empty());
}

TEST_CASE_METHOD(ServerFixture,
                 "an estimate of a wrong body or a turn that is refused is an error") {
  CHECK(call("POST", "/v1/estimate", R"({"model": "chat"})").status == 422);
  conversations.estimate_answer = Error{ErrorCode::thread_full, {}, {}, {}};
  CHECK(call("POST", "/v1/estimate", estimate_body).status == 409);
}

}  // namespace
}  // namespace parlance::net
