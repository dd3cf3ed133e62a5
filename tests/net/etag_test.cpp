#include "net/etag.hpp"

#include <catch2/catch.hpp>

namespace parlance::net {
namespace {

TEST_CASE("a copy is the newest when its tag, weak or strong, stands in the list, or for a star") {
  for (const auto* header :
       {R"("abc")", R"(W/"abc")", R"("x", "abc")", R"("a,b" ,W/"abc", "y")", R"(,"abc")", "*"}) {
    INFO(header);
    CHECK(matches_etag(header, R"("abc")"));
    CHECK(matches_etag(header, R"(W/"abc")"));
  }
}

TEST_CASE("a tag that is only a part of another one, or no tag, does not count") {
  for (const auto* header : {"",
                             R"("abcd")",
                             R"("xabc")",
                             R"("x"abc"")",
                             "abc",
                             R"("abc)",
                             R"("x,abc")",
                             "**",
                             R"(w/"abc")"}) {
    INFO(header);
    CHECK_FALSE(matches_etag(header, R"("abc")"));
  }
}

}  // namespace
}  // namespace parlance::net
