#include "runtime/base/ids.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/deadline.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <unordered_set>

namespace parlance {
namespace {

TEST_CASE("identifiers are short and fit into keys and paths") {
  CHECK(is_identifier("a"));
  CHECK(is_identifier("Thread_1.2:3-4"));
  CHECK(is_identifier(std::string(128, 'x')));
  for (const auto& text : {std::string(),
                           std::string(129, 'x'),
                           std::string("a b"),
                           std::string("a/b"),
                           std::string("../a"),
                           std::string("\xC3\xBC"),
                           std::string("a\0b", 3),
                           std::string("a\n")}) {
    INFO(text);
    CHECK_FALSE(is_identifier(text));
  }
}

TEST_CASE("a UUID is kept in lower case, another identifier as it is") {
  const std::string uuid = "0b0e5a3e-00ab-4000-8000-00000000cdef";
  CHECK(parse_identifier(uuid) == uuid);
  CHECK(parse_identifier("0B0E5A3E-00AB-4000-8000-00000000CDEF") == uuid);
  CHECK(parse_identifier("0b0e5a3e-00aB-4000-8000-00000000CdeF") == uuid);
  CHECK(parse_identifier("Customer-7") == "Customer-7");
  CHECK(parse_identifier("0B0E5A3E-00AB-4000-8000-00000000CDE") ==
        "0B0E5A3E-00AB-4000-8000-00000000CDE");
  CHECK_FALSE(parse_identifier(""));
  CHECK_FALSE(parse_identifier("a b"));
}

TEST_CASE("random UUIDs have the right form and do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const auto uuid = random_uuid();
    REQUIRE(is_uuid(uuid));
    REQUIRE(uuid[14] == '4');
    REQUIRE(std::string("89ab").find(uuid[19]) != std::string::npos);
    REQUIRE(seen.insert(uuid).second);
  }
}

TEST_CASE("a named UUID is the same each time") {
  // As Python's uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/") has it.
  CHECK(named_uuid("https://example.org/") == "527dda32-a0de-5105-a042-cb475b5f7d11");
  CHECK(named_uuid("a") != named_uuid("b"));
  CHECK(is_uuid(named_uuid("")));
}

TEST_CASE("only the form with dashes is a UUID") {
  CHECK(is_uuid("6BA7B811-9dad-11d1-80b4-00c04fd430c8"));
  for (const auto* text : {"",
                           "6ba7b8119dad11d180b400c04fd430c8",
                           "6ba7b811-9dad-11d1-80b4-00c04fd430cg",
                           "6ba7b811-9dad-11d1-80b4-00c04fd430c8 ",
                           "6ba7b811-9dad-11d1-80b4+00c04fd430c8"}) {
    INFO(text);
    CHECK_FALSE(is_uuid(text));
  }
}

TEST_CASE("the same thread id under another tenant is another thread") {
  const ThreadKey one{{"acme"}, {"t"}};
  const ThreadKey other{{"umbrella"}, {"t"}};
  CHECK(one != other);
  CHECK(std::unordered_set<ThreadKey>{one, other, one}.size() == 2);
}

TEST_CASE("times are shown to the millisecond, in UTC") {
  CHECK(iso_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso_time(1'795'335'330'125) == "2026-11-22T08:15:30.125Z");
}

TEST_CASE("a deadline has passed at its moment, and nothing is left then") {
  const Deadline::Clock::time_point start{};
  const auto deadline = Deadline::at(start + std::chrono::seconds{2});
  CHECK_FALSE(deadline.passed(start));
  CHECK(deadline.left(start) == std::chrono::seconds{2});
  CHECK(deadline.passed(start + std::chrono::seconds{2}));
  CHECK(deadline.left(start + std::chrono::seconds{3}) == Deadline::Clock::duration::zero());
}

}  // namespace
}  // namespace parlance
