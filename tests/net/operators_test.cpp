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

}  // namespace
}  // namespace parlance::net
