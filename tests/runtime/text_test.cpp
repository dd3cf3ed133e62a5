#include "runtime/llm/text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace parlance {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("names in code fall into their parts") {
  CHECK(words_of("`turns_waiting_max` of ThreadActor") ==
        Words{"turns", "waiting", "max", "of", "thread", "actor"});
  CHECK(words_of("HTTPServer") == Words{"http", "server"});
  CHECK(words_of("docs/errors.md v1.81") == Words{"docs", "errors", "md", "v1", "81"});
}

TEST_CASE("an apostrophe ends a word, and letters outside ASCII belong to theirs") {
  CHECK(words_of("what's the server's name?") == Words{"what", "the", "server", "name"});
  CHECK(words_of("gr\xC3\xBC\xC3\x9F dich") == Words{"gr\xC3\xBC\xC3\x9F", "dich"});
  CHECK(words_of("a\xE2\x80\x94"
                 "b \xE2\x86\x92 c\xC2\xA0"
                 "d") == Words{"a", "b", "c", "d"});
  CHECK(words_of("").empty());
  CHECK(words_of(" .,;' ").empty());
}

TEST_CASE("the forms of a word have one stem") {
  const std::vector<Words> families{
      {"retry", "retries", "retried", "retrying"},
      {"resume", "resumes", "resumed", "resuming"},
      {"cancel", "cancels", "cancelled", "cancelling", "cancellation"},
      {"configure", "configures", "configured", "configuration"},
      {"validate", "validates", "validated", "validation"},
      {"stop", "stops", "stopped", "stopping"},
      {"install", "installs", "installed", "installation"},
      {"class", "classes"},
      {"limit", "limits", "limited"}};
  for (const auto& family : families) {
    for (const auto& word : family)
      CHECK(stem(word) == stem(family.front()));
  }
}

TEST_CASE("words that only look alike keep apart") {
  CHECK(stem("valid") != stem("validate"));
  CHECK(stem("string") == "string");
  CHECK(stem("bus") == "bus");
  CHECK(stem("is") == "is");
  CHECK(stem("2026") == "2026");
}

TEST_CASE("terms leave out the words that say nothing, and repetition") {
  CHECK(terms_of("How do I resume a stream, and what is a stream?") ==
        Words{stem("resume"), stem("stream")});
  CHECK(terms_of("What is it?").empty());
  CHECK(terms_of("x 3") == Words{"3"});
}

TEST_CASE("words are counted between white space") {
  CHECK(count_words("") == 0);
  CHECK(count_words("  one\ttwo\nthree ") == 3);
  CHECK(collapse_space("  a \n\t b  ") == "a b");
}

}  // namespace
}  // namespace parlance
