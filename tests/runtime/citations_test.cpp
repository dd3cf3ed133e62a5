#include "runtime/llm/citations.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace parlance {
namespace {

const std::vector<Passage> cited_passages{
    {"a.md",
     "A",
     "A turn is **durable** before\nit is shown. A second `thing` holds, e.g. on disk.",
     0},
    {"b.md", "B", "- Threads leave [memory](docs/memory.md) when idle.", 0}};

TEST_CASE("citations are numbers in brackets, alone or with commas") {
  const auto cited = split_at_citations("One [1]. Two [2, 3] and a[x] [] [4 five] [6");
  CHECK(cited.numbers == std::vector<std::size_t>{1, 2, 3});
  CHECK(cited.parts == std::vector<std::string>{"One ", ". Two ", " and a[x] [] [4 five] [6"});
  CHECK(has_citation("x [12]"));
  CHECK_FALSE(has_citation("x [] [a] [,] 1]"));
  CHECK(split_at_citations("[99999999999999999999999]").numbers.front() == 1'000'000);
}

TEST_CASE("a text that was cut is whole up to its last citation") {
  CHECK(up_to_last_citation("One. [1] Two [2, 3]. Thr") == "One. [1] Two [2, 3]");
  CHECK(up_to_last_citation("One. [1] Two. [2") == "One. [1]");
  CHECK(up_to_last_citation("One [x]. Two").empty());
  CHECK(up_to_last_citation("").empty());
}

TEST_CASE("an answer that quotes what it cites is accepted") {
  CHECK(is_quoted_from("A turn is durable before it is shown. [1]", cited_passages));
  CHECK(
      is_quoted_from("A second thing holds, e.g. on disk. [1] Threads leave memory when idle. [2]",
                     cited_passages));
  CHECK(
      is_quoted_from("A turn is durable before it is shown. Threads leave memory when idle. [1, 2]",
                     cited_passages));
  CHECK(is_quoted_from("A turn is durable before it is shown [1].", cited_passages));
}

TEST_CASE("an answer that says what its cited_passages do not is not accepted") {
  CHECK_FALSE(is_quoted_from("A turn is durable after it is shown. [1]", cited_passages));
  CHECK_FALSE(
      is_quoted_from("A turn is durable before it is shown. And fast. [1]", cited_passages));
  CHECK_FALSE(is_quoted_from("A turn is durable before it is shown. [1]\n```\nrm -rf\n```",
                             cited_passages));
  CHECK_FALSE(
      is_quoted_from("A turn is durable before it is shown. [1]\n| made | up |", cited_passages));
  CHECK_FALSE(is_quoted_from("Threads leave memory when idle. [1]", cited_passages));
}

TEST_CASE("an answer that cites nothing, or what does not exist, is not accepted") {
  CHECK_FALSE(is_quoted_from("A turn is durable before it is shown.", cited_passages));
  CHECK_FALSE(is_quoted_from("A turn is durable before it is shown. [3]", cited_passages));
  CHECK_FALSE(is_quoted_from("A turn is durable before it is shown. [0]", cited_passages));
  CHECK_FALSE(is_quoted_from("A turn is durable before it is shown. [1] [7]", cited_passages));
  CHECK_FALSE(is_quoted_from("", cited_passages));
  CHECK_FALSE(is_quoted_from("x [1]", {}));
}

}  // namespace
}  // namespace parlance
