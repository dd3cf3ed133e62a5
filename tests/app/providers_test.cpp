#include "app/providers.hpp"

#include "tests/support/actor_test.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

struct ProvidersTest : tests::ActorTest {
  Result<Providers> make(const ProviderSettings& settings) {
    return make_providers({{"upstream", settings}}, {system, io, credentials, clock});
  }

  boost::asio::io_context io;
  net::CredentialReader credentials{1};
};

ProviderSettings upstream() {
  ProviderSettings settings;
  settings.kind = "openai";
  settings.base_url = "http://127.0.0.1:9/v1";
  return settings;
}

TEST_CASE_METHOD(ProvidersTest, "each provider of the configuration has its name") {
  for (const char* const kind : {"openai", "anthropic", "gemini", "offline"}) {
    ProviderSettings settings = upstream();
    settings.kind = kind;
    const auto made = make(settings);
    REQUIRE(made);
    CHECK(made->contains("upstream"));
  }
}

TEST_CASE_METHOD(ProvidersTest, "a provider that cannot be called is named by its path") {
  ProviderSettings no_file = upstream();
  no_file.base_url = "https://127.0.0.1:9/v1";
  no_file.ca_file = "/nowhere/ca.pem";
  ProviderSettings no_url = upstream();
  no_url.base_url = "nowhere";
  for (const auto& settings : {no_file, no_url}) {
    const auto made = make(settings);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ErrorCode::invalid_value);
    CHECK(made.error().detail.starts_with("providers.upstream: "));
  }
  ProviderSettings no_key = upstream();
  no_key.api_key = net::CredentialSource{};
  no_key.api_key->file = "/nowhere/key";
  const auto made = make(no_key);
  REQUIRE_FALSE(made);
  CHECK(made.error().detail.starts_with("providers.upstream.api_key: "));
}

}  // namespace
}  // namespace parlance
