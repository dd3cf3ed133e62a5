#include "net/client/address.hpp"
#include "net/routes/langgraph_webhook.hpp"
#include "net/webhooks/webhook_client.hpp"
#include "tests/net/io_threads.hpp"
#include "tests/net/rude_server.hpp"
#include "tests/support/test_agents.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <string>

namespace parlance::net {
namespace {

using namespace std::chrono_literals;

const std::string secret_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

WebhookRules rules_of(const std::vector<std::string>& hosts) {
  const auto rules = WebhookRules::make(hosts);
  REQUIRE(rules);
  return *rules;
}

TEST_CASE("a webhook's signature is that of the standard's own example") {
  const auto secret = WebhookSecret::parse(secret_text);
  REQUIRE(secret);
  CHECK(secret->sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330, R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("what is no secret is refused without being shown") {
  for (const std::string& text : {std::string(),
                                  std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                                  std::string("whsec_"),
                                  std::string("whsec_c2hvcnQ="),
                                  std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"),
                                  std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"),
                                  "whsec_" + std::string(88, 'A')}) {
    INFO(text);
    const auto secret = WebhookSecret::parse(text);
    REQUIRE_FALSE(secret);
    CHECK(secret.error().detail.find("MfKQ") == std::string::npos);
  }
  CHECK(WebhookSecret::parse("whsec_" + std::string(84, 'A') + "AA=="));  // 64 bytes
}

TEST_CASE("webhooks go to the hosts that are listed, with their ports and schemes") {
  const auto rules = rules_of(
      {"Hooks.example.com", "a.example:8443", "http://b.local:8080", "127.0.0.1:9000", "[::1]:9"});
  for (const char* const url : {"https://hooks.example.com/x",
                                "https://HOOKS.example.com:443?a=b",
                                "https://a.example:8443",
                                "https://b.local:8080/x",
                                "http://b.local:8080/x",
                                "http://127.0.0.1:9000/x/",
                                "http://[::1]:9/x"}) {
    INFO(url);
    const auto target = rules.check(url);
    REQUIRE(target);
    CHECK_FALSE(target->public_addresses_only);
  }
  for (const char* const url : {"http://hooks.example.com/x",
                                "https://hooks.example.com:8443/x",
                                "https://a.example/x",
                                "https://evil.example/hooks.example.com",
                                "https://hooks.example.com.evil.example/",
                                "https://hooks.example.com@evil.example/",
                                "https://evil.example\\@hooks.example.com/",
                                "https://hooks.example.com#@evil.example/",
                                "http://127.0.0.1:9001/",
                                "http://localhost:9000/",
                                "http://2130706433:9000/",
                                "file:///etc/passwd",
                                "hooks.example.com",
                                "https://hooks.example.com/\r\nx: y",
                                ""}) {
    INFO(url);
    const auto target = rules.check(url);
    REQUIRE_FALSE(target);
    CHECK(target.error().code == ErrorCode::invalid_value);
    CHECK(target.error().field == "webhook");
  }
  CHECK_FALSE(rules.check("https://hooks.example.com/" + std::string(2'048, 'x')));
}

TEST_CASE("any host is allowed only where it is said so, by https and at a public address") {
  CHECK(rules_of({}).check("https://example.com/").error().code == ErrorCode::webhooks_off);
  const auto any = rules_of({"*", "127.0.0.1:9000"});
  const auto target = any.check("https://example.com:8443/");
  REQUIRE(target);
  CHECK(target->public_addresses_only);
  CHECK_FALSE(any.check("http://127.0.0.1:9000/")->public_addresses_only);  // listed
  for (const char* const url : {"http://example.com/",
                                "https://127.0.0.1/",
                                "https://10.0.0.1/",
                                "https://169.254.169.254/latest",
                                "https://[::1]/",
                                "https://[::ffff:10.0.0.1]/",
                                "https://localhost/",
                                "https://x.localhost/"}) {
    INFO(url);
    CHECK_FALSE(any.check(url));
  }
}

TEST_CASE("a list of hosts holds hosts alone") {
  for (const char* const entry : {"https://a.example", "a.example/x", "a b", "", "a.example:0"})
    CHECK_FALSE(WebhookRules::make({entry}));
}

TEST_CASE("addresses of private and special networks are not public") {
  const auto is_public_text = [](const char* text) {
    return is_public(boost::asio::ip::make_address(text));
  };
  for (const char* const text :
       {"0.0.0.0",         "10.1.2.3",  "100.64.0.1",  "127.0.0.1",       "169.254.169.254",
        "172.31.0.1",      "192.0.0.1", "192.168.1.1", "198.19.0.1",      "224.0.0.1",
        "255.255.255.255", "::",        "::1",         "::ffff:10.0.0.1", "64:ff9b::a00:1",
        "fc00::1",         "fe80::1",   "ff02::1",     "2001:db8::1",     "2002:a00::1",
        "2001::1"}) {
    INFO(text);
    CHECK_FALSE(is_public_text(text));
  }
  for (const char* const text :
       {"1.1.1.1", "172.32.0.1", "100.128.0.1", "::ffff:1.1.1.1", "2606:4700::1111"}) {
    INFO(text);
    CHECK(is_public_text(text));
  }
}

// --- the client

Delivery delivery_to(const std::string& url) {
  Delivery delivery;
  delivery.key = {{TenantId{"acme"}, ThreadId{"t1"}}, RunId{"run-1"}};
  delivery.url = url;
  delivery.body = R"({"run_id":"run-1"})";
  return delivery;
}

WebhookClientOptions options_with_secret() {
  WebhookClientOptions options;
  options.secrets.push_back(*WebhookSecret::parse(secret_text));
  options.attempt_time_max = 500ms;
  return options;
}

WebhookAnswer post(const WebhookRules& rules,
                   const Delivery& delivery,
                   WebhookClientOptions options = options_with_secret()) {
  IoThreads threads;
  const Clock clock;
  HttpWebhookClient client(threads.io(), std::move(options), rules, clock);
  auto answered = std::make_shared<std::promise<WebhookAnswer>>();
  auto answer = answered->get_future();
  client.post(delivery, [answered](WebhookAnswer got) { answered->set_value(std::move(got)); });
  return answer.get();
}

std::string host_of(const RudeServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

TEST_CASE("a webhook is posted with its id, its time and a signature of each secret") {
  std::promise<RudePeer::Request> seen;
  RudeServer server{[&](RudePeer& peer) {
    if (auto request = peer.read_request()) seen.set_value(std::move(*request));
    peer.write("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno");
  }};
  auto options = options_with_secret();
  options.secrets.push_back(*WebhookSecret::parse("whsec_" + std::string(32, 'A')));
  const auto rules = rules_of({host_of(server)});
  const auto answer =
      post(rules, delivery_to("http://" + host_of(server) + "/hook/?a=b"), std::move(options));
  CHECK(answer.status == 503);
  CHECK(answer.retry_after == 7s);
  const auto request = seen.get_future().get();
  CHECK(request.target() == "/hook/?a=b");
  CHECK(request["content-type"] == "application/json");
  CHECK(request["webhook-id"] == "run-1");
  CHECK(request.body() == R"({"run_id":"run-1"})");
  const auto timestamp = std::stoll(std::string(request["webhook-timestamp"]));
  CHECK(std::string(request["webhook-signature"]) ==
        WebhookSecret::parse(secret_text)->sign("run-1", timestamp, request.body()) + " " +
            WebhookSecret::parse("whsec_" + std::string(32, 'A'))
                ->sign("run-1", timestamp, request.body()));
}

TEST_CASE("of an answer its head counts, however its body ends") {
  RudeServer server{[](RudePeer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  }};
  CHECK(post(rules_of({host_of(server)}), delivery_to("http://" + host_of(server))).status == 200);
}

TEST_CASE("a receiver that does not answer is left after attempt_time_max") {
  RudeServer server{[](RudePeer& peer) {
    peer.read_request();
    peer.read_request();  // until the client has gone
  }};
  const auto answer = post(rules_of({host_of(server)}), delivery_to("http://" + host_of(server)));
  CHECK(answer.status == 0);
  CHECK_FALSE(answer.failure.empty());
}

TEST_CASE("what may not be sent any more is not, and says why") {
  const auto delivery = delivery_to("http://127.0.0.1:9000/x");
  const auto forbidden = post(rules_of({"a.example"}), delivery);
  CHECK(forbidden.status == 0);
  CHECK(forbidden.failure.find("not allowed") != std::string::npos);
  CHECK(post(rules_of({"127.0.0.1:9000"}), delivery, {}).failure.find("secret") !=
        std::string::npos);
}

TEST_CASE("a name that leads to no public address is not called where any host may be") {
  IoThreads threads;
  HttpClient client(threads.io(), {});
  RudeServer server{[](RudePeer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  auto ended = std::make_shared<std::promise<std::optional<HttpFailure>>>();
  auto failure = ended->get_future();
  client.start({.url = *parse_target("http://localhost:" + std::to_string(server.port())),
                .fields = {},
                .body = {},
                .public_addresses_only = true,
                .deadline = Deadline::at(std::chrono::steady_clock::now() + 10s)},
               {[](const HttpHead&) {},
                [](std::string_view) { return HttpNext::finished; },
                [ended](std::optional<HttpFailure> why) { ended->set_value(std::move(why)); }});
  const auto why = failure.get();
  REQUIRE(why);
  CHECK(why->kind == HttpFailureKind::unreachable);
  CHECK(why->detail == "the host has no public address");
}

// --- what it says

EndedRun ended_run(TurnOutcome outcome = TurnOutcome::finished) {
  TurnAccepted accepted;
  accepted.run = RunId{"run-1"};
  accepted.agent = "echo";
  accepted.input = {tests::human("hi")};
  accepted.accepted_ms = 1'000;
  accepted.options = {{"metadata", {{"k", "v"}}}, {"webhook", "https://x.example/path-secret"}};
  TurnEnded ended;
  ended.outcome = outcome;
  ended.ended_ms = 3'000;
  if (outcome == TurnOutcome::failed) {
    ended.error = ErrorCode::provider_failed;
    ended.error_detail = "the provider's own words";
  }
  if (outcome == TurnOutcome::paused) {
    ended.next = "ask";
    ended.interrupt = Interrupt{"0123abcd", Json("Shall I book it?")};
  }
  EndedRun over;
  over.thread = {TenantId{"acme"}, ThreadId{"t1"}};
  over.run.run = accepted.run;
  over.run.agent = "echo";
  over.run.status = succeeded(outcome) ? RunStatus::success : RunStatus::error;
  over.run.begun = true;
  over.run.created_ms = 1'000;
  over.run.updated_ms = 3'000;
  over.run.accepted = std::make_shared<const TurnAccepted>(accepted);
  over.run.ended = std::make_shared<const TurnEnded>(ended);
  over.started_ms = 2'000;
  over.messages = accepted.input;
  return over;
}

Json said_of(const EndedRun& ended, std::size_t body_bytes_max = 100'000) {
  return Json::parse(webhook_body(ended, tests::test_agents(), body_bytes_max));
}

TEST_CASE("a webhook says the run, its times and its values, and nothing private") {
  const auto said = said_of(ended_run());
  CHECK(said["run_id"] == "run-1");
  CHECK(said["thread_id"] == "t1");
  CHECK(said["status"] == "success");
  CHECK(said["metadata"]["k"] == "v");
  CHECK(said["run_started_at"] == "1970-01-01T00:00:02.000Z");
  CHECK(said["run_ended_at"] == "1970-01-01T00:00:03.000Z");
  CHECK(said["webhook_sent_at"] == "1970-01-01T00:00:03.000Z");
  CHECK(said["values"]["messages"][0]["content"] == "hi");
  CHECK_FALSE(said.contains("error"));
  CHECK(said.dump().find("path-secret") == std::string::npos);
}

TEST_CASE("a webhook of a failed run has its error as clients are told it") {
  const auto said = said_of(ended_run(TurnOutcome::failed));
  CHECK(said["status"] == "error");
  CHECK(said["error"].get<std::string>().starts_with("provider_failed: "));
  CHECK(said["error"].get<std::string>().find("own words") == std::string::npos);
}

TEST_CASE("a webhook of a run that paused has the question") {
  const auto said = said_of(ended_run(TurnOutcome::paused));
  CHECK(said["status"] == "success");
  CHECK(said["values"]["messages"][0]["content"] == "hi");
  CHECK(said["values"]["__interrupt__"] ==
        Json::array({{{"id", "0123abcd"}, {"value", "Shall I book it?"}}}));
}

TEST_CASE("a webhook of a run that never began has no values and no start") {
  auto ended = ended_run();
  ended.run.begun = false;
  ended.started_ms = 0;
  const auto said = said_of(ended);
  CHECK(said["values"].is_null());
  CHECK(said["run_started_at"].is_null());
}

TEST_CASE("a webhook that would be too large goes without its values, and says so") {
  const auto whole = webhook_body(ended_run(), tests::test_agents(), 100'000);
  CHECK(said_of(ended_run(), whole.size())["values"].is_object());
  const auto said = said_of(ended_run(), whole.size() - 1);
  CHECK(said["values"].is_null());
  CHECK(said["values_omitted"] == true);
}

}  // namespace
}  // namespace parlance::net
