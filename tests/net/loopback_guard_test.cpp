#include "net/loopback_guard.hpp"

#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

namespace parlance::net {
namespace {

bool lets_in(std::string_view host, std::string_view origin, const Cors& cors = Cors()) {
  return !refuse_stranger(host, origin, cors);
}

TEST_CASE("loopback names are let in with any port, other names are not") {
  for (const auto* host : {"localhost",
                           "LocalHost:8080",
                           "127.0.0.1",
                           "127.0.0.1:1",
                           "127.8.8.8:8080",
                           "[::1]",
                           "[::1]:8080",
                           "app.localhost:3000",
                           ""}) {
    INFO(host);
    CHECK(lets_in(host, ""));
  }
  for (const auto* host : {"rebound.example",
                           "rebound.example:8080",
                           "localhost.evil.example",
                           "evil-localhost",
                           "127.0.0.1.evil.example",
                           "10.0.0.1:8080",
                           "0.0.0.0:8080",
                           "[::2]",
                           "[",
                           ":8080"}) {
    INFO(host);
    CHECK_FALSE(lets_in(host, ""));
    CHECK_FALSE(lets_in(host, std::string("http://") + host));
  }
}

TEST_CASE("a page is let in when it is the server's own, or listed") {
  CHECK(lets_in("localhost:8080", "http://localhost:8080"));
  CHECK(lets_in("[::1]:8080", "http://[::1]:8080"));
  for (const auto* origin : {"https://evil.example",
                             "http://localhost:3000",
                             "http://localhost:8080.evil.example",
                             "http://127.0.0.1:8080",
                             "null"}) {
    INFO(origin);
    CHECK_FALSE(lets_in("localhost:8080", origin));
  }
  const Cors cors({"https://app.example.com"});
  CHECK(lets_in("localhost:8080", "https://app.example.com", cors));
  CHECK_FALSE(lets_in("localhost:8080", "https://evil.example", cors));
  CHECK(lets_in("localhost:8080", "https://anyone.example", Cors({"*"})));
  CHECK_FALSE(lets_in("rebound.example", "https://app.example.com", cors));
}

std::string request_with(const std::string& host, const std::string& headers) {
  const std::string body = R"({"model":"echo","messages":[{"role":"user","content":"hi"}]})";
  return "POST /v1/chat/completions HTTP/1.1\r\nhost: " + host + "\r\n" + headers +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Answered sent(const ServerFixture& fixture, const std::string& bytes) {
  RawClient client(fixture.port);
  client.send(bytes);
  return client.answer();
}

TEST_CASE("a server without keys refuses strangers, whatever their body calls itself") {
  HttpServerOptions options;
  options.takes_no_key = true;
  options.cors_origins = {"https://app.example.com"};
  ServerFixture fixture(options);
  const auto own = "localhost:" + std::to_string(fixture.port);
  for (const auto* type : {"content-type: text/plain\r\n",
                           "content-type: application/x-www-form-urlencoded\r\n",
                           "content-type: application/json\r\n",
                           ""}) {
    INFO(type);
    CHECK(sent(fixture, request_with(own, type)).status == 200);
    CHECK(sent(fixture, request_with(own, type + ("origin: http://" + own) + "\r\n")).status ==
          200);
    const auto listed =
        sent(fixture, request_with(own, std::string(type) + "origin: https://app.example.com\r\n"));
    CHECK(listed.status == 200);
    CHECK(listed.header("access-control-allow-origin") == "https://app.example.com");
    const auto page =
        sent(fixture, request_with(own, std::string(type) + "origin: https://evil.example\r\n"));
    CHECK(page.status == 403);
    CHECK(page.json()["error"]["code"] == "origin_refused");
    CHECK(sent(fixture, request_with("rebound.example", type)).status == 403);
  }
  const auto open = sent(fixture, "GET / HTTP/1.1\r\nhost: rebound.example\r\n\r\n");
  CHECK(open.status == 403);
  CHECK(open.header("x-error-code") == "origin_refused");
  const auto absolute = [&](const std::string& target_host, const std::string& host) {
    return sent(fixture, "GET http://" + target_host + "/ HTTP/1.1\r\nhost: " + host + "\r\n\r\n");
  };
  CHECK(absolute("rebound.example", own).status == 403);
  CHECK(absolute(own, "rebound.example").status == 200);
  const auto preflight = sent(fixture,
                              "OPTIONS /v1/chat/completions HTTP/1.1\r\nhost: " + own +
                                  "\r\norigin: https://evil.example\r\n"
                                  "access-control-request-method: POST\r\n\r\n");
  CHECK(preflight.status == 403);
}

TEST_CASE("a server with keys answers under any name") {
  ServerFixture fixture;
  CHECK(sent(fixture, request_with("api.example.com", "origin: https://evil.example\r\n")).status ==
        200);
}

}  // namespace
}  // namespace parlance::net
