#include "app/webhook_client.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

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

}  // namespace
}  // namespace parlance
