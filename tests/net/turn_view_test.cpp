#include "net/turn_view.hpp"

#include "net/routes/langgraph_events.hpp"
#include "net/routes/openai_events.hpp"
#include "net/sse_parser.hpp"
#include "net/turn_stream.hpp"
#include "tests/support/test_agents.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

using namespace parlance;
using namespace parlance::net;

namespace {

RecordPtr record(std::uint64_t seq, Event event) {
  return std::make_shared<const Record>(Record{seq, std::move(event)});
}

MessagePtr ai(std::string id, std::string text) {
  return std::make_shared<const Message>(
      Message{std::move(id), Role::ai, std::move(text), nullptr, {}});
}

TurnStart turn_start() {
  TurnStart start;
  start.thread = {{"t"}, {"thread-1"}};
  start.run = {"run-1"};
  start.turn = 1;
  start.accepted_seq = 5;
  start.messages = std::make_shared<const Messages>(Messages{ai("old", "before")});
  start.fields = std::make_shared<const Json>(Json::object());
  start.accepted = std::make_shared<const TurnAccepted>();
  return start;
}

// Two pieces, given up; two more under a new id; the step that adds the message; the end.
std::vector<RecordPtr> turn_records() {
  TurnAccepted accepted;
  accepted.turn = 1;
  accepted.run = {"run-1"};
  accepted.agent = "chat";
  accepted.input = {
      std::make_shared<const Message>(Message{"h-1", Role::human, "hello", nullptr, {}})};
  StepDone step;
  step.turn = 1;
  step.step = 1;
  step.node = "generate";
  step.update = Json{{"mood", "calm"}};
  step.messages = {ai("m-2", "one two")};
  TurnEnded ended;
  ended.usage = {7, 2};
  return {record(5, accepted),
          record(6, Delta{1, "generate", "m-1", {"zero", " half"}}),
          record(7, Superseded{1, "m-1"}),
          record(8, Delta{1, "generate", "m-2", {"one", " two"}}),
          record(9, step),
          record(10, ended)};
}

StreamModes modes(std::initializer_list<const char*> words) {
  StreamModes all;
  for (const char* const word : words)
    REQUIRE(all.add(word));
  return all;
}

std::vector<SseEvent> events_of(const std::string& text) {
  std::vector<SseEvent> events;
  SseParser parser;
  REQUIRE(parser.feed(text, [&](SseEvent event) { events.push_back(std::move(event)); }));
  return events;
}

std::string shown(StreamModes wanted,
                  EventId after = {},
                  std::vector<RecordPtr> records = turn_records()) {
  static const Agents agents = tests::test_agents();
  LanggraphEvents events(wanted, after, true, agents);
  events.start(turn_start());
  std::string out;
  for (const auto& each : records)
    events.show(each, out);
  events.close(std::nullopt, out);
  return out;
}

std::vector<std::string> ids(const std::string& text, const std::string& name = {}) {
  std::vector<std::string> all;
  for (const auto& event : events_of(text)) {
    if (name.empty() || event.event == name) all.push_back(event.id);
  }
  return all;
}

const StreamModes& everything() {
  static const auto all = modes({"values", "updates", "messages-tuple", "messages", "custom"});
  return all;
}

}  // namespace

TEST_CASE("a turn that never began shows no values, only what became of it") {
  static const Agents agents = tests::test_agents();
  auto start = turn_start();
  start.fields = std::make_shared<const Json>(nullptr);
  TurnEnded cancelled;
  cancelled.outcome = TurnOutcome::cancelled;
  cancelled.begun = false;
  LanggraphEvents events(modes({"values", "updates"}), {}, true, agents);
  events.start(start);
  std::string out;
  for (const auto& each : {turn_records().front(), record(6, cancelled)})
    events.show(each, out);
  std::vector<std::string> names;
  for (const auto& event : events_of(out))
    names.push_back(event.event);
  CHECK(names == std::vector<std::string>{"metadata", "error"});
}

TEST_CASE("a turn's view is the fold of its records over what it started from") {
  const Agents agents = tests::test_agents();
  TurnView view(turn_start(), agents);
  for (const auto& each : turn_records())
    view.apply(each);
  REQUIRE(view.messages().size() == 3);
  CHECK(view.messages()[0]->id == "old");
  CHECK(view.messages()[1]->text == "hello");
  CHECK(view.messages()[2]->text == "one two");
  CHECK(view.added().size() == 1);
  CHECK(view.fields()["mood"] == "calm");
  CHECK(view.was_streamed("m-2"));
  CHECK_FALSE(view.was_streamed("m-1"));
  REQUIRE(view.ended() != nullptr);
  CHECK(view.ended()->usage.tokens_in == 7);
}

TEST_CASE("each mode shows its own events, metadata first") {
  const auto values = events_of(shown(modes({"values"})));
  REQUIRE(values.size() == 3);
  CHECK(values[0].event == "metadata");
  CHECK(Json::parse(values[0].data) == Json{{"run_id", "run-1"}, {"attempt", 1}});
  CHECK(Json::parse(values[1].data)["messages"].size() == 2);
  CHECK(Json::parse(values[2].data)["messages"].size() == 3);
  CHECK(Json::parse(values[2].data)["mood"] == "calm");

  const auto updates = events_of(shown(modes({"updates"})));
  REQUIRE(updates.size() == 2);
  CHECK(Json::parse(updates[1].data)["generate"]["messages"][0]["content"] == "one two");

  const auto pieces = events_of(shown(modes({"messages-tuple"})));
  REQUIRE(pieces.size() == 5);
  const auto piece = Json::parse(pieces[1].data);
  CHECK(piece[0]["content"] == "zero");
  CHECK(piece[0]["id"] == "m-1");
  CHECK(piece[0]["type"] == "AIMessageChunk");
  CHECK(piece[1]["langgraph_node"] == "generate");
  CHECK(piece[1]["langgraph_step"] == 1);
  CHECK(piece[1]["run_id"] == "run-1");
  CHECK(piece[1]["thread_id"] == "thread-1");

  const auto whole = events_of(shown(modes({"messages"})));
  std::vector<std::string> names;
  for (const auto& event : whole)
    names.push_back(event.event);
  CHECK(names == std::vector<std::string>{"metadata",
                                          "messages/metadata",
                                          "messages/partial",
                                          "messages/partial",
                                          "messages/metadata",
                                          "messages/partial",
                                          "messages/partial",
                                          "messages/complete"});
  CHECK(Json::parse(whole[6].data)[0]["content"] == "one two");

  const auto custom = events_of(shown(modes({"custom"})));
  REQUIRE(custom.size() == 3);
  CHECK(Json::parse(custom[1].data) == Json{{"type", "superseded"}, {"message_id", "m-1"}});
  const auto step = Json::parse(custom[2].data);
  CHECK(step["type"] == "step");
  CHECK(step["node"].is_string());
  CHECK(step["time_us"].is_number_unsigned());
}

TEST_CASE("modes without events are accepted, unknown words are not") {
  CHECK(events_of(shown(modes({"tasks", "checkpoints", "debug", "events", "tools"}))).size() == 1);
  StreamModes none;
  CHECK_FALSE(none.add("value"));
  CHECK_FALSE(none.add(""));
}

TEST_CASE("an id means the same event whichever modes were asked for") {
  const auto all = events_of(shown(everything()));
  std::set<std::string> seen;
  EventId last;
  for (const auto& event : all) {
    CHECK(seen.insert(event.id).second);
    const auto id = *parse_event_id(event.id);
    CHECK(id > last);
    last = id;
  }
  for (const char* const mode : {"values", "updates", "messages-tuple", "messages", "custom"}) {
    for (const auto& event : events_of(shown(modes({mode})))) {
      const auto same = std::find_if(
          all.begin(), all.end(), [&](const auto& each) { return each.id == event.id; });
      REQUIRE(same != all.end());
      CHECK(same->event == event.event);
      CHECK(same->data == event.data);
    }
  }
}

TEST_CASE("a stream resumed after any of its events goes on byte by byte") {
  for (const auto& wanted :
       {everything(), modes({"messages-tuple"}), modes({"messages"}), modes({"values"})}) {
    const auto whole = shown(wanted);
    for (const auto& id : ids(whole)) {
      const auto after = *parse_event_id(id);
      const auto end = whole.find("id: " + id + "\n\n") + id.size() + 6;
      CHECK(shown(wanted, after) == whole.substr(end));
    }
  }
}

TEST_CASE("a stream is resumed in other modes than those that showed its last event") {
  for (const auto& id : ids(shown(everything()))) {
    INFO(id);
    for (const auto& event : events_of(shown(modes({"values"}), *parse_event_id(id))))
      CHECK(event.event != "error");
  }
}

TEST_CASE(
    "a stream resumed after what is no event of its run ends in an error, and shows nothing") {
  for (const auto& [id, before] : std::vector<std::pair<EventId, std::string>>{
           {{4, 0}, ""}, {{6, 6}, "6-5"}, {{9, 6}, "9-5"}, {{10, 1}, "9-5"}, {{999, 0}, "9-5"}}) {
    INFO(text_of(id));
    const auto events = events_of(shown(everything(), id));
    REQUIRE(events.size() == 1);
    CHECK(events[0].event == "error");
    const auto error = Json::parse(events[0].data);
    CHECK(error["code"] == "invalid_value");
    const auto told = before.empty() ? "" : "; the last one before it is " + before;
    CHECK(error["message"] == "Last-Event-ID: is no event of this run" + told);
  }
  CHECK(shown(everything(), {10, 0}).empty());
}

TEST_CASE("a message that was not streamed is shown whole") {
  auto records = turn_records();
  records.erase(records.begin() + 1, records.begin() + 4);
  const auto pieces = events_of(shown(modes({"messages-tuple"}), {}, records));
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[1].id == "9-1");
  const auto message = Json::parse(pieces[1].data)[0];
  CHECK(message["type"] == "ai");
  CHECK(message["content"] == "one two");
}

TEST_CASE("a failed turn ends in an error event with advice") {
  auto records = turn_records();
  TurnEnded failed;
  failed.outcome = TurnOutcome::failed;
  failed.error = ErrorCode::model_queue_full;
  failed.error_detail = "all places are taken";
  records.back() = record(10, failed);
  const auto events = events_of(shown(modes({"values"}), {}, records));
  CHECK(events.back().event == "error");
  CHECK(events.back().id == "10-0");
  const auto error = Json::parse(events.back().data);
  CHECK(error["error"] == "model_queue_full");
  CHECK(error["code"] == "model_queue_full");
  CHECK(error["message"] == "all places are taken");
  CHECK(error["retry_after_ms"] == 1'000);
}

TEST_CASE("a stream that ends before its turn says why, without an id") {
  const Agents agents = tests::test_agents();
  LanggraphEvents events(StreamModes::defaults(), {}, true, agents);
  events.start(turn_start());
  std::string out;
  events.close(Error{ErrorCode::draining, {}, {}, {}}, out);
  const auto closing = events_of(out);
  REQUIRE(closing.size() == 1);
  CHECK(closing[0].event == "error");
  CHECK(Json::parse(closing[0].data)["code"] == "draining");
  CHECK(out.find("id:") == std::string::npos);
}

TEST_CASE("chat completion chunks have one role, one finish reason, and usage when asked for") {
  const Agents agents = tests::test_agents();
  OpenaiEvents events({"chat", "chatcmpl-1", true, true}, agents);
  events.start(turn_start());
  auto records = turn_records();
  records.erase(records.begin() + 1, records.begin() + 3);
  std::string out;
  for (const auto& each : records)
    events.show(each, out);
  events.close(std::nullopt, out);
  const auto chunks = events_of(out);
  REQUIRE(chunks.size() == 5);
  const auto first = Json::parse(chunks[0].data);
  CHECK(first["object"] == "chat.completion.chunk");
  CHECK(first["id"] == "chatcmpl-1");
  CHECK(first["model"] == "chat");
  CHECK(first["choices"][0]["delta"] == Json{{"role", "assistant"}, {"content", "one"}});
  CHECK(first["choices"][0]["finish_reason"].is_null());
  CHECK(first["usage"].is_null());
  CHECK(chunks[0].id == "8-0");
  CHECK(Json::parse(chunks[1].data)["choices"][0]["delta"] == Json{{"content", " two"}});
  CHECK(chunks[1].id == "8-3");
  CHECK(Json::parse(chunks[2].data)["choices"][0]["finish_reason"] == "stop");
  const auto usage = Json::parse(chunks[3].data);
  CHECK(usage["choices"] == Json::array());
  CHECK(usage["usage"] ==
        Json{{"prompt_tokens", 7}, {"completion_tokens", 2}, {"total_tokens", 9}});
  CHECK(chunks[4].data == "[DONE]");
}

TEST_CASE("text that was given up ends a chat completion with an error") {
  const Agents agents = tests::test_agents();
  OpenaiEvents events({"chat", "chatcmpl-1", false, false}, agents);
  events.start(turn_start());
  std::string out;
  for (const auto& each : turn_records())
    events.show(each, out);
  events.close(std::nullopt, out);
  const auto chunks = events_of(out);
  REQUIRE(chunks.size() == 3);
  const auto error = Json::parse(chunks[2].data)["error"];
  CHECK(error["code"] == "answer_superseded");
  CHECK(error["type"] == "server_error");
}

namespace {

struct Streamed {
  explicit Streamed(TurnStream::Options options)
      : waker(std::make_shared<Waker>(io.get_executor())),
        stream(waker, on_clock(std::move(options))) {}

  TurnStream::Options on_clock(TurnStream::Options options) {
    options.now = [this] { return now; };
    return options;
  }

  void stall() { now += TurnStream::stall_time_max + std::chrono::milliseconds(1); }

  bool show(std::uint64_t seq, std::size_t bytes) {
    const std::vector<RecordPtr> batch{record(seq, Delta{1, "n", "m", {std::string(bytes, 'x')}})};
    return stream.records(batch);
  }

  TurnStream::Time now{};
  boost::asio::io_context io;
  std::shared_ptr<Waker> waker;
  TurnStream stream;
};

}  // namespace

TEST_CASE("a reader that falls behind is given what was taken, and no more") {
  int told = 0;
  TurnStream::Options options;
  options.buffer_bytes_max = 1'000;
  options.fell_behind = [&] { ++told; };
  Streamed streamed(std::move(options));
  streamed.stream.started(turn_start());
  CHECK(streamed.show(6, 800));
  CHECK(streamed.show(7, 800));
  streamed.stall();
  CHECK_FALSE(streamed.show(8, 1));
  CHECK_FALSE(streamed.show(9, 1));
  CHECK(told == 1);
  const auto taken = streamed.stream.take();
  CHECK(taken.records.size() == 2);
  CHECK(taken.fell_behind);
}

TEST_CASE("what is being written still counts, and what was written does not") {
  TurnStream::Options options;
  options.buffer_bytes_max = 1'000;
  Streamed streamed(std::move(options));
  CHECK(streamed.show(6, 1'200));
  CHECK(streamed.stream.take().records.size() == 1);
  streamed.stream.written();
  CHECK(streamed.show(7, 1'200));
  CHECK(streamed.stream.take().records.size() == 1);
  streamed.stall();
  CHECK_FALSE(streamed.show(8, 1));
}

TEST_CASE("a burst is larger than the buffer, for as long as the client takes something") {
  TurnStream::Options options;
  options.buffer_bytes_max = 1'000;
  Streamed streamed(std::move(options));
  streamed.stall();  // nothing was to be taken
  for (std::uint64_t seq = 6; seq < 12; ++seq)
    CHECK(streamed.show(seq, 1'000));
  CHECK(streamed.stream.take().records.size() == 6);
  streamed.stall();
  streamed.stream.written();
  for (std::uint64_t seq = 12; seq < 20; ++seq)
    CHECK(streamed.show(seq, 1'000));
  CHECK_FALSE(streamed.show(20, 1));  // 8 times the buffer
}

TEST_CASE("records that a resumed stream has shown before cost nothing") {
  TurnStream::Options options;
  options.buffer_bytes_max = 1'000;
  options.after = {8, 0};
  Streamed streamed(std::move(options));
  CHECK(streamed.show(6, 5'000));
  CHECK(streamed.show(7, 5'000));
  CHECK(streamed.show(8, 5'000));
  streamed.stall();
  CHECK_FALSE(streamed.show(9, 1));
}

TEST_CASE("who waits for the end is not given deltas, who has left nothing") {
  TurnStream::Options options;
  options.wants = TurnStream::Wants::end;
  Streamed streamed(std::move(options));
  CHECK(streamed.show(6, 10));
  const std::vector<RecordPtr> end{record(7, TurnEnded{})};
  CHECK(streamed.stream.records(end));
  CHECK(streamed.stream.take().records.size() == 1);
  streamed.stream.leave();
  CHECK_FALSE(streamed.show(8, 1));
  streamed.stream.closed(std::nullopt);
  CHECK(streamed.stream.take().closed);
}
