// The document that is served and the routes that serve: each has what the other has.
#include "net/pages.hpp"
#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>

namespace parlance::net {
namespace {

Json document() {
  const auto files = page_files();
  const auto file = std::find_if(
      files.begin(), files.end(), [](const PageFile& each) { return each.path == "openapi.json"; });
  REQUIRE(file != files.end());
  return Json::parse(file->bytes);
}

TEST_CASE("the OpenAPI document has every route of the router, and no other") {
  std::set<std::string> documented;
  const Json paths = document()["paths"];
  for (const auto& [path, methods] : paths.items()) {
    for (const auto& [method, operation] : methods.items()) {
      if (method == "parameters" || method == "summary" || method == "description") continue;
      std::string upper = method;
      std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) {
        return static_cast<char>(std::toupper(c));
      });
      documented.insert(upper + " " + path);
    }
  }
  ServerFixture fixture;
  std::set<std::string> routed;
  for (const auto& route : fixture.router().routes())
    routed.insert(route.method + " " + route.pattern);
  CHECK(documented == routed);
}

TEST_CASE("operations that need no key are the routes that need none") {
  const Json paths = document()["paths"];
  ServerFixture fixture;
  for (const auto& route : fixture.router().routes()) {
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    CAPTURE(route.method, route.pattern);
    const Json& operation = paths.at(route.pattern).at(method);
    const bool open = operation.contains("security") && operation["security"].empty();
    CHECK(open == (route.access == Access::open));
  }
}

}  // namespace
}  // namespace parlance::net
