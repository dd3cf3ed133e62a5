#include "app/keys.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

TEST_CASE("without keys a server starts in development on loopback alone") {
  Settings settings;
  CHECK_FALSE(open_keys(settings, Mode::production));
  for (const char* const address : {"127.0.0.1", "127.1.2.3", "localhost", "::1"}) {
    settings.http.address = address;
    CHECK(open_keys(settings, Mode::development));
  }
  for (const char* const address : {"0.0.0.0", "::", "10.0.0.1"}) {
    settings.http.address = address;
    const auto keys = open_keys(settings, Mode::development);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().detail.find(address) != std::string::npos);
  }
}

}  // namespace
}  // namespace parlance
