#include "settings/settings.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

namespace parlance {
namespace {

Result<Settings> parse(std::string_view text, const std::vector<std::string>& environment = {}) {
  return parse_settings(text, "conf/parlance.json", environment);
}

TEST_CASE("the configuration of the design works") {
  const auto settings = parse(R"({
    // comments are allowed
    "http":      { "address": "127.0.0.1", "port": 8080, "body_max": "64KiB" },
    "storage":   { "path": "var/parlance", "thread_ttl": "30d" },
    "auth":      { "keys_file": "var/keys.json" },
    "threads":   { "turns_waiting_max": 8, "idle_time_max": "5m", "resident_max": 10000 },
    "providers": { "upstream": { "kind": "openai", "base_url": "http://127.0.0.1:9100/v1", "api_key": { "env": "UPSTREAM_KEY" } },
                   "local":    { "kind": "offline" } },
    "models":    { "main": [ { "provider": "upstream", "model": "mock-1", "calls_at_once_max": 8, "calls_waiting_max": 64 },
                             { "provider": "local", "model": "extractive" } ] },
    "agents":    { "concierge": "agents/concierge", "chat": "agents/chat" }
  })");
  REQUIRE(settings);
  CHECK(settings->http.body_max == 65'536);
  CHECK(settings->storage.path == "conf/var/parlance");  // starts at the file's folder
  CHECK(settings->threads.idle_time_max == std::chrono::minutes(5));
  CHECK(settings->models.at("main").at(0).calls_waiting_max == 64);
  CHECK(settings->agents.at("chat") == "conf/agents/chat");
}

TEST_CASE("prices and budgets are read") {
  const auto settings = parse(R"({
    "prices": { "version": "2026-11",
                "models": { "m": { "input": "2.50", "cached_input": 1.25, "output": 10 },
                            "p/n": { "input": "0.15", "output": "0.6" } } },
    "budgets": { "tenant": { "month": { "money_max": "500" } },
                 "user": { "day": { "tokens_max": 2000, "money_max": "1.5" } },
                 "keys": { "k1": { "total": { "tokens_max": 7 } } },
                 "alert_at": [0.5] }
  })");
  REQUIRE(settings);
  constexpr std::int64_t unit = 1'000'000'000;
  CHECK(settings->prices.version == "2026-11");
  CHECK(settings->prices.models.at("m") == Price{5 * unit / 2, 5 * unit / 4, 10 * unit});
  CHECK(settings->prices.models.at("p/n").input_cached == 150'000'000);
  const BudgetOptions& budgets = settings->budgets;
  CHECK(budgets.each.at(Payer::tenant).of(Period::month).nanos_max == 500 * unit);
  CHECK(budgets.each.at(Payer::user).of(Period::day) == SpendingLimit{2'000, 3 * unit / 2});
  CHECK(budgets.keys.at("k1").of(Period::total).tokens_max == 7);
  CHECK(budgets.alert_shares == std::vector{0.5});
}

TEST_CASE("wrong prices and budgets are named by their path") {
  const auto detail_of = [](const std::string& text) {
    const auto settings = parse(text);
    return settings ? std::string() : settings.error().detail;
  };
  for (const auto& [text, path] :
       {std::pair{R"({"prices": {"models": {}}})", "prices.version"},
        std::pair{R"({"prices": {"version": "1", "models": {"m": {"input": "1"}}}})",
                  "prices.models.m.output"},
        std::pair{R"({"prices": {"version": "1", "models": {"m": {"input": "x", "output": 1}}}})",
                  "prices.models.m.input"},
        std::pair{R"({"budgets": {"team": {}}})", "budgets.team"},
        std::pair{R"({"budgets": {"key": {"week": {}}}})", "budgets.key.week"},
        std::pair{R"({"budgets": {"alert_at": [0.8, 0.5]}})", "budgets.alert_at"},
        std::pair{R"({"budgets": {"alert_at": [1.5]}})", "budgets.alert_at"},
        std::pair{R"({"budgets": {"key": {"day": {"money_max": -1}}}})",
                  "budgets.key.day.money_max"},
        std::pair{R"({"budgets": {"keys": {"k": {"day": {"tokens_max": 0}}}}})",
                  "budgets.keys.k.day.tokens_max"}}) {
    CAPTURE(text);
    CHECK(detail_of(text).find(path) != std::string::npos);
  }
}

TEST_CASE("a lane's limits are read, and checked") {
  const auto lane = [](const std::string& limits) {
    return parse(R"({"providers": {"local": {"kind": "offline"}},
                     "models": {"main": [{"provider": "local", "model": "extractive", )" +
                 limits + "}]}}");
  };
  const auto settings = lane(R"("calls_at_once_min": 2, "adapts": false, "tokens_at_once_max": 9000,
                               "requests_per_minute_max": 60, "tokens_per_minute_max": 100000,
                               "reads_limits": false)");
  REQUIRE(settings);
  const LaneSettings& read = settings->models.at("main").at(0);
  CHECK(read.calls_at_once_min == 2);
  CHECK(read.calls_at_once_max == 256);
  CHECK_FALSE(read.adapts);
  CHECK(read.tokens_at_once_max == 9'000);
  CHECK(read.requests_per_minute_max == 60);
  CHECK(read.tokens_per_minute_max == 100'000);
  CHECK_FALSE(read.reads_limits);
  CHECK(lane(R"("calls_at_once_min": 257)").error().detail ==
        "conf/parlance.json: models.main[0].calls_at_once_min: must not be more than "
        "calls_at_once_max");
  CHECK(lane(R"("adapts": 1)").error().detail ==
        "conf/parlance.json: models.main[0].adapts: must be true or false");
  CHECK(lane(R"("reads_limits": "no")").error().detail ==
        "conf/parlance.json: models.main[0].reads_limits: must be true or false");
}

TEST_CASE("a lane that several roles name has one set of limits, and stands once in each") {
  const auto models = [](const std::string& roles) {
    return parse(R"({"auth": {}, "providers": {"local": {"kind": "offline"}}, "models": )" + roles +
                 "}");
  };
  const std::string lane = R"({"provider": "local", "model": "m", "calls_at_once_max": 9})";
  const std::string other = R"({"provider": "local", "model": "m"})";
  CHECK(models(R"({"a": [)" + lane + R"(], "b": [)" + lane + "]}"));
  CHECK(models(R"({"a": [)" + lane + R"(], "b": [)" + other + "]}").error().detail ==
        "conf/parlance.json: models.b[0]: must have the same limits as models.a[0], which is this "
        "lane");
  CHECK(models(R"({"a": [)" + lane + "," + lane + "]}").error().detail ==
        "conf/parlance.json: models.a[1]: stands in the list already: models.a[0]");
}

TEST_CASE("roles that embed have lanes of providers that can") {
  const auto detail_of = [](const std::string& roles) {
    const auto settings = parse(R"({
      "providers": { "up": { "kind": "openai", "base_url": "http://127.0.0.1:1/v1" },
                     "claude": { "kind": "anthropic", "base_url": "http://127.0.0.1:1/v1" } },
      "models": { "embed": [ { "provider": "up", "model": "m" } ],
                  "main": [ { "provider": "up", "model": "n" }, { "provider": "claude", "model": "c" } ] },
      "agents": { "chat": "agents/chat" },
      "embeddings": { "roles": )" +
                                roles + "} }");
    return settings ? std::string() : settings.error().detail;
  };
  CHECK(detail_of(R"(["embed"])").empty());
  CHECK(detail_of(R"(["embed", "other"])").find("embeddings.roles[1]") != std::string::npos);
  CHECK(detail_of(R"(["main"])").find("claude") != std::string::npos);
  CHECK(detail_of("[7]").find("embeddings.roles[0]") != std::string::npos);
}

TEST_CASE("a wrong value is named by its path") {
  const auto fault = [](std::string_view text) {
    const auto settings = parse(text);
    return settings ? std::string() : settings.error().detail;
  };
  CHECK(fault(R"({"http": {"port": "x"}})") ==
        "conf/parlance.json: http.port: must be a whole number");
  CHECK(fault(R"({"http": {"port": 70000}})") ==
        "conf/parlance.json: http.port: must be from 0 to 65535");
  CHECK(fault(R"({"http": {"prot": 1}})") ==
        "conf/parlance.json: http.prot: there is no such setting");
  CHECK(fault(R"({"answers": {"kept_on_disk": 1}})") ==
        "conf/parlance.json: answers.kept_on_disk: must be true or false");
  CHECK(fault(R"({"htpp": {}})") == "conf/parlance.json: htpp: there is no such section");
  CHECK(fault(R"({"storage": {"thread_ttl": "30"}})")
            .find("storage.thread_ttl: \"30\" is not a number with a unit") != std::string::npos);
  CHECK(fault(R"({"models": {"main": [{"provider": "x", "model": "m"}]}})") ==
        "conf/parlance.json: models.main[0].provider: there is no provider \"x\"");
  CHECK(fault(R"({"providers": {"p": {"kind": "openai", "base_url": "ftp://x"}}})")
            .find("providers.p.base_url") != std::string::npos);
  CHECK(
      fault(
          R"({"providers": {"p": {"kind": "openai", "base_url": "http://x", "api_key": "sk-secret"}}})")
          .find("sk-secret") == std::string::npos);
}

TEST_CASE("a provider names its API, and its limits beside it") {
  for (const std::string kind : {"openai", "anthropic", "gemini"}) {
    const std::string start = R"({"providers": {"p": {"kind": ")" + kind + "\"";
    const auto settings = parse(start + R"(, "base_url": "http://x", "total_time_max": "2m"}}})");
    REQUIRE(settings);
    CHECK(settings->providers.at("p").kind == kind);
    CHECK(settings->providers.at("p").total_time_max == std::chrono::minutes(2));
    CHECK_FALSE(parse(start + "}}}"));
  }
  const auto unknown = parse(R"({"providers": {"p": {"kind": "other"}}})");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().detail ==
        "conf/parlance.json: providers.p.kind: must be one of openai|anthropic|gemini|offline");
}

TEST_CASE("the secrets and hosts of webhooks are checked, and no secret is shown") {
  const auto fault = [](const std::string& webhooks) {
    const auto settings = parse("{\"webhooks\": " + webhooks + "}");
    return settings ? std::string() : settings.error().detail;
  };
  CHECK(fault(R"({"hosts_allowed": ["hooks.example.com", "*"]})").empty());
  CHECK(fault(R"({"hosts_allowed": ["a", "https://b"]})").find("webhooks.hosts_allowed[1]: ") !=
        std::string::npos);
  CHECK(fault(R"({"secrets": ["whsec_plain"]})").find("webhooks.secrets[0]: must be {") !=
        std::string::npos);
  CHECK(fault(R"({"secrets": ["whsec_plain"]})").find("whsec_plain") == std::string::npos);
  CHECK(fault(R"({"secrets": [{"env": "PARLANCE_NO_SUCH_SECRET"}]})") ==
        "conf/parlance.json: webhooks.secrets[0]: is empty or not set");
}

TEST_CASE("alerts of budgets go where webhooks may go") {
  ::setenv("PARLANCE_TEST_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1);
  const auto parsed = [](const std::string& secrets) {
    return parse(R"({"webhooks": {"secrets": [)" + secrets + R"(],
                                  "hosts_allowed": ["hooks.example.com"]},
                     "budgets": {"alert_webhook": "https://hooks.example.com/x"}})");
  };
  const auto settings = parsed(R"({"env": "PARLANCE_TEST_SECRET"})");
  REQUIRE(settings);
  CHECK(settings->budgets.alert_webhook == "https://hooks.example.com/x");
  const auto off = parsed("");
  REQUIRE_FALSE(off);
  CHECK(off.error().detail ==
        "conf/parlance.json: budgets.alert_webhook: this server sends no webhooks");
  const auto elsewhere = parse(R"({
    "webhooks": {"secrets": [{"env": "PARLANCE_TEST_SECRET"}], "hosts_allowed": ["a.example.com"]},
    "budgets": {"alert_webhook": "http://10.0.0.1/x"}})");
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().detail.find("budgets.alert_webhook: the host") != std::string::npos);
  ::unsetenv("PARLANCE_TEST_SECRET");
}

TEST_CASE("who needs one section gets it, whatever the others need") {
  const std::string_view text = R"({
    "auth": { "keys_file": "keys.json" },
    "webhooks": { "secrets": [{"env": "PARLANCE_NO_SUCH_SECRET"}] },
    "providers": { "p": { "kind": "openai", "base_url": "http://x", "api_key": {"file": "none"} } }
  })";
  CHECK_FALSE(parse(text));
  const auto settings = parse_settings(text, "conf/parlance.json", {}, "auth");
  REQUIRE(settings);
  CHECK(settings->auth.keys_file == "conf/keys.json");
  CHECK_FALSE(parse_settings(R"({"auth": {"keys": "x"}})", "conf/parlance.json", {}, "auth"));
  CHECK_FALSE(parse_settings(R"({"auht": {}})", "conf/parlance.json", {}, "auth"));
}

TEST_CASE("a syntax error is named by its line") {
  const auto settings = parse("{\n  \"http\": {\n    \"port\": ,\n  }\n}");
  REQUIRE_FALSE(settings);
  CHECK(settings.error().detail == "conf/parlance.json:3: not valid JSON");
}

TEST_CASE("the environment overrides every value") {
  const auto settings = parse(R"({"http": {"port": 1}, "providers": {"p": {"kind": "offline"}}})",
                              {"PARLANCE_HTTP__PORT=9000",
                               "PARLANCE_HTTP__ADDRESS=127.0.0.2",
                               "PARLANCE_STORAGE__THREAD_TTL=5s",
                               R"(PARLANCE_MODELS__MAIN=[{"provider":"p","model":"m"}])",
                               "PARLANCE_FAILPOINTS=x=throw",
                               "HOME=/"});
  REQUIRE(settings);
  CHECK(settings->http.port == 9000);
  CHECK(settings->http.address == "127.0.0.2");
  CHECK(settings->storage.thread_ttl == std::chrono::seconds(5));
  CHECK(settings->models.at("main").at(0).model == "m");
  CHECK_FALSE(parse("{}", {"PARLANCE_HTTP__PROT=1"}));
}

TEST_CASE("the list of settings is the one that is published") {
  std::ifstream file(PARLANCE_SOURCE_DIR "/tests/golden/settings.txt");
  std::ostringstream golden;
  golden << file.rdbuf();
  CHECK(settings_table() == golden.str());
}

}  // namespace
}  // namespace parlance
