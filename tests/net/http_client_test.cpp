#include "net/client/http_client.hpp"

#include "net/client/retry_after.hpp"
#include "net/client/times.hpp"
#include "tests/net/io_threads.hpp"
#include "tests/net/rude_server.hpp"
#include "tests/net/test_certificate.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

namespace parlance::net {
namespace {

using namespace std::chrono_literals;
using Kind = HttpFailureKind;

constexpr std::string_view ok_hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct Outcome {
  unsigned status = 0;
  std::string body;
  std::optional<HttpFailure> failure;
};

HttpRequest request_to(const std::string& url) {
  auto parsed = parse_url(url);
  REQUIRE(parsed);
  return HttpRequest{.url = *parsed,
                     .fields = {{"x-test", "1"}},
                     .body = "ask",
                     .deadline = Deadline::at(Deadline::Clock::now() + 20s)};
}

// Starts a call whose end can be waited for.
struct Running {
  std::future<Outcome> outcome;
  CancelHttp cancel;
};

Running start(HttpClient& client, HttpRequest request, HttpNext next = HttpNext::progress) {
  auto outcome = std::make_shared<Outcome>();
  auto ended = std::make_shared<std::promise<Outcome>>();
  auto future = ended->get_future();
  auto cancel = client.start(std::move(request),
                             {[outcome](const HttpHead& head) { outcome->status = head.status; },
                              [outcome, next](std::string_view piece) {
                                outcome->body += piece;
                                return next;
                              },
                              [outcome, ended](std::optional<HttpFailure> failure) {
                                outcome->failure = std::move(failure);
                                ended->set_value(*outcome);
                              }});
  return {std::move(future), std::move(cancel)};
}

Outcome ask(HttpClient& client, HttpRequest request, HttpNext next = HttpNext::progress) {
  return start(client, std::move(request), next).outcome.get();
}

bool failed_as(const Outcome& outcome, Kind kind) {
  if (outcome.failure) INFO(outcome.failure->detail);
  return outcome.failure && outcome.failure->kind == kind;
}

std::filesystem::path temporary_file(const std::string& name) {
  return std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "-" + name);
}

TEST_CASE("a URL is taken apart, or refused") {
  const auto url = parse_url("https://api.example.com/v1/");
  REQUIRE(url);
  CHECK(url->is_tls);
  CHECK(url->port == 443);
  CHECK(url->path == "/v1");
  CHECK(url->host_field() == "api.example.com");
  const auto local = parse_url("http://[::1]:9100");
  REQUIRE(local);
  CHECK(local->host == "::1");
  CHECK(local->origin() == "http://[::1]:9100");
  CHECK(local->path.empty());
  for (const char* bad : {"",
                          "ftp://x",
                          "http://",
                          "http://:80",
                          "http://x:0",
                          "http://x:70000",
                          "http://x:8a",
                          "http://u@x",
                          "http://x/?q",
                          "http://x/ y",
                          "http://[::1",
                          "http://[::1]x",
                          "http://x\r\ny"}) {
    INFO(bad);
    CHECK_FALSE(parse_url(bad));
  }
}

TEST_CASE("names of loopback are known by their form, in any case") {
  for (const auto* name : {"localhost", "LocalHost", "api.localhost", "a.b.LOCALHOST"}) {
    INFO(name);
    CHECK(is_localhost(name));
  }
  for (const auto* name : {"", ".localhost", "localhos", "evil-localhost", "localhost.example"}) {
    INFO(name);
    CHECK_FALSE(is_localhost(name));
  }
}

TEST_CASE("connections are kept and used again") {
  RudeServer server{[](RudePeer& peer) {
    while (const auto request = peer.read_request()) {
      peer.write((*request)["x-test"] == "1" && request->body() == "ask" ? ok_hello
                                                                         : "HTTP/1.1 400");
    }
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  for (int i = 0; i < 5; ++i) {
    const Outcome outcome = ask(client, request_to(server.url("/v1")));
    CHECK_FALSE(outcome.failure);
    CHECK(outcome.status == 200);
    CHECK(outcome.body == "hello");
  }
  CHECK(server.connections() == 1);
  CHECK(client.connections_idle() == 1);
}

TEST_CASE("at most connections_idle_max connections are kept, and none for too long") {
  std::atomic<int> waiting = 0;
  RudeServer server{[&](RudePeer& peer) {
    while (peer.read_request()) {
      ++waiting;
      while (waiting < 4)
        std::this_thread::yield();  // so that four are open at once
      peer.write(ok_hello);
    }
  }};
  IoThreads threads;
  HttpClientOptions options;
  options.connections_idle_max = 2;
  options.idle_time_max = 100ms;
  HttpClient client{threads.io(), options};
  std::vector<Running> calls;
  for (int i = 0; i < 4; ++i)
    calls.push_back(start(client, request_to(server.url())));
  for (auto& call : calls)
    CHECK_FALSE(call.outcome.get().failure);
  CHECK(server.connections() == 4);
  CHECK(client.connections_idle() <= 2);
  const auto patience = std::chrono::steady_clock::now() + 5s;
  while (client.connections_idle() > 0 && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(10ms);
  }
  CHECK(client.connections_idle() == 0);
}

TEST_CASE("a pooled connection that died unnoticed costs one new connection, not the call") {
  std::atomic<int> connection = 0;
  RudeServer server{[&](RudePeer& peer) {
    const bool is_first = connection++ == 0;
    peer.read_request();
    peer.write(ok_hello);
    if (is_first) {
      peer.read_request();  // and closes without a byte
    } else {
      peer.wait_until_closed();
    }
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  CHECK_FALSE(ask(client, request_to(server.url())).failure);
  const Outcome outcome = ask(client, request_to(server.url()));
  CHECK_FALSE(outcome.failure);
  CHECK(outcome.body == "hello");
  CHECK(server.connections() == 2);
}

TEST_CASE("a request is not sent again once a byte of its answer came, nor on a new connection") {
  std::atomic<int> requests = 0;
  RudeServer server{[&](RudePeer& peer) {
    while (peer.read_request()) {
      if (++requests == 1) {
        peer.write(ok_hello);
      } else {
        peer.write("HTT");
        return;
      }
    }
  }};
  RudeServer closing{[](RudePeer& peer) { peer.read_request(); }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  CHECK_FALSE(ask(client, request_to(server.url())).failure);
  CHECK(failed_as(ask(client, request_to(server.url())), Kind::no_answer));
  CHECK(requests == 2);
  CHECK(failed_as(ask(client, request_to(closing.url())), Kind::no_answer));
  CHECK(closing.connections() == 1);
}

TEST_CASE("a body that ends too early is cut, and its connection is not kept") {
  const std::string_view answer =
      GENERATE("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  RudeServer server{[answer](RudePeer& peer) {
    peer.read_request();
    peer.write(answer);
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  const Outcome outcome = ask(client, request_to(server.url()));
  CHECK(failed_as(outcome, Kind::cut));
  CHECK(outcome.body == "hello");
  CHECK(client.connections_idle() == 0);
}

TEST_CASE("answers of every framing are read") {
  const std::string_view answer =
      GENERATE("HTTP/1.1 200 OK\r\n\r\nhello",
               "HTTP/1.0 200 OK\r\n\r\nhello",
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
               "chunked\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nx: y\r\n\r\n",
               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  RudeServer server{[answer](RudePeer& peer) {
    peer.read_request();
    for (const char c : answer)
      peer.write({&c, 1});
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  const Outcome outcome = ask(client, request_to(server.url()));
  CHECK_FALSE(outcome.failure);
  CHECK(outcome.body == "hello");
}

TEST_CASE("what is not HTTP, or over a bound, is malformed") {
  const std::string answer =
      GENERATE(std::string("SSH-2.0-OpenSSH\r\n\r\n"),
               "HTTP/1.1 200 OK\r\nx: " + std::string(20'000, 'x') + "\r\n\r\n",
               "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + std::string(2'000, 'x'),
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" +
                   std::string(4'095, 'x') + "\r\n0\r\n\r\n",
               std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));
  RudeServer server{[answer](RudePeer& peer) {
    peer.read_request();
    peer.write(answer);
    peer.wait_until_closed();
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  HttpRequest request = request_to(server.url());
  request.body_bytes_max = 1'000;
  CHECK(failed_as(ask(client, std::move(request)), Kind::malformed));
}

TEST_CASE("each wait has its limit") {
  RudeServer mute{[](RudePeer& peer) { peer.wait_until_closed(); }};
  RudeServer head_alone{[](RudePeer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    peer.wait_until_closed();
  }};
  RudeServer half{[](RudePeer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal");
    peer.wait_until_closed();
  }};
  IoThreads threads;
  HttpClientOptions options;
  options.write_time_max = 50ms;
  HttpClient client{threads.io(), options};
  const auto request = [](const RudeServer& server) {
    HttpRequest made = request_to(server.url());
    made.first_piece_time_max = 500ms;
    made.gap_time_max = 50ms;
    return made;
  };
  CHECK(failed_as(ask(client, request(mute)), Kind::no_answer));
  CHECK(failed_as(ask(client, request(head_alone)), Kind::too_slow));
  CHECK(failed_as(ask(client, request(half)), Kind::too_slow));

  SECTION("pieces that do not count leave the limit where it is") {
    HttpRequest waiting = request(half);
    waiting.gap_time_max = 20s;
    CHECK(failed_as(ask(client, std::move(waiting), HttpNext::waiting), Kind::too_slow));
  }
  SECTION("a request that nobody reads") {
    HttpRequest large = request(mute);
    large.body.assign(64U << 20U, 'x');
    CHECK(failed_as(ask(client, std::move(large)), Kind::no_answer));
  }
  SECTION("the deadline") {
    HttpRequest late = request_to(mute.url());
    late.deadline = Deadline::at(Deadline::Clock::now() + 50ms);
    CHECK(failed_as(ask(client, std::move(late)), Kind::deadline_passed));
    HttpRequest too_late = request_to(mute.url());
    too_late.deadline = Deadline::at(Deadline::Clock::now());
    CHECK(failed_as(ask(client, std::move(too_late)), Kind::deadline_passed));
  }
}

TEST_CASE("an address that nobody listens on is unreachable") {
  std::string url;
  {
    const RudeServer gone{[](RudePeer&) {}};
    url = gone.url();
  }
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  CHECK(failed_as(ask(client, request_to(url)), Kind::unreachable));
  CHECK(failed_as(ask(client, request_to("http://no-such-host.invalid/")), Kind::unreachable));
}

TEST_CASE("a cancelled call closes its socket at once") {
  std::promise<void> began;
  std::promise<void> closed;
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal");
    began.set_value();
    peer.wait_until_closed();
    closed.set_value();
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  Running call = start(client, request_to(server.url()));
  began.get_future().wait();
  call.cancel();
  CHECK(failed_as(call.outcome.get(), Kind::cancelled));
  CHECK(closed.get_future().wait_for(5s) == std::future_status::ready);
  call.cancel();  // late: does nothing
  CHECK(client.connections_idle() == 0);
}

TEST_CASE("a call that is cancelled at any moment ends exactly once") {
  RudeServer server{[](RudePeer& peer) {
    while (peer.read_request()) {
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
      peer.write("llo");
    }
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  int cancelled = 0;
  for (int i = 0; i < 300; ++i) {
    Running call = start(client, request_to(server.url("/")));
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(i);
    while (std::chrono::steady_clock::now() < until) {
    }
    call.cancel();
    const Outcome outcome = call.outcome.get();  // a second end would throw on its thread
    if (outcome.failure) {
      REQUIRE(outcome.failure->kind == Kind::cancelled);
      ++cancelled;
    } else {
      REQUIRE(outcome.body == "hello");
    }
  }
  CHECK(cancelled > 0);
}

TEST_CASE("a body that nobody wants is drained if it ends soon, else its connection is closed") {
  const bool ends = GENERATE(true, false);
  RudeServer server{[ends](RudePeer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    if (ends) peer.write("5\r\nworld\r\n0\r\n\r\n");
    peer.wait_until_closed();
  }};
  IoThreads threads;
  HttpClientOptions options;
  options.drain_time_max = ends ? std::chrono::milliseconds(10s) : 20ms;
  HttpClient client{threads.io(), options};
  const Outcome outcome = ask(client, request_to(server.url()), HttpNext::finished);
  CHECK_FALSE(outcome.failure);
  CHECK(outcome.body.starts_with("hello"));
  CHECK(client.connections_idle() == (ends ? 1 : 0));
}

TEST_CASE("a callback can stop the call") {
  RudeServer server{[](RudePeer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    peer.wait_until_closed();
  }};
  IoThreads threads;
  HttpClient client{threads.io(), {}};
  CHECK(failed_as(ask(client, request_to(server.url()), HttpNext::stop), Kind::given_up));
}

TEST_CASE("a certificate must be trusted and must name the host") {
  const auto file = temporary_file("certificate.pem");
  TestCertificate certificate{"DNS:localhost", file};
  std::atomic<int> requests = 0;
  RudeServer server{[&](RudePeer& peer) {
                      while (peer.read_request()) {
                        ++requests;
                        peer.write(ok_hello);
                      }
                    },
                    &certificate.server()};
  const std::string port = std::to_string(server.port());
  IoThreads threads;
  HttpClientOptions options;
  {
    HttpClient client{threads.io(), options};
    CHECK(failed_as(ask(client, request_to("https://localhost:" + port)), Kind::unreachable));
  }
  options.ca_file = file.string();
  HttpClient client{threads.io(), options};
  CHECK(failed_as(ask(client, request_to("https://127.0.0.1:" + port)), Kind::unreachable));
  CHECK(requests == 0);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = ask(client, request_to("https://localhost:" + port));
    CHECK_FALSE(outcome.failure);
    CHECK(outcome.body == "hello");
  }
  CHECK(requests == 3);
  CHECK(server.connections() == 3);  // two refused, one kept
  std::filesystem::remove(file);
}

TEST_CASE("TLS older than 1.2 is refused") {
  const auto file = temporary_file("old.pem");
  TestCertificate certificate{"IP:127.0.0.1", file};
  SSL_CTX* server_context = certificate.server().native_handle();
  SSL_CTX_set_security_level(server_context, 0);
  SSL_CTX_set_min_proto_version(server_context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(server_context, TLS1_1_VERSION);
  RudeServer server{[](RudePeer& peer) { peer.read_request(); }, &certificate.server()};
  IoThreads threads;
  HttpClientOptions options;
  options.ca_file = file.string();
  HttpClient client{threads.io(), options};
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  CHECK(failed_as(ask(client, request_to(url)), Kind::unreachable));
  std::filesystem::remove(file);
}

TEST_CASE("a TLS stream that is cut is cut, and one that is cancelled is not used again") {
  const auto file = temporary_file("cut.pem");
  TestCertificate certificate{"IP:127.0.0.1", file};
  RudeServer server{[](RudePeer& peer) {
                      peer.read_request();
                      peer.write("HTTP/1.1 200 OK\r\n\r\nhel");  // to the end, which never comes
                    },
                    &certificate.server()};
  RudeServer hanging{[](RudePeer& peer) {
                       peer.read_request();
                       peer.wait_until_closed();
                     },
                     &certificate.server()};
  IoThreads threads;
  HttpClientOptions options;
  options.ca_file = file.string();
  HttpClient client{threads.io(), options};
  const std::string url = "https://127.0.0.1:";
  CHECK(failed_as(ask(client, request_to(url + std::to_string(server.port()))), Kind::cut));
  Running call = start(client, request_to(url + std::to_string(hanging.port())));
  call.cancel();
  CHECK(failed_as(call.outcome.get(), Kind::cancelled));
  CHECK(client.connections_idle() == 0);
  std::filesystem::remove(file);
}

TEST_CASE("a client does not start with certificates that it cannot read") {
  boost::asio::io_context io;
  HttpClientOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  CHECK_THROWS_AS(HttpClient(io, options), std::runtime_error);
}

TEST_CASE("Retry-After is seconds, milliseconds or a date") {
  CHECK(read_retry_after("3", "", 1h) == 3s);
  CHECK(read_retry_after("3", "1500", 1h) == 1'500ms);
  CHECK(read_retry_after("999999999999", "", 1h) == 1h);
  CHECK_FALSE(read_retry_after("", "", 1h));
  CHECK_FALSE(read_retry_after("-3", "x", 1h));
  CHECK_FALSE(read_retry_after("soon", "", 1h));
  CHECK(read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", "", 1h) == 0s);
  const std::time_t later = std::time(nullptr) + 60;
  std::tm parts{};
  ::gmtime_r(&later, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  const auto wait = read_retry_after(text, "", 1h);
  REQUIRE(wait);
  CHECK(*wait > 50s);
  CHECK(*wait <= 60s);
}

TEST_CASE("times in heads are read as servers write them, and nothing else is") {
  CHECK(read_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777);
  CHECK_FALSE(read_http_date("1994-11-06T08:49:37Z"));
  CHECK(read_rfc3339("1994-11-06T08:49:37Z") == 784'111'777'000);
  CHECK(read_rfc3339("1994-11-06T08:49:37.250Z") == 784'111'777'250);
  CHECK(read_rfc3339("1994-11-06T10:49:37+02:00") == 784'111'777'000);
  CHECK(read_rfc3339("1994-11-06T03:19:37-05:30") == 784'111'777'000);
  for (const char* const text : {"",
                                 "soon",
                                 "1994-11-06",
                                 "1994-11-06T08:49:37",
                                 "1994-11-06T08:49:37 PM",
                                 "1994-11-06T08:49:37.Z",
                                 "1994-11-06T08:49:37+2",
                                 "1994-13-06T08:49:37Z"}) {
    INFO(text);
    CHECK_FALSE(read_rfc3339(text));
  }
}

TEST_CASE("spans of time are read as providers write them, and nothing else is") {
  CHECK(read_time_span("20ms", 1h) == 20ms);
  CHECK(read_time_span("1s", 1h) == 1s);
  CHECK(read_time_span("6m0s", 1h) == 6min);
  CHECK(read_time_span("2m59.56s", 1h) == 179'560ms);
  CHECK(read_time_span("1h2m3s4ms", 2h) == 3'723'004ms);
  CHECK(read_time_span("120us", 1h) == 1ms);
  CHECK(read_time_span("55", 1h) == 55s);
  CHECK(read_time_span("0.5", 1h) == 500ms);
  CHECK(read_time_span("365d", 1h) == 1h);
  CHECK(read_time_span("9999999999999999999h", 1h) == 1h);
  for (const char* const text :
       {"", "-1s", "s", "1x", "NaN", "inf", "1e9s", "1..5s", "1s 2s", "."}) {
    INFO(text);
    CHECK_FALSE(read_time_span(text, 1h));
  }
}

}  // namespace
}  // namespace parlance::net
