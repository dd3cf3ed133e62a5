#include "runtime/llm/chat.hpp"

#include "runtime/journal/event.hpp"

#include <catch2/catch.hpp>

#include <memory>

namespace parlance {
namespace {

MessagePtr message(std::string id, std::string text) {
  return std::make_shared<const Message>(
      Message{std::move(id), Role::human, std::move(text), nullptr, std::nullopt});
}

TEST_CASE("a message with a known id takes the place of the one it names") {
  Messages messages{message("a", "one"), message("b", "two")};
  merge_messages(messages, {message("a", "other"), message("c", "three")});
  REQUIRE(messages.size() == 3);
  CHECK(messages[0]->text == "other");
  CHECK(messages[1]->text == "two");
  CHECK(messages[2]->text == "three");
}

TEST_CASE("of two added messages with one id the later one stays") {
  Messages messages;
  merge_messages(messages, {message("a", "one"), message("a", "two")});
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]->text == "two");
}

TEST_CASE("a message is counted with all of its text") {
  const auto small = bytes_of(*message("a", ""));
  CHECK(bytes_of(*message("a", std::string(1'000, 'x'))) == small + 1'000);
  Message with_extra = *message("a", "");
  with_extra.extra = {{"name", "Ada"}};
  CHECK(bytes_of(with_extra) > small);
}

TEST_CASE("every event knows its turn") {
  std::uint64_t turn = 0;
  const auto numbered = [&](auto event) {
    event.turn = ++turn;
    return Event(std::move(event));
  };
  CHECK(turn_of(numbered(TurnAccepted{})) == 1);
  CHECK(turn_of(numbered(StepDone{})) == 2);
  CHECK(turn_of(numbered(Delta{})) == 3);
  CHECK(turn_of(numbered(Superseded{})) == 4);
  CHECK(turn_of(numbered(TurnEnded{})) == 5);
}

}  // namespace
}  // namespace parlance
