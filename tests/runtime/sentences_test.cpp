#include "runtime/llm/sentences.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace parlance {
namespace {

using Sentences = std::vector<std::string>;

TEST_CASE("sentences end at their full stop, and wrapped lines belong together") {
  CHECK(sentences_of("One thing is here. Another\nstands there! Is it? Yes.") ==
        Sentences{"One thing is here.", "Another stands there!", "Is it?", "Yes."});
}

TEST_CASE("versions, addresses, abbreviations and code do not end a sentence") {
  const std::string text =
      "Version 3.11 of it, e.g. The Beast, is at https://example.org/a.b?c=d. Nobody at v1.2 vs. "
      "V2 minds.";
  CHECK(sentences_of(text) ==
        Sentences{"Version 3.11 of it, e.g. The Beast, is at https://example.org/a.b?c=d.",
                  "Nobody at v1.2 vs. V2 minds."});
  CHECK(sentences_of("Call `a. B()` twice. `b` is next. It ends.") ==
        Sentences{"Call a. B() twice.", "b is next.", "It ends."});
  CHECK(sentences_of("It was D. Knuth who said so. (Or so they say.) \"Quoted.\" End.") ==
        Sentences{"It was D. Knuth who said so.", "(Or so they say.)", "\"Quoted.\"", "End."});
}

TEST_CASE("headings, code blocks, tables, rules and comments hold no sentences") {
  const auto* text = R"(# A heading. Not a sentence.

Prose before.

```
int main() { return 0; }  // Not this.
```

    indented code too.

| a table | of. Things |
|---|---|

A heading
---------

***
<!-- a comment. -->
[ref]: https://example.org
~~~
more code.
~~~
Prose after.
)";
  CHECK(sentences_of(text) == Sentences{"Prose before.", "Prose after."});
}

TEST_CASE("each list item stands alone") {
  const auto* text = R"(Steps:

1. Write it.
   And more of it.
2. Test it
- a dash
  * a star that is
    wrapped

> quoted prose
> goes on.
)";
  CHECK(sentences_of(text) == Sentences{"Steps:",
                                        "Write it.",
                                        "And more of it.",
                                        "Test it",
                                        "a dash",
                                        "a star that is wrapped",
                                        "quoted prose goes on."});
}

TEST_CASE("markup is taken off, names with underscores stay whole") {
  CHECK(without_markup("**bold** and *thin* and _thin_ `code_name` snake_case 2 * 3") ==
        "bold and thin and thin code_name snake_case 2 * 3");
  CHECK(without_markup("see [the page](docs/a.md) ![logo](x.png)and [1] or a[0]") ==
        "see the page and [1] or a[0]");
  CHECK(without_markup("~~gone~~ [open (never") == "gone [open (never");
  CHECK(without_markup("[`a_b`](x)") == "a_b");
}

TEST_CASE("text that breaks off anywhere has sentences all the same") {
  const std::string text = "A `b` [c](d) **e** ![f](g). H i.e. j. K\n```\ncode\n```\n| t |\n- l\n";
  for (std::size_t end = 0; end <= text.size(); ++end) {
    for (const auto& sentence : sentences_of(text.substr(0, end)))
      CHECK_FALSE(sentence.empty());
  }
}

TEST_CASE("every sentence of the project's documents is found in them again") {
  std::size_t sentences = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PARLANCE_SOURCE_DIR "/docs")) {
    if (entry.path().extension() != ".md") continue;
    std::ifstream file(entry.path());
    std::ostringstream text;
    text << file.rdbuf();
    const auto whole = comparable(text.str());
    for (const auto& sentence : sentences_of(text.str())) {
      ++sentences;
      INFO(entry.path().string() << ": " << sentence);
      CHECK(whole.find(comparable(sentence)) != std::string::npos);
    }
  }
  CHECK(sentences > 100);
}

}  // namespace
}  // namespace parlance
