#include "runtime/llm/kept_answers.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parlance {
namespace {

using namespace std::chrono_literals;

constexpr KeptAnswers::Time kept_at{1h};

ChatAnswer answer_of(std::string text) {
  return {"model", std::move(text), {}, {11, 7}, StopReason::stop};
}

TEST_CASE("an answer is given again, for nothing and marked, until its time is over") {
  KeptAnswers answers(1'000'000);
  CHECK_FALSE(answers.find("a", kept_at));
  answers.keep("a", answer_of("hello"), kept_at + 1min);
  const auto kept = answers.find("a", kept_at + 59s);
  REQUIRE(kept);
  CHECK(kept->text == "hello");
  CHECK(kept->model == "model");
  CHECK(kept->usage == Usage{});
  CHECK(kept->source == AnswerSource::kept_answer);
  CHECK_FALSE(answers.find("b", kept_at));
  CHECK_FALSE(answers.find("a", kept_at + 1min));
  CHECK(answers.bytes() == 0);
}

TEST_CASE("the newest answer to the same stands") {
  KeptAnswers answers(1'000'000);
  answers.keep("a", answer_of("old"), kept_at + 1min);
  const auto bytes = answers.bytes();
  answers.keep("a", answer_of("new"), kept_at + 2min);
  CHECK(answers.bytes() == bytes);
  CHECK(answers.find("a", kept_at + 90s)->text == "new");
}

TEST_CASE("only whole answers are kept") {
  KeptAnswers answers(1'000'000);
  auto answer = answer_of("hello");
  SECTION("not one that was cut") {
    answer.stop_reason = StopReason::length;
  }
  SECTION("not one that was filtered") {
    answer.stop_reason = StopReason::content_filter;
  }
  SECTION("not a refusal") {
    answer.refusal = "no";
  }
  SECTION("not a call to a tool") {
    answer.tool_calls = {{"c1", "look", "{}"}};
  }
  SECTION("not one that says nothing") {
    answer.text.clear();
  }
  answers.keep("a", answer, kept_at + 1min);
  CHECK_FALSE(answers.find("a", kept_at));
}

TEST_CASE("the least recently used answers leave when there is no room") {
  KeptAnswers answers(4'000);
  for (const auto* identity : {"a", "b", "c"})
    answers.keep(identity, answer_of(std::string(600, 'x')), kept_at + 1min);
  CHECK(answers.find("a", kept_at));
  answers.keep("d", answer_of(std::string(600, 'x')), kept_at + 1min);
  CHECK(answers.find("a", kept_at));
  CHECK_FALSE(answers.find("b", kept_at));
  CHECK(answers.bytes() <= 4'000);
  answers.keep(
      "e", answer_of(std::string(5'000, 'x')), kept_at + 1min);  // larger than all there is
  CHECK_FALSE(answers.find("e", kept_at));
  CHECK(answers.find("a", kept_at));
}

}  // namespace
}  // namespace parlance
