#include "app/providers.hpp"

#include "app/keys.hpp"
#include "app/webhook_client.hpp"
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

TEST_CASE("without secrets no webhook is taken, whatever its host") {
  WebhookSettings settings;
  settings.hosts_allowed = {"hooks.example.com"};
  const auto without = make_webhook_rules(settings);
  REQUIRE(without);
  CHECK(without->check("https://hooks.example.com/").error().code == ErrorCode::webhooks_off);
  settings.secrets = {"whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"};
  const auto with = make_webhook_rules(settings);
  REQUIRE(with);
  CHECK(with->check("https://hooks.example.com/"));
}

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
