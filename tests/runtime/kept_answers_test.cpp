#include "runtime/llm/kept_answers.hpp"

#include "tests/support/fake_answer_store.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace parlance {
namespace {

constexpr std::int64_t kept_at = 1'800'000'000'000;
constexpr std::int64_t second = 1'000;
constexpr std::int64_t minute = 60 * second;

AnswerKey key_of(const std::string& identity, const std::string& tenant = "acme") {
  return {tenant, identity};
}

ChatAnswer answer_of(std::string text) {
  return {"model", std::move(text), {}, {11, 7}, StopReason::stop};
}

TEST_CASE("an answer is given again, for nothing and marked, until its time is over") {
  KeptAnswers answers(1'000'000);
  CHECK_FALSE(answers.find("a", kept_at));
  answers.keep(key_of("a"), answer_of("hello"), kept_at + minute, answers.forgets());
  const auto kept = answers.find("a", kept_at + 59 * second);
  REQUIRE(kept);
  CHECK(kept->text == "hello");
  CHECK(kept->model == "model");
  CHECK(kept->usage == Usage{});
  CHECK(kept->source == AnswerSource::kept_answer);
  CHECK_FALSE(answers.find("b", kept_at));
  CHECK_FALSE(answers.find("a", kept_at + minute));
  CHECK(answers.bytes() == 0);
}

TEST_CASE("the newest answer to the same stands") {
  KeptAnswers answers(1'000'000);
  answers.keep(key_of("a"), answer_of("old"), kept_at + minute, answers.forgets());
  const auto bytes = answers.bytes();
  answers.keep(key_of("a"), answer_of("new"), kept_at + 2 * minute, answers.forgets());
  CHECK(answers.bytes() == bytes);
  CHECK(answers.find("a", kept_at + 90 * second)->text == "new");
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
  answers.keep(key_of("a"), answer, kept_at + minute, answers.forgets());
  CHECK_FALSE(answers.find("a", kept_at));
}

TEST_CASE("the least recently used answers leave when there is no room") {
  KeptAnswers answers(4'000);
  for (const auto* identity : {"a", "b", "c"})
    answers.keep(
        key_of(identity), answer_of(std::string(600, 'x')), kept_at + minute, answers.forgets());
  CHECK(answers.find("a", kept_at));
  answers.keep(key_of("d"), answer_of(std::string(600, 'x')), kept_at + minute, answers.forgets());
  CHECK(answers.find("a", kept_at));
  CHECK_FALSE(answers.find("b", kept_at));
  CHECK(answers.bytes() <= 4'000);
  answers.keep(key_of("e"),
               answer_of(std::string(5'000, 'x')),
               kept_at + minute,
               answers.forgets());  // larger than all there is
  CHECK_FALSE(answers.find("e", kept_at));
  CHECK(answers.find("a", kept_at));
}

TEST_CASE("a store is told of what is kept and of what leaves") {
  tests::FakeAnswerStore store;
  KeptAnswers answers(2'500, &store);
  for (const auto* identity : {"a", "b"})
    answers.keep(
        key_of(identity), answer_of(std::string(600, 'x')), kept_at + minute, answers.forgets());
  CHECK(store.answers.size() == 2);
  CHECK(store.answers.at("a") ==
        KeptAnswer{key_of("a"), "model", std::string(600, 'x'), kept_at + minute});
  SECTION("for want of room") {
    answers.keep(
        key_of("c"), answer_of(std::string(600, 'x')), kept_at + minute, answers.forgets());
    CHECK_FALSE(store.answers.contains("a"));
    CHECK(store.answers.contains("c"));
  }
  SECTION("as its time is over") {
    CHECK_FALSE(answers.find("a", kept_at + minute));
    CHECK_FALSE(store.answers.contains("a"));
  }
  SECTION("for the newest answer to the same") {
    answers.keep(key_of("a"), answer_of("new"), kept_at + minute, answers.forgets());
    CHECK(store.answers.at("a").text == "new");
  }
  SECTION("and not of answers that may not be kept") {
    answers.keep(key_of("c"), answer_of({}), kept_at + minute, answers.forgets());
    answers.keep(
        key_of("d"), answer_of(std::string(5'000, 'x')), kept_at + minute, answers.forgets());
    CHECK(store.answers.size() == 2);
  }
}

TEST_CASE("what a store had is loaded, as much of it as there is room for") {
  tests::FakeAnswerStore store;
  for (const auto* identity : {"a", "b", "c"})
    store.keep({key_of(identity), "model", std::string(600, 'x'), kept_at + minute});
  store.keep({key_of("large"), "model", std::string(5'000, 'x'), kept_at + minute});
  store.keep({key_of("over"), "model", "hello", kept_at});
  KeptAnswers answers(2'500, &store);
  for (const auto& [identity, answer] : std::map(store.answers))
    answers.load(answer, kept_at);
  CHECK(answers.bytes() <= 2'500);
  CHECK(answers.size() == 2);
  CHECK(answers.find("c", kept_at)->text == std::string(600, 'x'));
  CHECK_FALSE(answers.find("over", kept_at));
  CHECK_FALSE(store.answers.contains("a"));
  CHECK_FALSE(store.answers.contains("large"));
}

TEST_CASE("a tenant's answers are forgotten, and those of others stay") {
  tests::FakeAnswerStore store;
  const bool is_stored = GENERATE(true, false);
  KeptAnswers answers(1'000'000, is_stored ? &store : nullptr);
  answers.keep(key_of("a"), answer_of("hello"), kept_at + minute, answers.forgets());
  answers.keep(key_of("b"), answer_of("hello"), kept_at + minute, answers.forgets());
  const auto bytes_before = answers.bytes();
  answers.keep(key_of("c", "other"), answer_of("hello"), kept_at + minute, answers.forgets());
  const auto forget = [&](const std::string& tenant) {
    std::optional<Result<std::uint64_t>> told;
    answers.forget(tenant, [&](const Result<std::uint64_t>& forgotten) { told = forgotten; });
    REQUIRE(told);
    return *told;
  };
  CHECK(*forget("acme") == 2);
  CHECK_FALSE(answers.find("a", kept_at));
  CHECK(answers.find("c", kept_at));
  CHECK(answers.bytes() < bytes_before);
  CHECK(store.answers.size() == (is_stored ? 1 : 0));
  CHECK(*forget("") == 1);
  CHECK(answers.bytes() == 0);
  store.failure = Error{ErrorCode::storage_failed, "a write has failed", {}, {}};
  CHECK(static_cast<bool>(forget("acme")) != is_stored);
}

TEST_CASE("an answer that was under way when others were forgotten is not kept") {
  KeptAnswers answers(1'000'000);
  const auto before = answers.forgets();
  answers.forget("other", [](const Result<std::uint64_t>&) {});
  answers.keep(key_of("a"), answer_of("wrong"), kept_at + minute, before);
  CHECK_FALSE(answers.find("a", kept_at));
  answers.keep(key_of("a"), answer_of("right"), kept_at + minute, answers.forgets());
  CHECK(answers.find("a", kept_at)->text == "right");
}

}  // namespace
}  // namespace parlance
