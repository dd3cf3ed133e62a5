#include "storage/fts_index.hpp"

#include "runtime/base/failpoint.hpp"
#include "storage/fts_query.hpp"
#include "tests/storage/journal_fixture.hpp"

#include <fstream>

using namespace parlance;
using namespace parlance::storage;
using parlance::storage::testing::JournalFixture;
using parlance::storage::testing::TempFolder;

namespace {

const Knowledge library{
    {"library",
     {{"docs/threads.md", "Threads", "A thread is an actor with a bounded mailbox."},
      {"docs/threads.md", "Threads > Passivation", "A thread that is idle leaves memory."},
      {"docs/errors.md",
       "Errors > mailbox_full",
       "The mailbox holds as many turns as turns_waiting_max allows."},
      {"docs/journal.md",
       "Journal",
       "Every retry of a write is fenced. Syncing is what makes it durable."}}},
    {"cook", {{"bread.md", "Bread", "Flour, water, salt and a thread of saffron."}}}};

Passages answer(FtsIndex& index, const std::string& text, const std::string& agent = "library") {
  auto passages = JournalFixture::ask<Result<Passages>>([&](auto done) {
    index.search({agent, text, 6}, done);
  });
  REQUIRE(passages);
  return *passages;
}

std::vector<Passage> search(FtsIndex& index,
                            const std::string& text,
                            const std::string& agent = "library") {
  return answer(index, text, agent).found;
}

std::unique_ptr<FtsIndex> build(const TempFolder& folder, const Knowledge& knowledge = library) {
  auto index = FtsIndex::build(folder.path() / "data" / "passages.sqlite", knowledge);
  REQUIRE(index);
  return std::move(*index);
}

}  // namespace

TEST_CASE("a question finds the passage that answers it, best first") {
  const TempFolder folder;
  const auto index = build(folder);
  const auto found = search(*index, "Is a thread an actor?");
  REQUIRE(found.size() >= 2);
  CHECK(found[0].title == "Threads");
  CHECK(found[0].source == "docs/threads.md");
  CHECK(found[0].score >= found[1].score);
  CHECK(found[0].score > 0);
  CHECK(search(*index, "How are writes retried?").at(0).source == "docs/journal.md");
  CHECK(search(*index, "turns_waiting_max").at(0).source == "docs/errors.md");
  CHECK(search(*index, "unicorns").empty());
}

TEST_CASE("a word in the title weighs more than one in the text") {
  const TempFolder folder;
  const auto index = build(folder,
                           {{"a",
                             {{"1.md", "Other", "passivation of things and more words"},
                              {"2.md", "Passivation", "things and some more words of text"}}}});
  CHECK(search(*index, "passivation", "a").at(0).source == "2.md");
}

TEST_CASE("an answer says how many of the agent's documents hold each term") {
  const TempFolder folder;
  const auto index = build(folder);
  const auto frequencies =
      answer(*index, "Threads with \"bounded mailbox\" or unicorns").frequencies;
  CHECK(frequencies.documents == 4);
  CHECK(frequencies.holding == std::map<std::string, std::size_t>{
                                   {"threads", 2}, {"bounded mailbox", 1}, {"unicorns", 0}});
  CHECK(answer(*index, "thread", "cook").frequencies.documents == 1);
}

TEST_CASE("an agent searches its own knowledge and nobody else's") {
  const TempFolder folder;
  const auto index = build(folder);
  const auto found = search(*index, "thread", "cook");
  REQUIRE(found.size() == 1);
  CHECK(found[0].source == "bread.md");
  CHECK(search(*index, "thread", "nobody").empty());
}

TEST_CASE("nothing that a user writes is a syntax error") {
  const TempFolder folder;
  const auto index = build(folder);
  for (const std::string text : {"what's a \"thread\"?",
                                 "thread AND",
                                 "NOT",
                                 "title:thread",
                                 "thread*",
                                 "(thread",
                                 "NEAR(a b)",
                                 "\"",
                                 "\"\"",
                                 "--",
                                 "'; DROP TABLE passages_0; --",
                                 "",
                                 "   ",
                                 "^thread",
                                 "{a b} : c",
                                 "???",
                                 "日本語 thread",
                                 "+ - * /",
                                 "thread\x01\x7f"}) {
    CAPTURE(text);
    CHECK(search(*index, text).size() <= 6);
  }
  CHECK_FALSE(search(*index, "what's a \"thread\"?").empty());
  CHECK_FALSE(search(*index, "(thread").empty());
  CHECK_FALSE(search(*index, std::string("thread\0mailbox", 14)).empty());
  std::string long_text(200'000, 'a');
  long_text.append(" thread");
  CHECK_FALSE(search(*index, long_text).empty());
}

TEST_CASE("a query quotes its terms and drops stop words unless there is nothing else") {
  CHECK(fts_query(fts_terms("What's the mailbox?")) == R"("what's" OR "mailbox")");
  CHECK(fts_query(fts_terms("how is it")) == R"("how" OR "is" OR "it" OR "how" OR "is" OR "it")");
  CHECK(fts_terms("?!").empty());
}

TEST_CASE("the file is built again only when the content has changed") {
  const TempFolder folder;
  CHECK(build(folder)->rebuilt());
  CHECK_FALSE(build(folder)->rebuilt());
  Knowledge changed = library;
  changed["library"].pop_back();
  const auto index = build(folder, changed);
  CHECK(index->rebuilt());
  CHECK(search(*index, "durable").empty());
  Knowledge without_cook = changed;
  without_cook.erase("cook");
  CHECK(build(folder, without_cook)->rebuilt());
}

TEST_CASE("a damaged file is made anew") {
  const TempFolder folder;
  build(folder);
  std::ofstream(folder.path() / "data" / "passages.sqlite", std::ios::binary)
      << std::string(8'192, 'x');
  const auto index = build(folder);
  CHECK(index->rebuilt());
  CHECK_FALSE(search(*index, "thread").empty());
}

TEST_CASE("an index that cannot be written is an error with its path") {
  const TempFolder folder;
  std::filesystem::create_directories(folder.path() / "data" / "passages.sqlite" / "x");
  const auto index = FtsIndex::build(folder.path() / "data" / "passages.sqlite", library);
  REQUIRE_FALSE(index);
  CHECK(index.error().detail.find("passages.sqlite") != std::string::npos);
}

TEST_CASE("searches beyond the bound are refused, and ending the index answers the others") {
  const TempFolder folder;
  auto built = FtsIndex::build(
      folder.path() / "i.sqlite", library, {.searches_at_once_max = 1, .searches_waiting_max = 1});
  REQUIRE(built);
  auto index = std::move(*built);
  std::promise<void> go;
  std::promise<void> entered;
  std::atomic<int> answered = 0;
  index->search({"library", "thread", 6}, [&](auto) {
    entered.set_value();
    go.get_future().wait();
    ++answered;
  });
  entered.get_future().wait();
  index->search({"library", "thread", 6}, [&](auto) { ++answered; });
  std::optional<ErrorCode> refused;
  index->search({"library", "thread", 6}, [&](auto result) { refused = result.error().code; });
  CHECK(refused == ErrorCode::retriever_failed);
  go.set_value();
  index.reset();
  CHECK(answered == 2);
}

TEST_CASE("an exception in a search ends that search typed and nothing else") {
  if (!failpoints_compiled_in()) return;
  const TempFolder folder;
  REQUIRE(arm_failpoints("retriever.search=throw"));
  const auto index = build(folder);
  const auto failed = JournalFixture::ask<Result<Passages>>([&](auto done) {
    index->search({"library", "thread", 6}, done);
  });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::retriever_failed);
  CHECK_FALSE(search(*index, "thread").empty());
}
