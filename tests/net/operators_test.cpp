// What is for operators alone.
#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

namespace parlance::net {
namespace {

TEST_CASE("turns in quarantine are listed and released") {
  ServerFixture fixture;
  const ThreadKey thread{{"acme"}, {"t-1"}};
  fixture.conversations.in_quarantine = {{thread, {"r-1"}, "chat", 1'790'000'000'000}};
  const auto listed = fixture.call("GET", "/v1/admin/quarantine");
  CHECK(listed.status == 200);
  const Json turn{{"tenant", "acme"},
                  {"thread_id", "t-1"},
                  {"run_id", "r-1"},
                  {"agent", "chat"},
                  {"created_at", "2026-09-21T14:13:20.000Z"}};
  CHECK(listed.json()["turns"] == Json::array({turn}));
  CHECK(fixture.call("POST", "/v1/admin/quarantine/other/t-1/release").status == 404);
  CHECK(fixture.call("POST", "/v1/admin/quarantine/acme/t%2F1/release").status == 404);
  CHECK(fixture.call("POST", "/v1/admin/quarantine/acme/t-1/release").status == 204);
  CHECK(fixture.call("GET", "/v1/admin/quarantine").body == R"({"turns":[]})");
  const auto none = fixture.call("POST", "/v1/admin/quarantine/acme/t-1/release");
  CHECK(none.status == 404);
  CHECK(none.header("x-error-code") == "run_not_found");
}

TEST_CASE("lanes are listed and changed") {
  ServerFixture fixture;
  LaneView lane;
  lane.provider = "upstream";
  lane.model = "meta/llama";
  lane.roles = {"main"};
  lane.calls_at_once = 12;
  lane.calls_at_once_max = 64;
  lane.reason = ConcurrencyLimit::Reason::refused;
  lane.waiting = 3;
  lane.waiting_by_tenant = {{"acme", 2}, {"other", 1}};
  lane.weight_by_tenant = {{"acme", 4}, {"other", 1}};
  lane.waiting_by_criticality = {1, 0, 2};
  lane.wait = std::chrono::milliseconds(250);
  lane.requests_per_minute_max = 600;
  lane.requests_told = ToldQuota{{}, 0, std::chrono::milliseconds(1'500)};
  lane.held_by = HeldBy::requests_told;
  fixture.pools.views = {lane};
  const auto listed = fixture.call("GET", "/v1/admin/pools").json()["lanes"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["reason"] == "refused");
  CHECK(listed[0]["waiting_by_tenant"] == Json({{"acme", 2}, {"other", 1}}));
  CHECK(listed[0]["weight_by_tenant"] == Json({{"acme", 4}, {"other", 1}}));
  CHECK(listed[0]["waiting_by_criticality"] ==
        Json({{"sheddable", 1}, {"normal", 0}, {"high", 2}}));
  CHECK(listed[0]["wait_ms"] == 250);
  CHECK(listed[0]["requests_per_minute_max"] == 600);
  CHECK(listed[0]["requests_told"] ==
        Json({{"limit", nullptr}, {"remaining", 0}, {"reset_ms", 1'500}}));
  CHECK(listed[0]["tokens_told"].is_null());
  CHECK(listed[0]["held_by"] == "requests_told");

  const std::string path = "/v1/admin/pools/upstream/meta%2Fllama";
  const auto changed =
      fixture.call("PATCH", path, R"({"mode":"paused","calls_at_once_max":8})").json();
  CHECK(changed["lanes"][0]["mode"] == "paused");
  REQUIRE(fixture.pools.changes.size() == 1);
  CHECK(fixture.pools.changes[0].calls_at_once_max == 8U);
  CHECK_FALSE(fixture.pools.changes[0].calls_at_once_min);
  CHECK(fixture.call("PATCH", "/v1/admin/pools/upstream/none", "{}").status == 404);
  for (const char* const body : {R"({"mode":"off"})",
                                 R"({"calls_at_once_max":0})",
                                 R"({"calls_at_once_min":"1"})",
                                 R"({"calls_waiting_max":-1})",
                                 R"({"adapts":false})",
                                 R"([])"}) {
    INFO(body);
    CHECK(fixture.call("PATCH", path, body).status == 422);
  }
  CHECK(fixture.pools.changes.size() == 2);
}

}  // namespace
}  // namespace parlance::net
