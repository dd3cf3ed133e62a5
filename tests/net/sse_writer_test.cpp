#include "net/sse_writer.hpp"

#include "net/json_text.hpp"
#include "net/sse_parser.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace parlance;
using namespace parlance::net;

TEST_CASE("an event is its name, its data and last its id") {
  std::string out;
  const EventId id{12, 3};
  begin_event(out, "values");
  out.append("{}");
  end_event(out, &id);
  CHECK(out == "event: values\ndata: {}\nid: 12-3\n\n");
  out.clear();
  begin_event(out, {});
  out.append("[DONE]");
  end_event(out, nullptr);
  CHECK(out == "data: [DONE]\n\n");
}

TEST_CASE("the parser reads what the writer wrote, heartbeats left out") {
  std::string out;
  const EventId id{1, 0};
  begin_event(out, "a");
  append_quoted(out, "two\nlines\r and \"quotes\"");
  end_event(out, &id);
  out.append(heartbeat);
  std::vector<SseEvent> events;
  SseParser parser;
  REQUIRE(parser.feed(out, [&](SseEvent event) { events.push_back(std::move(event)); }));
  REQUIRE(events.size() == 1);
  CHECK(events[0].event == "a");
  CHECK(events[0].id == "1-0");
  CHECK(Json::parse(events[0].data) == "two\nlines\r and \"quotes\"");
}

TEST_CASE("ids are compared by record, then by number") {
  CHECK(*parse_event_id("2-10") > *parse_event_id("2-9"));
  CHECK(*parse_event_id("10-0") > *parse_event_id("9-99"));
  CHECK(*parse_event_id("-1") == EventId{});
  CHECK(*parse_event_id("") == EventId{});
  CHECK(*parse_event_id("18446744073709551615-0") == EventId{UINT64_MAX, 0});
}

TEST_CASE("what is no id of ours is refused, naming the header") {
  for (const char* const text :
       {"1", "-", "1-", "-2", "a-b", "1-2-3", " 1-2", "1-2 ", "+1-2", "18446744073709551616-0"}) {
    INFO(text);
    const auto id = parse_event_id(text);
    REQUIRE_FALSE(id);
    CHECK(id.error().code == ErrorCode::invalid_value);
    CHECK(id.error().field == "Last-Event-ID");
  }
}

TEST_CASE("strings are quoted as JSON has it") {
  std::string all;
  for (int c = 0; c < 0x80; ++c)
    all.push_back(static_cast<char>(c));
  all.append("ü€😀");
  std::string out;
  append_quoted(out, all);
  CHECK(Json::parse(out) == all);
  CHECK(out.find('\n') == std::string::npos);
}

TEST_CASE("a message keeps what its client sent, and has every key of its kind") {
  Message message{
      "m-1", Role::ai, "hi", Json{{"name", "bob"}, {"tool_calls", Json::array({1})}}, Usage{3, 4}};
  std::string out;
  append_message(out, message);
  const auto json = Json::parse(out);
  CHECK(json["content"] == "hi");
  CHECK(json["type"] == "ai");
  CHECK(json["name"] == "bob");
  CHECK(json["tool_calls"] == Json::array({1}));
  CHECK(json["invalid_tool_calls"] == Json::array());
  CHECK(json["additional_kwargs"] == Json::object());
  CHECK(json["usage_metadata"]["total_tokens"] == 7);
  CHECK_FALSE(json["usage_metadata"].contains("input_token_details"));
  message.usage = Usage{3, 4, 2};
  out.clear();
  append_message(out, message);
  CHECK(Json::parse(out)["usage_metadata"]["input_token_details"] == Json{{"cache_read", 2}});
  out.clear();
  append_message(out, Message{"m-2", Role::human, "hi", nullptr, {}});
  CHECK(
      out ==
      R"({"content":"hi","id":"m-2","additional_kwargs":{},"response_metadata":{},"type":"human"})");
}
