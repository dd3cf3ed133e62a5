#include "net/http_server.hpp"

#include "tests/net/server_fixture.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <future>

using namespace parlance;
using namespace parlance::net;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view chat_body =
    R"({"model":"echo","messages":[{"role":"user","content":"hi"}]})";

std::string http(std::string_view head, std::string_view body = {}) {
  std::string text(head);
  text.append("content-length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return text.append(body);
}

bool works(RawClient& client) {
  client.request("POST", "/v1/chat/completions", chat_body);
  return client.answer().status == 200;
}

bool works(ServerFixture& fixture) {
  RawClient client(fixture.port);
  return works(client);
}

}  // namespace

TEST_CASE("every answer has a request id and the version") {
  ServerFixture fixture;
  const auto named = fixture.call("GET", "/livez", {}, "x-request-id: abc-1\r\n");
  CHECK(named.status == 200);
  CHECK(named.header("x-request-id") == "abc-1");
  CHECK(named.header("x-parlance-version") == "1.2.3");
  const auto unnamed = fixture.call("GET", "/nothing", {}, "x-request-id: a b\"\r\n");
  CHECK(unnamed.status == 404);
  CHECK(is_uuid(unnamed.header("x-request-id")));
}

TEST_CASE("a connection answers many requests, also when they come at once") {
  ServerFixture fixture;
  RawClient client(fixture.port);
  for (int i = 0; i < 3; ++i)
    CHECK(works(client));
  const auto one = http("POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\n", chat_body);
  client.send(one + http("GET /livez HTTP/1.1\r\nhost: t\r\n") + one);
  CHECK(client.answer().json()["object"] == "chat.completion");
  CHECK(client.answer().json()["status"] == "alive");
  CHECK(client.answer().json()["object"] == "chat.completion");
}

TEST_CASE("a request is understood wherever its bytes are cut") {
  ServerFixture fixture;
  const auto text = http("POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\n", chat_body);
  for (std::size_t cut = 1; cut < text.size(); cut += 7) {
    RawClient client(fixture.port);
    client.send(text.substr(0, cut));
    std::this_thread::yield();
    client.send(text.substr(cut));
    REQUIRE(client.answer().status == 200);
  }
}

TEST_CASE("bodies may be chunked, and may wait for 100 Continue") {
  ServerFixture fixture;
  RawClient chunked(fixture.port);
  std::string text =
      "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const char c : chat_body)
    text.append("1\r\n").append(1, c).append("\r\n");
  chunked.send(text + "0\r\n\r\n");
  CHECK(chunked.answer().status == 200);
  CHECK(works(chunked));

  RawClient waits(fixture.port);
  waits.send(
      "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\nexpect: 100-continue\r\ncontent-length: " +
      std::to_string(chat_body.size()) + "\r\n\r\n");
  CHECK(waits.head().status == 100);
  waits.send(chat_body);
  CHECK(waits.answer().status == 200);
}

TEST_CASE("what frames a chunked body is bounded like a head") {
  HttpServerOptions options;
  options.header_bytes_max = 1024;
  ServerFixture fixture(options);
  const std::string head = "GET /livez HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n";
  const std::string long_text(4096, 'a');
  for (const auto& endless : {head + "5;" + long_text, head + "0\r\ntrailer: " + long_text}) {
    RawClient client(fixture.port);
    client.send(endless);
    CHECK(client.answer().status == 431);
    CHECK(client.ended());
  }
  RawClient modest(fixture.port);
  modest.send(head + "1;a=b\r\nx\r\n0\r\ntrailer: c\r\n\r\n");
  CHECK(modest.answer().status == 200);
  CHECK(works(modest));
}

TEST_CASE("the largest head that can be set may be one field") {
  HttpServerOptions options;
  options.header_bytes_max = 64 * 1024;
  ServerFixture fixture(options);
  const std::string head = "GET /livez HTTP/1.1\r\nhost: t\r\nx: ";
  RawClient fits(fixture.port);
  fits.send(head + std::string(65'000, 'a') + "\r\n\r\n");
  CHECK(fits.answer().status == 200);
  RawClient larger(fixture.port);
  larger.send(head + std::string(66'000, 'a') + "\r\n\r\n");
  CHECK(larger.answer().status == 431);
}

TEST_CASE("HTTP/1.0 is answered and closed, HEAD has no body") {
  ServerFixture fixture;
  RawClient old(fixture.port);
  old.send("GET /livez HTTP/1.0\r\n\r\n");
  const auto answered = old.answer();
  CHECK(answered.status == 200);
  CHECK(answered.header("connection") == "close");
  CHECK(old.ended());

  RawClient head(fixture.port);
  head.request("HEAD", "/livez");
  const auto headers = head.answer(true);
  CHECK(headers.status == 200);
  CHECK(headers.header("content-length") == "18");
  CHECK(works(head));
}

TEST_CASE("bad requests get a typed answer and the next good one works") {
  HttpServerOptions options;
  options.body_bytes_max = 1'000;
  options.header_bytes_max = 2'000;
  ServerFixture fixture(options);
  const std::string start = "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\n";
  struct Case {
    std::string bytes;
    int status;
    std::string code;
  };
  const std::vector<Case> cases{
      {http(start, std::string(1'001, ' ')), 413, "body_too_large"},
      {start + "transfer-encoding: chunked\r\n\r\n7d0\r\n" + std::string(2'000, ' ') +
           "\r\n0\r\n\r\n",
       413,
       "body_too_large"},
      {"GET /livez HTTP/1.1\r\nx: " + std::string(3'000, 'a') + "\r\n\r\n",
       431,
       "headers_too_large"},
      {"GET /" + std::string(3'000, 'a'), 431, "headers_too_large"},
      {"nonsense\r\n\r\n", 400, "malformed_json"},
      {"GET /livez HTTP/1.1\r\n\r\n", 400, "malformed_json"},
      {"GET /livez HTTP/1.1\r\nhost: t\r\nhost: u\r\n\r\n", 400, "malformed_json"},
      {std::string("\0\1\2\3\r\n\r\n", 8), 400, "malformed_json"},
      {http("GET /livez HTTP/9.9\r\n"), 400, "malformed_json"},
      {http("GET http:///livez HTTP/1.1\r\nhost: t\r\n"), 400, "malformed_json"},
      {http("GET http://me@t/livez HTTP/1.1\r\nhost: t\r\n"), 400, "malformed_json"},
      {http("GET http://t/livez HTTP/1.1\r\n"), 400, "malformed_json"},
      {http("GET http://t/livez HTTP/1.1\r\nhost: t\r\nhost: u\r\n"), 400, "malformed_json"},
      {http("GET ftp://t/livez HTTP/1.1\r\nhost: t\r\n"), 404, "not_found"},
      {http(start, "{"), 400, "malformed_json"},
      {http(start, "{\"a\":\"\xff\"}"), 400, "not_utf8"},
      {http(start, std::string(40, '[') + std::string(40, ']')), 400, "too_deep"},
      {http(start, "[]"), 422, "invalid_value"},
      {http("BREW /livez HTTP/1.1\r\nhost: t\r\n"), 405, "method_not_allowed"},
      {http("GET /v1/chat/completions HTTP/1.1\r\nhost: t\r\n"), 405, "method_not_allowed"},
      {http("GET /%zz HTTP/1.1\r\nhost: t\r\n"), 404, "not_found"},
      {http("GET /threads/%00%0d%0a HTTP/1.1\r\nhost: t\r\n"), 404, "thread_not_found"},
      {http("GET * HTTP/1.1\r\nhost: t\r\n"), 404, "not_found"},
      {http("GET /a/b/c/d/e/f/g/h/i/j/k HTTP/1.1\r\nhost: t\r\n"), 404, "not_found"},
  };
  for (const auto& each : cases) {
    INFO(each.bytes.substr(0, 60) << " -> " << each.status);
    RawClient client(fixture.port);
    client.send(each.bytes);
    const auto answered = client.answer();
    CHECK(answered.status == each.status);
    CHECK(answered.header("x-error-code") == each.code);
    CHECK(works(fixture));
  }
}

TEST_CASE("a target may be absolute, with or without a path and a question") {
  ServerFixture fixture;
  for (const auto& [target, status] :
       std::vector<std::pair<std::string, int>>{{"http://t/livez", 200},
                                                {"HTTPS://elsewhere:99/livez?x=http://y/z", 200},
                                                {"http://t/threads/none/runs?limit=x", 422},
                                                {"http://t", 200},
                                                {"http://t?x=1", 200},
                                                {"http://t/nothing", 404}}) {
    INFO(target);
    RawClient client(fixture.port);
    client.send(http("GET " + target + " HTTP/1.1\r\nhost: t\r\n"));
    CHECK(client.answer().status == status);
    CHECK(works(client));
  }
}

TEST_CASE("a body that is encoded is refused, and what is taken is named") {
  ServerFixture fixture;
  const std::string start = "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\n";
  for (const std::string coding : {"gzip", "br", "identity, gzip", "x"}) {
    INFO(coding);
    RawClient client(fixture.port);
    client.send(http(start + "content-encoding: " + coding + "\r\n", chat_body));
    const auto refused = client.answer();
    CHECK(refused.status == 415);
    CHECK(refused.header("accept-encoding") == "identity");
    CHECK(refused.json()["error"]["code"] == "encoding_unsupported");
    CHECK(works(client));
  }
  for (const std::string plain : {"identity", "Identity", ""}) {
    RawClient client(fixture.port);
    client.send(http(start + "content-encoding: " + plain + "\r\n", chat_body));
    CHECK(client.answer().status == 200);
  }
  RawClient twice(fixture.port);
  twice.send(http(start + "content-encoding: identity\r\ncontent-encoding: gzip\r\n", chat_body));
  CHECK(twice.answer().status == 415);
}

TEST_CASE("a body whose end two readers could see differently is no second request") {
  ServerFixture fixture;
  const std::string second = "GET /livez HTTP/1.1\r\nhost: t\r\n\r\n";
  const std::string start = "POST /v1/chat/completions HTTP/1.1\r\nhost: t\r\n";
  for (const char* coding :
       {"xchunked", "identity", "chunked, identity", "gzip, chunked", "gzip"}) {
    for (const std::string& length :
         {std::string(), "content-length: " + std::to_string(second.size()) + "\r\n"}) {
      INFO(coding << " " << length);
      RawClient client(fixture.port);
      client.send(start + length + "transfer-encoding: " + coding + "\r\n\r\n" + second);
      CHECK(client.answer().status == 400);
      CHECK(client.ended());
      CHECK(works(fixture));
    }
  }
}

TEST_CASE("a request that comes too slowly is refused, an idle connection is closed") {
  HttpServerOptions options;
  options.header_time_max = milliseconds(80);
  options.body_time_max = milliseconds(80);
  options.idle_time_max = milliseconds(80);
  ServerFixture fixture(options);
  RawClient slow_head(fixture.port);
  slow_head.send("GET /livez HT");
  CHECK(slow_head.answer().status == 408);
  CHECK(slow_head.ended());
  RawClient slow_body(fixture.port);
  slow_body.send("POST /threads HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\n{");
  CHECK(slow_body.answer().header("x-error-code") == "request_timeout");
  CHECK(slow_body.ended());
  RawClient idle(fixture.port);
  CHECK(idle.ended());
  RawClient used(fixture.port);
  CHECK(works(used));
  CHECK(used.ended());
  CHECK(works(fixture));
}

TEST_CASE("keys are checked before anything else, and open routes need none") {
  const auto file = std::filesystem::temp_directory_path() / ("keys-" + random_uuid() + ".json");
  { std::ofstream(file) << R"({"keys":[]})"; }
  auto keys = KeyStore::load(file);
  REQUIRE(keys);
  ServerFixture fixture({}, std::move(*keys));
  const auto refused = fixture.call("POST", "/v1/chat/completions", "not json at all");
  CHECK(refused.status == 401);
  CHECK(refused.json()["error"]["code"] == "unauthenticated");
  CHECK(refused.json()["error"]["type"] == "authentication_error");
  CHECK(fixture.call("GET", "/no/such/path").status == 401);
  CHECK(fixture.call("GET", "/metrics").status == 401);
  CHECK(fixture.call("GET", "/threads/x", {}, "authorization: Bearer wrong\r\n").status == 401);
  for (const char* const open : {"/ok", "/livez", "/readyz", "/version"})
    CHECK(fixture.call("GET", open).status == 200);

  RawClient unread(fixture.port);
  unread.send("POST /threads HTTP/1.1\r\nhost: t\r\ncontent-length: 50000\r\n\r\n{");
  CHECK(unread.answer().status == 401);
  CHECK(unread.ended());
  std::filesystem::remove(file);
}

TEST_CASE("the dev key may come by either header") {
  ServerFixture fixture;
  CHECK(fixture.call("GET", "/v1/models", {}, "authorization: bearer dev\r\n").status == 200);
  CHECK(fixture.call("GET", "/v1/models", {}, "x-api-key: dev\r\n").status == 200);
  CHECK(fixture.call("GET", "/v1/models", {}, "x-api-key: other\r\n").status == 401);
}

TEST_CASE("one connection too many is told so") {
  HttpServerOptions options;
  options.connections_max = 2;
  ServerFixture fixture(options);
  RawClient first(fixture.port);
  RawClient second(fixture.port);
  CHECK(works(first));
  CHECK(works(second));
  RawClient third(fixture.port);
  const auto answered = third.answer();
  CHECK(answered.status == 503);
  CHECK(answered.header("x-error-code") == "connections_full");
  CHECK(answered.header("retry-after") == "1");
  CHECK(third.ended());
  first.close();
  for (bool again = false; !again;) {
    RawClient next(fixture.port);
    next.request("GET", "/livez");
    again = next.answer().status == 200;
  }
}

TEST_CASE("operators see readiness, version and metrics") {
  ServerFixture fixture;
  CHECK(fixture.call("GET", "/readyz").json() == Json{{"status", "ready"}});
  fixture.health.is_ready = false;
  const auto not_ready = fixture.call("GET", "/readyz");
  CHECK(not_ready.status == 503);
  CHECK(not_ready.json() == Json{{"status", "not_ready"}});
  CHECK(fixture.call("GET", "/version").json()["version"] == "1.2.3");
  const auto metrics = fixture.call("GET", "/metrics").body;
  CHECK(metrics.find(R"(parlance_http_requests_total{route="GET /readyz",status="5xx"} 1)") !=
        std::string::npos);
  CHECK(metrics.find("parlance_http_connections_open") != std::string::npos);
}

TEST_CASE("a drain closes idle connections, lets answers end and takes nobody else in") {
  ServerFixture fixture;
  fixture.conversations.on_turn = nullptr;
  RawClient idle(fixture.port);
  CHECK((idle.request("GET", "/livez"), idle.answer().status) == 200);
  RawClient busy(fixture.port);
  busy.request("POST", "/v1/chat/completions", chat_body);
  auto& turn = fixture.conversations.turn();

  std::promise<void> drained;
  fixture.server().drain(Deadline::at(std::chrono::steady_clock::now() + std::chrono::seconds(10)),
                         [&] { drained.set_value(); });
  CHECK(idle.ended());
  CHECK_THROWS(RawClient(fixture.port));
  turn.accept().step("done").finish();
  const auto answered = busy.answer();
  CHECK(answered.status == 200);
  CHECK(busy.ended());
  drained.get_future().wait();
}

TEST_CASE("what does not end is cut at the drain's deadline") {
  ServerFixture fixture;
  fixture.conversations.on_turn = nullptr;
  RawClient stuck(fixture.port);
  stuck.request("POST", "/v1/chat/completions", chat_body);
  fixture.conversations.turn();
  fixture.drain(milliseconds(50));
  CHECK(stuck.ended());
  fixture.conversations.turn().refuse(ErrorCode::draining);
}

TEST_CASE("many idle connections cost nobody else anything") {
  ServerFixture fixture;
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 300; ++i)
    idle.push_back(std::make_unique<RawClient>(fixture.port));
  CHECK(works(fixture));
}
