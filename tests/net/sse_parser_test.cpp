#include "net/sse_parser.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace parlance::net {
namespace {

std::vector<SseEvent> parse(std::string_view bytes, std::size_t step) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    REQUIRE(parser.feed(bytes.substr(at, step), [&](SseEvent event) { events.push_back(event); }));
  }
  return events;
}

TEST_CASE("an event has a name, data and an id") {
  const auto events = parse("event: values\ndata: {\"a\":1}\nid: 4-0\n\n", 1'000);
  REQUIRE(events.size() == 1);
  CHECK(events[0].event == "values");
  CHECK(events[0].data == "{\"a\":1}");
  CHECK(events[0].id == "4-0");
}

TEST_CASE("an event without a name is a message, and keeps the newest id") {
  const auto events = parse("id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", 1'000);
  REQUIRE(events.size() == 3);
  CHECK(events[1].event == "message");
  CHECK(events[1].id == "7");
  CHECK(events[2].id.empty());
}

TEST_CASE("an event stream reads the same wherever it is cut") {
  const std::string text =
      "\xEF\xBB\xBF: hello\r\n\r\ndata: one\r\ndata:two\r\n\r\n"
      "event: x\rdata:  three\r\rdata\n\n:\ndata: \xE2\x82\xAC\nretry: 5\nid: \n\nevent: none\n\n"
      "data: unfinished\n";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const auto events = parse(text, step);
    REQUIRE(events.size() == 4);
    CHECK(events[0].data == "one\ntwo");
    CHECK(events[1].event == "x");
    CHECK(events[1].data == " three");
    CHECK(events[2].event == "message");
    CHECK(events[2].data.empty());
    CHECK(events[3].data == "\xE2\x82\xAC");
  }
}

TEST_CASE("half a byte order mark is text") {
  const auto events = parse("\xEF\xBB-: x\ndata: y\n\n", 1);
  REQUIRE(events.size() == 1);
  CHECK(events[0].data == "y");
}

TEST_CASE("an id with a zero byte is ignored") {
  const auto events = parse(std::string_view("id: a\nid: b\0c\ndata: x\n\n", 23), 3);
  REQUIRE(events.size() == 1);
  CHECK(events[0].id == "a");
}

TEST_CASE("an event that is too large is an error, and stays one") {
  for (const std::string_view text :
       {"data: 0123456789abcdef\n\n", "data: 01234\ndata: 56789abc\n\n"}) {
    for (std::size_t step : {std::size_t{1}, std::size_t{100}}) {
      SseParser parser{16};
      bool failed = false;
      for (std::size_t at = 0; at < text.size(); at += step) {
        const auto fed = parser.feed(text.substr(at, step), [](SseEvent) { FAIL(); });
        if (!fed) CHECK(fed.error().code == ErrorCode::provider_failed);
        failed = !fed;
      }
      CHECK(failed);
      CHECK_FALSE(parser.feed("data: x\n\n", [](SseEvent) { FAIL(); }));
    }
  }
}

TEST_CASE("a comment may be longer than an event") {
  SseParser parser{16};
  int events = 0;
  for (int i = 0; i < 100; ++i)
    REQUIRE(parser.feed(": a long comment ", [](SseEvent) { FAIL(); }));
  REQUIRE(parser.feed("\ndata: x\n\n", [&](SseEvent) { ++events; }));
  REQUIRE(parser.feed(": another one that comes whole\n\n", [](SseEvent) { FAIL(); }));
  CHECK(events == 1);
}

}  // namespace
}  // namespace parlance::net
