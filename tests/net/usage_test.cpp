#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance::net {
namespace {

LedgerRow row_of(const std::string& model, std::int64_t at_ms, Usage usage, std::int64_t nanos) {
  LedgerRow row;
  row.key = {at_ms, {TenantId{"acme"}, ThreadId{"t1"}}, 1, 1};
  row.caller_key = "k1";
  row.run = RunId{"run-1"};
  row.agent = "chat";
  row.node = "generate";
  row.provider = "upstream";
  row.model = model;
  row.usage = usage;
  row.nanos = nanos;
  return row;
}

constexpr std::int64_t day_ms = 86'400'000;

TEST_CASE_METHOD(ServerFixture, "the ledger is shown row by row, for what was asked") {
  ledger.rows = {row_of("m", 20'000 * day_ms, {12, 34, 5}, 1'500'000'000)};
  ledger.next = "ab";
  const auto answered = call("GET",
                             "/v1/admin/usage?tenant=acme&key=k1&user=ada&thread_id=t1"
                             "&from_ms=5&to_ms=9&limit=7&after=cd");
  REQUIRE(answered.status == 200);
  CHECK(ledger.query.tenant == "acme");
  CHECK(ledger.query.caller_key == "k1");
  CHECK(ledger.query.user == "ada");
  CHECK(ledger.query.thread == "t1");
  CHECK(ledger.query.from_ms == 5);
  CHECK(ledger.query.to_ms == 9);
  CHECK(ledger.query.rows_max == 7);
  CHECK(ledger.query.after == "cd");
  const Json body = Json::parse(answered.body);
  CHECK(body["next"] == "ab");
  const Json& row = body["rows"][0];
  CHECK(row["money"] == "1.5");
  CHECK(row["tokens_in_cached"] == 5);
  CHECK(row["counted"] == "told");
  CHECK(row["model"] == "m");
}

TEST_CASE_METHOD(ServerFixture, "the ledger is summed by what is asked for") {
  ledger.rows = {row_of("m", 20'000 * day_ms, {1, 2, 0}, 10),
                 row_of("m", 20'000 * day_ms + 1, {3, 4, 0}, 20),
                 row_of("n", 20'001 * day_ms, {5, 6, 0}, 30)};
  const auto answered = call("GET", "/v1/admin/usage?group_by=model,day");
  REQUIRE(answered.status == 200);
  const Json body = Json::parse(answered.body);
  REQUIRE(body["sums"].size() == 2);
  CHECK(body["sums"][0] == Json{{"model", "m"},
                                {"day", "2024-10-04"},
                                {"calls", 2},
                                {"tokens_in", 4},
                                {"tokens_in_cached", 0},
                                {"tokens_out", 6},
                                {"money", "0.00000003"}});
  CHECK(body["next"].is_null());
}

TEST_CASE_METHOD(ServerFixture, "what the ledger cannot be asked is named") {
  for (const auto& [query, field] : {std::pair{"limit=0", "limit"},
                                     std::pair{"from_ms=x", "from_ms"},
                                     std::pair{"group_by=colour", "group_by"}}) {
    const auto answered = call("GET", std::string("/v1/admin/usage?") + query);
    CHECK(answered.status == 422);
    CHECK(Json::parse(answered.body)["error"]["param"] == field);
  }
}

}  // namespace
}  // namespace parlance::net
