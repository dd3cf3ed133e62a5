#include "net/router.hpp"

#include "net/request.hpp"

#include <catch2/catch.hpp>

using namespace parlance;
using namespace parlance::net;

namespace {

Router router() {
  Router made([](std::string_view key) -> Result<Caller> {
    if (key == "chat") return Caller{{"t"}, "k", {"chat"}};
    if (key == "metrics") return Caller{{"t"}, "k", {"metrics"}};
    if (key == "admin") return Caller{{"t"}, "k", {"admin"}};
    return Error{ErrorCode::unauthenticated, {}, {}, {}};
  });
  made.add("GET", "/", Access::open, nullptr);
  made.add("GET", "/threads/{id}", Access::chat, nullptr);
  made.add("DELETE", "/threads/{id}", Access::chat, nullptr);
  made.add("POST", "/threads/search", Access::chat, nullptr);
  made.add("GET", "/threads/search", Access::chat, nullptr);
  made.add("GET", "/threads/{id}/runs/{run}/stream", Access::chat, nullptr);
  return made;
}

std::string pattern(const Router::Match& match) {
  return match.route == nullptr ? std::string() : match.route->pattern;
}

}  // namespace

TEST_CASE("a path is met by its pattern, and gives the parameters") {
  const auto routes = router();
  const auto match = routes.find("GET", "/threads/a%2Fb/runs/r-1/stream");
  CHECK(pattern(match) == "/threads/{id}/runs/{run}/stream");
  CHECK(match.parameters[0] == "a/b");
  CHECK(match.parameters[1] == "r-1");
  CHECK(pattern(routes.find("GET", "/")) == "/");
}

TEST_CASE("literal segments win over parameters") {
  const auto routes = router();
  CHECK(pattern(routes.find("GET", "/threads/search")) == "/threads/search");
  CHECK(pattern(routes.find("GET", "/threads/other")) == "/threads/{id}");
  CHECK(pattern(routes.find("DELETE", "/threads/search")) == "/threads/{id}");
}

TEST_CASE("a wrong method is told which ones there are, a wrong path is not found") {
  const auto routes = router();
  const auto match = routes.find("PUT", "/threads/x");
  CHECK(match.route == nullptr);
  CHECK(match.methods_allowed == "GET, HEAD, DELETE");
  for (const char* const path : {"",
                                 "x",
                                 "*",
                                 "//",
                                 "/threads",
                                 "/threads/",
                                 "/threads/x/",
                                 "/threads//runs/r/stream",
                                 "/a/b/c/d/e/f/g/h/i"}) {
    INFO(path);
    const auto none = routes.find("GET", path);
    CHECK(none.route == nullptr);
    CHECK(none.methods_allowed.empty());
  }
}

TEST_CASE("HEAD is answered where GET is") {
  const auto routes = router();
  CHECK(pattern(routes.find("HEAD", "/threads/x")) == "/threads/{id}");
  CHECK(routes.find("HEAD", "/threads/x/runs").route == nullptr);
}

TEST_CASE("a key is let in as far as its scopes reach") {
  const auto routes = router();
  CHECK(routes.admit("chat", Access::chat));
  CHECK(routes.admit("chat", Access::metrics).error().code == ErrorCode::forbidden);
  CHECK(routes.admit("metrics", Access::metrics));
  CHECK(routes.admit("admin", Access::metrics));
  CHECK(routes.admit("admin", Access::admin));
  CHECK(routes.admit("metrics", Access::admin).error().code == ErrorCode::forbidden);
  CHECK(routes.admit("chat", Access::admin).error().code == ErrorCode::forbidden);
  CHECK(routes.admit("admin", Access::chat).error().code == ErrorCode::forbidden);
  CHECK(routes.admit("", Access::chat).error().code == ErrorCode::unauthenticated);
}

TEST_CASE("queries are decoded, and broken escapes are nothing") {
  Request request;
  request.query = "a=1&b=x%20y+z&c&d=%zz&b=second&=e";
  CHECK(request.query_value("a") == "1");
  CHECK(request.query_value("b") == "x y z");
  CHECK(request.query_value("c") == "");
  CHECK_FALSE(request.query_value("d"));
  CHECK_FALSE(request.query_value("f"));
  CHECK(percent_decoded("%41%", false) == std::nullopt);
  CHECK(percent_decoded("%4", false) == std::nullopt);
  CHECK(percent_decoded("%41+", false) == "A+");
}
