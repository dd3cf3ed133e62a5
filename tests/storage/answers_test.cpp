#include "runtime/llm/kept_answers.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"
#include "tests/storage/journal_fixture.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace parlance::storage::testing {
namespace {

// The index over the real store.
struct AnswersFixture : JournalFixture {
  AnswersFixture() { options.keeps_answers = true; }

  void start_with(std::uint64_t bytes_max = 1'000'000) {
    start();
    index = std::make_unique<KeptAnswers>(bytes_max, journal.get());
    REQUIRE(
        journal->answers([&](KeptAnswer answer) { index->load(std::move(answer), clock.now_ms); }));
  }

  void restart_with(std::uint64_t bytes_max = 1'000'000) {
    journal.reset();
    start_with(bytes_max);
  }

  void keep(const std::string& identity,
            const std::string& text = "hello",
            const std::string& tenant = "acme") {
    index->keep(
        {tenant, identity}, {"model", text, {}, {}}, clock.now_ms + 60'000, index->forgets());
    REQUIRE(ask<AppendOutcome>([&](auto done) { journal->charge({}, done); }) ==
            AppendOutcome::committed);  // so that all before it is written
  }

  bool finds(const std::string& identity) {
    return index->find(identity, clock.now_ms).has_value();
  }

  Result<std::uint64_t> forget(const std::string& tenant) {
    return ask<Result<std::uint64_t>>([&](auto done) { index->forget(tenant, done); });
  }

  // The identities of what the store has, after all that it was told.
  std::vector<std::string> stored() {
    journal.reset();
    start();
    std::vector<std::string> found;
    REQUIRE(
        journal->answers([&](const KeptAnswer& answer) { found.push_back(answer.key.identity); }));
    return found;
  }

  bool is_on_disk(const std::string& text) const {
    for (const auto& entry : std::filesystem::directory_iterator(options.path)) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream bytes;
      bytes << file.rdbuf();
      if (bytes.str().find(text) != std::string::npos) return true;
    }
    return false;
  }

  std::unique_ptr<KeptAnswers> index;
};

using Identities = std::vector<std::string>;

TEST_CASE("a kept answer comes back as it was, and its key leads to its tenant") {
  const KeptAnswer answer{{"acme", "a"}, "model", "hello\n", 1'800'000'000'000};
  auto decoded = decode_answer(encode(answer));
  REQUIRE(decoded);
  decoded->key = *answer_of(answer_key(answer.key));
  CHECK((*decoded == answer));
  CHECK_FALSE(answer_of("acme"));
  CHECK_FALSE(decode_answer("damaged"));
}

TEST_CASE_METHOD(AnswersFixture, "an answer that is kept is found again after a restart") {
  start_with();
  keep("a", "hello");
  restart_with();
  const auto found = index->find("a", clock.now_ms);
  REQUIRE(found);
  CHECK(found->text == "hello");
  CHECK(found->model == "model");
  CHECK(found->source == AnswerSource::kept_answer);
  CHECK_FALSE(finds("b"));
}

TEST_CASE_METHOD(AnswersFixture, "an answer whose time is over is not found after a restart") {
  start_with();
  keep("a");
  clock.now_ms += 60'000;
  restart_with();
  CHECK_FALSE(finds("a"));
  CHECK(index->size() == 0);
}

TEST_CASE_METHOD(AnswersFixture, "as many answers are loaded as there is memory for") {
  start_with();
  for (const char* const identity : {"a", "b", "c", "d"})
    keep(identity, std::string(600, 'x'));
  restart_with(2'500);
  CHECK(index->bytes() <= 2'500);
  CHECK(index->size() == 2);
  CHECK(stored().size() == 2);
}

TEST_CASE_METHOD(AnswersFixture, "what leaves the memory leaves the disk") {
  start_with(2'500);
  for (const char* const identity : {"a", "b", "c"})
    keep(identity, std::string(600, 'x'));
  CHECK(stored() == Identities{"b", "c"});
}

TEST_CASE_METHOD(AnswersFixture, "an answer that cannot be read is left out, and counted") {
  start_with();
  keep("a");
  keep("b");
  journal.reset();
  OpenThreads nobody;
  {
    const auto store =
        JournalStore::open_store(options, std::make_shared<ExpiryJudge>(nobody, clock, options));
    REQUIRE(store);
    const auto key = answer_key({"acme", "a"});
    REQUIRE((*store)->db().Put({}, (*store)->answers(), key, "damaged").ok());
  }
  start_with();
  CHECK_FALSE(finds("a"));
  CHECK(finds("b"));
  CHECK(registry.text().find("parlance_journal_damaged_total 1") != std::string::npos);
}

TEST_CASE_METHOD(AnswersFixture, "damaged blocks of answers are dropped, and sweeps go on") {
  start_with();
  std::mt19937 random(1);
  std::string text;
  while (text.size() < 20'000)
    text += static_cast<char>('!' + random() % 90);  // no compression changes it
  keep("a", text);
  REQUIRE(journal->sweep());  // into a file of its own
  index.reset();
  journal.reset();
  std::size_t damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.path)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    const auto at = bytes.str().find(text.substr(10'000, 8));
    if (at == std::string::npos) continue;
    file.seekp(static_cast<std::streamoff>(at));
    file << "damaged!";
    ++damaged;
  }
  REQUIRE(damaged == 1);
  start_with();
  CHECK(index->size() == 0);
  keep("b");
  REQUIRE(journal->sweep());
  CHECK(stored() == Identities{"b"});
}

TEST_CASE_METHOD(AnswersFixture, "answers do not come back from before they were unwanted") {
  start_with();
  keep("a");
  options.keeps_answers = false;
  restart_with();
  options.keeps_answers = true;
  restart_with();
  CHECK_FALSE(finds("a"));
}

TEST_CASE_METHOD(AnswersFixture, "a tenant's answers are forgotten for good, others stay") {
  start_with();
  keep("a");
  keep("b");
  keep("c", "hello", "acme2");
  CHECK(*forget("acme") == 2);
  CHECK_FALSE(finds("a"));
  CHECK(finds("c"));
  keep("d");
  CHECK(stored() == Identities{"d", "c"});
}

TEST_CASE_METHOD(AnswersFixture, "all answers are forgotten for good") {
  start_with();
  keep("a");
  keep("b", "hello", "other");
  CHECK(*forget("") == 2);
  CHECK(stored().empty());
}

TEST_CASE_METHOD(AnswersFixture, "answers leave the disk by a sweep when their time is over") {
  start_with();
  keep("a", "what was once said");
  REQUIRE(journal->sweep());
  clock.now_ms += 60'000;
  keep("b", "hello", "other");
  keep("c");
  REQUIRE(journal->sweep());
  CHECK(stored() == Identities{"c", "b"});
  CHECK_FALSE(is_on_disk("what was once said"));
}

TEST_CASE_METHOD(AnswersFixture, "answers that are forgotten leave the disk by a sweep") {
  start_with();
  REQUIRE(journal->sweep());
  keep("a", "what was once said");
  keep("b", "what others hear", "other");
  CHECK(forget("acme"));
  CHECK(is_on_disk("what was once said"));
  REQUIRE(journal->sweep());
  journal.reset();
  CHECK_FALSE(is_on_disk("what was once said"));
  CHECK(is_on_disk("what others hear"));
}

TEST_CASE_METHOD(AnswersFixture, "answers that nobody wants on disk any more leave it by a sweep") {
  start_with();
  keep("a");
  journal.reset();
  options.keeps_answers = false;
  start_with();
  CHECK_FALSE(finds("a"));
  keep("b");
  CHECK(finds("b"));
  REQUIRE(journal->sweep());
  options.keeps_answers = true;
  CHECK(stored().empty());
}

}  // namespace
}  // namespace parlance::storage::testing
