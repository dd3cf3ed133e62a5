#include "net/providers/http_provider.hpp"

#include "runtime/base/json.hpp"
#include "runtime/llm/embedding.hpp"
#include "tests/net/io_threads.hpp"
#include "tests/net/rude_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace parlance::net {
namespace {

using namespace std::chrono_literals;

constexpr const char* key = "sk-secret";
constexpr std::string_view stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

std::string chunked(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

std::string said(std::string_view text) {
  return R"(data: {"model":"mock-1","choices":[{"index":0,"delta":{"content":")" +
         std::string(text) + "\"},\"finish_reason\":null}]}\n\n";
}

const std::string role_chunk =
    "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
const std::string stop_chunk =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n";
const std::string usage_chunk =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n";
const std::string done_event = "data: [DONE]\n\n";

struct Outcome {
  std::vector<std::string> pieces;
  std::vector<std::size_t> reports;  // how many pieces each brought
  std::vector<bool> are_last;        // that the end follows
  std::optional<Result<ChatAnswer>> end;

  bool failed_as(ErrorCode code) const { return !*end && end->error().code == code; }
};

struct Running {
  std::future<Outcome> outcome;
  CancelCall cancel;
};

ChatRequest chat_request() {
  ChatRequest request;
  request.messages = {
      std::make_shared<Message>(Message{"1", Role::system, "Be brief.", nullptr, {}}),
      std::make_shared<Message>(Message{"2", Role::human, "Hi \"you\"", nullptr, {}}),
      std::make_shared<Message>(Message{"3", Role::ai, "Hello", nullptr, {}}),
      std::make_shared<Message>(Message{"4", Role::tool, "42", nullptr, {}})};
  request.tokens_out_max = 64;
  request.temperature = 0.5;
  return request;
}

Running start(
    ChatProvider& provider,
    std::chrono::milliseconds time_max = 20s,
    std::function<void()> on_said = [] {},
    const ChatRequest& request = chat_request()) {
  auto outcome = std::make_shared<Outcome>();
  auto ended = std::make_shared<std::promise<Outcome>>();
  auto future = ended->get_future();
  auto cancel = provider.start({.model = "mock-1",
                                .request = request,
                                .deadline = Deadline::at(Deadline::Clock::now() + time_max),
                                .request_id = "req-1"},
                               {[outcome, on_said](std::vector<std::string> pieces, bool are_last) {
                                  outcome->reports.push_back(pieces.size());
                                  outcome->are_last.push_back(are_last);
                                  for (auto& piece : pieces)
                                    outcome->pieces.push_back(std::move(piece));
                                  on_said();
                                },
                                [outcome, ended](Result<ChatAnswer> answer) {
                                  outcome->end = std::move(answer);
                                  ended->set_value(*outcome);
                                }});
  return {std::move(future), std::move(cancel)};
}

HttpProviderOptions options_for(const RudeServer& server) {
  HttpProviderOptions options;
  options.base_url = server.url("/v1/");
  options.api_key = fixed_credential(key);
  return options;
}

// One call to a server that answers with these bytes and closes.
Outcome ask(const std::string& answer, const ChatRequest& request = chat_request()) {
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write(answer);
  }};
  IoThreads threads;
  HttpProvider provider{threads.io(), openai_wire(), options_for(server)};
  return start(
             provider, 20s, [] {}, request)
      .outcome.get();
}

std::string whole(const std::string& status, const std::string& fields, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

Json chat_body(const ChatRequest& request) {
  return Json::parse(openai_wire().request("m", request)->body);
}

TEST_CASE("a call is a streamed chat completion") {
  std::promise<RudePeer::Request> seen;
  RudeServer server{[&](RudePeer& peer) {
    seen.set_value(*peer.read_request());
    peer.write(std::string(stream_head) + chunked(done_event));
  }};
  IoThreads threads;
  HttpProvider provider{threads.io(), openai_wire(), options_for(server)};
  start(provider).outcome.get();
  const auto request = seen.get_future().get();
  CHECK(request.method_string() == "POST");
  CHECK(request.target() == "/v1/chat/completions");
  CHECK(request["authorization"] == "Bearer sk-secret");
  CHECK(request["x-request-id"] == "req-1");
  CHECK(request["content-type"] == "application/json");
  CHECK(request["host"] == "127.0.0.1:" + std::to_string(server.port()));
  const Json expected = Json::parse(R"({
    "model": "mock-1", "stream": true, "stream_options": {"include_usage": true},
    "max_tokens": 64, "temperature": 0.5,
    "messages": [{"role": "system", "content": "Be brief."},
                 {"role": "user", "content": "Hi \"you\""},
                 {"role": "assistant", "content": "Hello"},
                 {"role": "user", "content": "42"}]})");
  CHECK(Json::parse(request.body()) == expected);
}

TEST_CASE("each chunk with content is one piece, and the answer is their sum") {
  const Outcome outcome = ask(std::string(stream_head) + chunked(": hello\r\n\r\n" + role_chunk) +
                              chunked(said("Hel")) + chunked(said("lo ") + said("\\u20ac")) +
                              chunked(stop_chunk + usage_chunk + done_event) + "0\r\n\r\n");
  REQUIRE(*outcome.end);
  CHECK(outcome.pieces == std::vector<std::string>{"Hel", "lo ", "\xE2\x82\xAC"});
  const ChatAnswer& answer = **outcome.end;
  CHECK(answer.text == "Hello \xE2\x82\xAC");
  CHECK(answer.model == "mock-1");
  CHECK(answer.usage == Usage{7, 3});
  CHECK(answer.stop_reason == StopReason::stop);
}

TEST_CASE("what comes together is told at once") {
  const Outcome outcome =
      ask(std::string(stream_head) +
          chunked(role_chunk + said("a") + said("b") + said("c") + stop_chunk + done_event) +
          "0\r\n\r\n");
  REQUIRE(*outcome.end);
  CHECK(outcome.pieces == std::vector<std::string>{"a", "b", "c"});
  CHECK(outcome.reports == std::vector<std::size_t>{3});
  CHECK(outcome.are_last == std::vector<bool>{true});
}

TEST_CASE("a call that the provider gave no id has one, streamed and whole") {
  const std::string call =
      R"({"index":0,"type":"function","function":{"name":"look","arguments":"{}"}})";
  const std::string streamed = "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[" +
                               call + "]},\"finish_reason\":\"tool_calls\"}]}\r\n\r\n";
  const std::string completion =
      R"({"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[)" +
      call + R"(]},"finish_reason":"tool_calls"}]})";
  for (const auto& answer :
       {std::string(stream_head) + chunked(streamed + done_event) + "0\r\n\r\n",
        whole("200 OK", "Content-Type: application/json\r\n", completion)}) {
    const Outcome outcome = ask(answer);
    REQUIRE(*outcome.end);
    REQUIRE((*outcome.end)->tool_calls.size() == 1);
    CHECK((*outcome.end)->tool_calls[0].name == "look");
    CHECK((*outcome.end)->tool_calls[0].id.starts_with("call_"));
  }
}

TEST_CASE("a stream reads the same wherever it is cut, also inside a character") {
  std::string events = role_chunk + said("a\xE2\x82\xAC") + said("\xF0\x9F\x98\x80z") +
                       "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n" +
                       done_event;
  const std::string line_end = GENERATE("\n", "\r\n", "\r");
  for (std::size_t at = events.find('\n'); at != std::string::npos;
       at = events.find('\n', at + line_end.size())) {
    events.replace(at, 1, line_end);
  }
  std::string bytes(stream_head);
  for (const char c : events)
    bytes += chunked({&c, 1});
  const Outcome outcome = ask(bytes + "0\r\n\r\n");
  REQUIRE(*outcome.end);
  CHECK(outcome.pieces == std::vector<std::string>{"a\xE2\x82\xAC", "\xF0\x9F\x98\x80z"});
  CHECK((*outcome.end)->stop_reason == StopReason::length);
}

TEST_CASE("the connection of a whole answer is used again") {
  RudeServer server{[](RudePeer& peer) {
    while (peer.read_request()) {
      peer.write(std::string(stream_head) + chunked(said("x") + stop_chunk + done_event));
      peer.write("0\r\n\r\n");
    }
  }};
  IoThreads threads;
  HttpProvider provider{threads.io(), openai_wire(), options_for(server)};
  for (int i = 0; i < 20; ++i) {
    CHECK(*start(provider).outcome.get().end);
    std::this_thread::sleep_for(5ms);  // the answer is reported before its connection is given back
  }
  CHECK(server.connections() < 20);
}

TEST_CASE("an endpoint that does not stream answers in one piece") {
  const Outcome outcome =
      ask(whole("200 OK",
                "Content-Type: application/json\r\n",
                R"({"model":"m","choices":[{"message":{"role":"assistant","content":"Hello"},)"
                R"("finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})"));
  REQUIRE(*outcome.end);
  CHECK(outcome.pieces == std::vector<std::string>{"Hello"});
  CHECK((*outcome.end)->usage == Usage{1, 2});
  CHECK((*outcome.end)->model == "m");
}

TEST_CASE("a stream that is not whole never looks like an end") {
  const std::string head(stream_head);
  const std::vector<std::string> broken{
      head,
      head + "0\r\n\r\n",
      head + chunked(role_chunk),
      head + chunked(said("x")),
      head + chunked(said("x")) + "0\r\n\r\n",
      head + chunked("data: [DONE]\n") + "0\r\n\r\n",
      head + chunked(said("x") + stop_chunk) + "zz\r\n",
      head + chunked(said("x") + stop_chunk + "data: {\"choices\":[{\n\n") + "0\r\n\r\n",
      head + chunked(said("x") + done_event) + "0\r\n\r\n",
      head + chunked(said("x") + "data: {\"choices\":[{\n\n" + stop_chunk + done_event),
      head + chunked(said("x") + "data: \"text\"\n\n" + stop_chunk + done_event),
      head + chunked(said("\xFF") + stop_chunk + done_event),
      head + chunked(said("x") + "data: {\"error\":{\"message\":\"overloaded\"}}\n\n" + done_event),
      head + chunked("event: error\ndata: {\"message\":\"no\"}\n\n" + stop_chunk + done_event),
      head + chunked(said("x")) + "zz\r\n",
      whole("200 OK", "Content-Type: text/html\r\n", "<html>"),
      whole("200 OK", "Content-Type: application/json\r\n", "{\"choices\":[]}"),
      whole("200 OK", "Content-Type: application/json\r\n", "{\"error\":\"no\"}"),
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
      whole("302 Found", "Location: http://127.0.0.1/\r\n", "")};
  for (const std::string& answer : broken) {
    INFO(answer);
    const Outcome outcome = ask(answer);
    CHECK(outcome.failed_as(ErrorCode::provider_failed));
    CHECK(outcome.pieces.size() <= 1);
  }
}

TEST_CASE("a stream with a finish_reason is whole wherever it ends after that") {
  const std::string head(stream_head);
  for (const std::string& answer :
       {head + chunked(said("x") + stop_chunk),
        head + chunked(said("x") + stop_chunk + usage_chunk) + "0\r\n\r\n",
        head + chunked(said("x") + stop_chunk + "data: [DONE]\n") + "0\r\n\r\n"}) {
    INFO(answer);
    const Outcome outcome = ask(answer);
    REQUIRE(*outcome.end);
    CHECK((*outcome.end)->text == "x");
    CHECK((*outcome.end)->stop_reason == StopReason::stop);
  }
}

TEST_CASE("a stream that stays open behind its finish_reason is whole after the gap") {
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write(std::string(stream_head) + chunked(said("x") + stop_chunk));
    peer.wait_until_closed();
  }};
  IoThreads threads;
  HttpProviderOptions options = options_for(server);
  options.gap_time_max = 100ms;
  HttpProvider provider{threads.io(), openai_wire(), options};
  const Outcome outcome = start(provider).outcome.get();
  REQUIRE(*outcome.end);
  CHECK((*outcome.end)->text == "x");
}

TEST_CASE("a stream that ends too early tells whether an answer had begun") {
  const std::string head(stream_head);
  const std::string end = "0\r\n\r\n";
  CHECK(ask(head + chunked(role_chunk) + end).end->error().detail ==
        "the stream ended before it answered");
  CHECK(ask(head + chunked(said("x")) + end).end->error().detail ==
        "the stream ended in the middle of the answer");
}

TEST_CASE("a provider that cannot answer now is throttled or unavailable, with its advice") {
  const Outcome busy = ask(whole("429 Too Many Requests", "Retry-After: 7\r\n", "{}"));
  CHECK(busy.failed_as(ErrorCode::model_throttled));
  CHECK(busy.end->error().retry_after == 7s);
  const Outcome down = ask(whole("503 Service Unavailable", "retry-after-ms: 250\r\n", "<html>"));
  CHECK(down.failed_as(ErrorCode::model_unavailable));
  CHECK(down.end->error().retry_after == 250ms);
  CHECK(ask(whole("408 Request Timeout", "", "{}")).failed_as(ErrorCode::model_unavailable));
  const Outcome cut = ask("HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\nx");
  CHECK(cut.failed_as(ErrorCode::model_unavailable));
  CHECK_FALSE(cut.end->error().retry_after);
  CHECK(ask("").failed_as(ErrorCode::model_unavailable));
}

TEST_CASE("what a model will not say is its refusal, whole and streamed") {
  const Outcome streamed =
      ask(std::string(stream_head) +
          chunked("data: {\"choices\":[{\"delta\":{\"refusal\":\"I will\"}}]}\n\n"
                  "data: {\"choices\":[{\"delta\":{\"refusal\":\" not.\"}}]}\n\n" +
                  stop_chunk + done_event) +
          "0\r\n\r\n");
  REQUIRE(*streamed.end);
  CHECK((*streamed.end)->refusal == "I will not.");
  CHECK(streamed.pieces.empty());
  const Outcome whole_one = ask(whole(
      "200 OK",
      "Content-Type: application/json\r\n",
      R"({"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]})"));
  REQUIRE(*whole_one.end);
  CHECK((*whole_one.end)->refusal == "No.");
}

TEST_CASE("a refusal in the history is told to the provider as one") {
  ChatRequest request;
  request.messages = {
      std::make_shared<Message>(Message{"1", Role::human, "Hi", nullptr, {}}),
      std::make_shared<Message>(Message{"2", Role::ai, "", {{"refusal", "No."}}, {}})};
  const auto body = chat_body(request);
  CHECK(body["messages"][1] ==
        Json{{"role", "assistant"}, {"content", nullptr}, {"refusal", "No."}});
}

TEST_CASE("who speaks is told to the provider by name, a tool is not") {
  const auto message = [](Role role, Json extra) {
    return std::make_shared<const Message>(Message{"", role, "x", std::move(extra), {}});
  };
  const Json calls =
      Json::array({{{"id", "c1"}, {"function", {{"name", "look"}, {"arguments", "{}"}}}}});
  ChatRequest request;
  request.messages = {message(Role::system, {{"name", "desk"}}),
                      message(Role::human, {{"name", "Ada"}}),
                      message(Role::human, {{"name", nullptr}}),
                      message(Role::human, {{"name", ""}}),
                      message(Role::ai, {{"name", "guide"}, {"tool_calls", calls}}),
                      message(Role::tool, {{"name", "look"}, {"tool_call_id", "c1"}}),
                      message(Role::tool, {{"name", "look"}, {"tool_call_id", "late"}})};
  const auto body = chat_body(request);
  std::vector<std::string> names;
  for (const auto& told : body["messages"])
    names.push_back(told.value("name", "-"));
  CHECK(names == std::vector<std::string>{"desk", "Ada", "-", "-", "guide", "-", "-"});
}

TEST_CASE("a request that the provider rejects has its reason, and its key is not spoken of") {
  const auto failing = [](const std::string& status, const std::string& error) {
    const Outcome outcome = ask(whole(status, "", R"({"error":)" + error + "}"));
    return outcome.end->error();
  };
  const std::string too_long =
      R"({"message":"maximum is 8 tokens","type":"invalid_request_error","code":"context_length_exceeded"})";
  for (const auto* status : {"400 Bad Request", "413 Too Large", "422 Unprocessable"}) {
    const auto error = failing(status, too_long);
    CHECK(error.code == ErrorCode::context_length_exceeded);
    CHECK(error.detail == "the provider answered " + std::string(status, 3) +
                              " (context_length_exceeded): maximum is 8 tokens");
  }
  const auto bad = failing("400 Bad Request", R"({"message":"no","type":"bad","code":null})");
  CHECK(bad.code == ErrorCode::request_rejected);
  CHECK(bad.detail == "the provider answered 400 (bad): no");
  CHECK(own_words_of(bad) == "the provider answered 400 (bad)");
  CHECK(failing("400 Bad Request", R"({"message":"no","code":"two words\n"})").detail ==
        "the provider answered 400: no");
  for (const auto* status : {"401 Unauthorized", "403 Forbidden"}) {
    const auto error =
        failing(status, R"({"message":"Incorrect key sk-sec**","code":"invalid_api_key"})");
    CHECK(error.code == ErrorCode::credentials_refused);
    CHECK(error.detail ==
          "the provider refused the server's credentials (" + std::string(status, 3) + ")");
  }
  for (const auto* status : {"402 Payment Required", "429 Too Many Requests"}) {
    const auto error =
        failing(status, R"({"message":"You owe us money","code":"insufficient_quota"})");
    CHECK(error.code == ErrorCode::provider_refused);
    CHECK(error.detail ==
          "the provider refused the server's account (" + std::string(status, 3) + ")");
  }
  const auto unknown =
      failing("404 Not Found", R"({"message":"no such model","code":"model_not_found"})");
  CHECK(unknown.code == ErrorCode::provider_refused);
  CHECK(unknown.detail == "the provider answered 404 (model_not_found): no such model");
}

TEST_CASE("a rejection shows the provider's words, shortened, and never the key") {
  const std::string message =
      "Incorrect key sk-secret\\n" + std::string(167, 'x') + "sk-secret" + std::string(500, 'x');
  const Outcome refused =
      ask(whole("400 Bad Request", "", R"({"error":{"message":")" + message + "\"}}"));
  REQUIRE(refused.failed_as(ErrorCode::request_rejected));
  const std::string& detail = refused.end->error().detail;
  CHECK(detail.starts_with("the provider answered 400: Incorrect key (key) xx"));
  CHECK(detail.size() == 200);
  CHECK(detail.find("sk-") == std::string::npos);
  const Outcome huge = ask(whole("400 Bad Request", "", std::string(100'000, '\xE2')));
  CHECK(huge.failed_as(ErrorCode::request_rejected));
  CHECK(huge.end->error().detail == "the provider answered 400");
}

TEST_CASE("an answer over its bound is given up, and the provider is not listened to any more") {
  std::promise<void> closed;
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write(std::string(stream_head) + chunked(said("12345")) + chunked(said("678")));
    peer.wait_until_closed();
    closed.set_value();
  }};
  IoThreads threads;
  HttpProviderOptions options = options_for(server);
  options.answer_bytes_max = 7;
  HttpProvider provider{threads.io(), openai_wire(), options};
  const Outcome outcome = start(provider).outcome.get();
  CHECK(outcome.failed_as(ErrorCode::answer_too_long));
  CHECK(outcome.pieces == std::vector<std::string>{"12345"});
  CHECK(closed.get_future().wait_for(5s) == std::future_status::ready);
}

TEST_CASE(
    "a provider that stands still is unavailable before its first word, and failed after it") {
  const std::string start_of_stream = GENERATE("", "head", "word");
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    if (!start_of_stream.empty()) peer.write(std::string(stream_head) + chunked(role_chunk));
    if (start_of_stream == "word") peer.write(chunked(said("x")));
    peer.wait_until_closed();
  }};
  IoThreads threads;
  HttpProviderOptions options = options_for(server);
  options.first_token_time_max = start_of_stream == "word" ? 5'000ms : 100ms;
  options.gap_time_max = 100ms;
  HttpProvider provider{threads.io(), openai_wire(), options};
  const Outcome outcome = start(provider).outcome.get();
  CHECK(outcome.failed_as(start_of_stream == "word" ? ErrorCode::provider_failed
                                                    : ErrorCode::model_unavailable));
  CHECK(start(provider, 20ms).outcome.get().failed_as(ErrorCode::deadline_passed));
}

TEST_CASE("an answer that takes longer than it may is an error, however steadily it comes") {
  const bool says_something = GENERATE(true, false);
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write(std::string(stream_head) + chunked(says_something ? said("x") : role_chunk));
    peer.wait_until_closed();
  }};
  IoThreads threads;
  HttpProviderOptions options = options_for(server);
  options.total_time_max = 100ms;
  HttpProvider provider{threads.io(), openai_wire(), options};
  const Outcome outcome = start(provider).outcome.get();
  CHECK(outcome.failed_as(says_something ? ErrorCode::provider_failed
                                         : ErrorCode::model_unavailable));
  CHECK(outcome.end->error().detail ==
        "the provider failed (the answer took longer than total_time_max)");
}

TEST_CASE("thinking is not said, and keeps the call alive") {
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write(stream_head);
    for (int i = 0; i < 20; ++i) {
      peer.write(chunked("data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"));
      std::this_thread::sleep_for(20ms);
    }
    peer.write(chunked(said("x") + stop_chunk + done_event) + "0\r\n\r\n");
  }};
  IoThreads threads;
  HttpProviderOptions options = options_for(server);
  options.first_token_time_max = 250ms;
  options.gap_time_max = 250ms;
  HttpProvider provider{threads.io(), openai_wire(), options};
  const Outcome outcome = start(provider).outcome.get();
  REQUIRE(*outcome.end);
  CHECK((*outcome.end)->text == "x");
}

TEST_CASE(
    "an error in the place of an answer tells throttling and overload before the first word") {
  const auto failing = [](const std::string& before, const std::string& code) {
    const std::string event =
        "data: {\"error\":{\"message\":\"later\",\"code\":\"" + code + "\"}}\n\n";
    return ask(std::string(stream_head) + chunked(before + event)).end->error().code;
  };
  CHECK(failing("", "rate_limit_exceeded") == ErrorCode::model_throttled);
  CHECK(failing("", "overloaded_error") == ErrorCode::model_unavailable);
  CHECK(failing("", "no_such_code") == ErrorCode::provider_failed);
  CHECK(failing(said("x"), "rate_limit_exceeded") == ErrorCode::provider_failed);
}

TEST_CASE("counts that cannot be are made to fit") {
  const Outcome outcome =
      ask(std::string(stream_head) +
          chunked(said("x") + stop_chunk +
                  "data: {\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":-3,"
                  "\"prompt_tokens_details\":{\"cached_tokens\":9}}}\n\n" +
                  done_event) +
          "0\r\n\r\n");
  REQUIRE(*outcome.end);
  CHECK((*outcome.end)->usage == Usage{7, 0, 7});
}

TEST_CASE("heartbeats do not stand in for tokens") {
  std::atomic<bool> is_over = false;
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write(stream_head);
    while (!is_over) {
      peer.write(chunked(": busy\n\n" + role_chunk));
      std::this_thread::sleep_for(10ms);
    }
  }};
  IoThreads threads;
  HttpProviderOptions options = options_for(server);
  options.first_token_time_max = 100ms;
  HttpProvider provider{threads.io(), openai_wire(), options};
  CHECK(start(provider).outcome.get().failed_as(ErrorCode::model_unavailable));
  is_over = true;
}

TEST_CASE("nobody there is unavailable") {
  HttpProviderOptions options;
  {
    const RudeServer gone{[](RudePeer&) {}};
    options.base_url = gone.url("/v1");
  }
  IoThreads threads;
  HttpProvider provider{threads.io(), openai_wire(), options};
  CHECK(start(provider).outcome.get().failed_as(ErrorCode::model_unavailable));
}

TEST_CASE("a cancelled call closes its socket") {
  std::promise<void> closed;
  RudeServer server{[&](RudePeer& peer) {
    peer.read_request();
    peer.write(std::string(stream_head) + chunked(said("x")));
    peer.wait_until_closed();
    closed.set_value();
  }};
  IoThreads threads;
  HttpProvider provider{threads.io(), openai_wire(), options_for(server)};
  std::promise<void> began;
  Running call = start(provider, 20s, [&] { began.set_value(); });
  began.get_future().wait();
  call.cancel();
  const Outcome outcome = call.outcome.get();
  CHECK(outcome.failed_as(ErrorCode::cancelled));
  CHECK(outcome.pieces.size() == 1);
  CHECK(closed.get_future().wait_for(5s) == std::future_status::ready);
  call.cancel();
}

TEST_CASE("a cancel that races with the end leaves one end") {
  RudeServer server{[](RudePeer& peer) {
    while (peer.read_request()) {
      peer.write(std::string(stream_head) + chunked(said("x")) + chunked(stop_chunk));
      peer.write(chunked(done_event) + "0\r\n\r\n");
    }
  }};
  IoThreads threads;
  int answered = 0;
  HttpProvider provider{threads.io(), openai_wire(), options_for(server)};
  for (int i = 0; i < 300; ++i) {
    Running call = start(provider);
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(2 * i);
    while (std::chrono::steady_clock::now() < until) {
    }
    std::thread other([cancel = call.cancel] { cancel(); });
    call.cancel();
    const Outcome outcome = call.outcome.get();  // a second end would throw on its thread
    other.join();
    if (*outcome.end) {
      ++answered;
    } else {
      REQUIRE(outcome.failed_as(ErrorCode::cancelled));
    }
  }
  CHECK(answered < 300);
}

TEST_CASE("a provider does not start with what cannot work") {
  boost::asio::io_context io;
  HttpProviderOptions options;
  CHECK_THROWS_WITH(HttpProvider(io, openai_wire(), options), Catch::StartsWith("base_url: "));
}

TEST_CASE("another number of embeddings than of inputs is an answer that does not fit") {
  EmbeddingInput input;
  input.texts = {"a", "b", "c"};
  ChatRequest request;
  request.embeds = std::make_shared<const EmbeddingInput>(input);
  const auto outcome =
      ask(whole("200 OK",
                "Content-Type: application/json\r\n",
                R"({"data":[{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":7}})"),
          request);
  CHECK(outcome.failed_as(ErrorCode::answer_unfit));
  CHECK((*outcome.end).error().detail ==
        "the provider answered 3 inputs with another number of embeddings: 1");
}

}  // namespace
}  // namespace parlance::net
