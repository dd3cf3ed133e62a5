#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance::net {
namespace {

struct AnswersFixture : ServerFixture {
  AnswersFixture() {
    for (const std::string tenant : {"acme", "other"})
      kept_answers.keep(
          {tenant, "of-" + tenant}, {"model", "hello", {}, {}}, 1'000, kept_answers.forgets());
  }
  bool is_kept(const std::string& tenant) {
    return kept_answers.find("of-" + tenant, 999).has_value();
  }
};

TEST_CASE_METHOD(AnswersFixture, "kept answers of a tenant are forgotten, others stay") {
  const auto answered = call("DELETE", "/v1/admin/answers?tenant=acme");
  REQUIRE(answered.status == 200);
  CHECK(answered.json() == Json{{"forgotten", 1}});
  CHECK_FALSE(is_kept("acme"));
  CHECK(is_kept("other"));
  CHECK(call("DELETE", "/v1/admin/answers?tenant=acme").json() == Json{{"forgotten", 0}});
}

TEST_CASE_METHOD(AnswersFixture, "kept answers of all tenants are forgotten when none is named") {
  CHECK(call("DELETE", "/v1/admin/answers").json() == Json{{"forgotten", 2}});
  CHECK_FALSE(is_kept("other"));
}

TEST_CASE_METHOD(AnswersFixture, "no answers are forgotten for a name that is none") {
  for (const std::string query : {"tenant=",
                                  "tenant=a%20b",
                                  "tenant=%zz",
                                  "tenants=acme",
                                  "Tenant=acme",
                                  "tenant=acme&all"}) {
    CAPTURE(query);
    const auto answered = call("DELETE", "/v1/admin/answers?" + query);
    CHECK(answered.status == 422);
    CHECK(answered.json()["error"]["param"] == "tenant");
  }
  CHECK(is_kept("acme"));
}

TEST_CASE_METHOD(AnswersFixture, "what the store could not forget is told") {
  answer_store.failure = Error{ErrorCode::storage_failed, "a write has failed", {}, {}};
  const auto answered = call("DELETE", "/v1/admin/answers?tenant=acme");
  CHECK(answered.status == 503);
  CHECK(answered.json()["error"]["code"] == "storage_failed");
}

}  // namespace
}  // namespace parlance::net
