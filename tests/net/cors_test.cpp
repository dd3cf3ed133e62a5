#include "net/cors.hpp"

#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

namespace parlance::net {
namespace {

TEST_CASE("origins are allowed by their exact text, or all by a star") {
  const Cors cors({"https://app.example.com"});
  CHECK(cors.allows("https://app.example.com"));
  CHECK_FALSE(cors.allows("https://app.example.com.evil.example"));
  CHECK_FALSE(cors.allows("http://app.example.com"));
  CHECK_FALSE(cors.allows(""));
  CHECK_FALSE(Cors().allows("https://app.example.com"));
  CHECK(Cors({"*"}).allows("https://anyone.example"));
}

TEST_CASE("only a scheme and a host make an origin") {
  for (const auto* origin : {"*", "https://a.example", "http://127.0.0.1:3000"})
    CHECK(Cors::is_origin(origin));
  for (const auto* other : {"",
                            "a.example",
                            "https://",
                            "https://a.example/",
                            "ftp://a.example",
                            "https://a.example\r\nx: y",
                            "null"})
    CHECK_FALSE(Cors::is_origin(other));
}

}  // namespace
}  // namespace parlance::net
