#include "storage/documents.hpp"

#include "tests/storage/journal_fixture.hpp"

#include <fstream>

using namespace parlance;
using namespace parlance::storage;
using parlance::storage::testing::TempFolder;

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a document is split by its headings, and titles are paths of headings") {
  const auto passages =
      split_markdown("a.md",
                     "Before.\n\n# Guide\nIntro\nline two.\n\n## Part one ##\n\nFirst.\n\nSecond.\n"
                     "### Deep\nDown.\n## Part two\nLast.\n# C#\nSharp.\n");
  CHECK(passages == std::vector<Passage>{{"a.md", "", "Before."},
                                         {"a.md", "Guide", "Intro\nline two."},
                                         {"a.md", "Guide > Part one", "First.\n\nSecond."},
                                         {"a.md", "Guide > Part one > Deep", "Down."},
                                         {"a.md", "Guide > Part two", "Last."},
                                         {"a.md", "C#", "Sharp."}});
}

TEST_CASE("paragraphs are packed up to the bound and longer ones split at white space") {
  const std::string paragraph(500, 'x');
  const auto packed = split_markdown("a.md", paragraph + "\n\n" + paragraph + "\n\n" + paragraph);
  REQUIRE(packed.size() == 2);
  CHECK(packed[0].text == paragraph + "\n\n" + paragraph);
  CHECK(packed[1].text == paragraph);

  std::string words;
  while (words.size() < 5'000)
    words += "word ";
  for (const auto& passage : split_markdown("a.md", words)) {
    CHECK(passage.text.size() <= passage_bytes_max);
    CHECK(passage.text.starts_with("word"));
    CHECK(passage.text.ends_with("word"));
  }
  std::string letters;
  while (letters.size() < 3'000)
    letters += "é";
  for (const auto& passage : split_markdown("a.md", letters))
    CHECK(is_utf8(passage.text));
}

TEST_CASE("code fences are kept whole, with what looks like headings in them") {
  std::string code = "```sh\n# not a heading\n\n";
  for (int i = 0; i < 100; ++i)
    code += "echo line of code " + std::to_string(i) + "\n";
  code += "```";
  const auto passages = split_markdown("a.md", "# Setup\nRun:\n\n" + code + "\nThen wait.\n");
  REQUIRE(passages.size() == 3);
  CHECK(passages[0].text == "Run:");
  CHECK(passages[1].text == code);
  CHECK(passages[2].text == "Then wait.");
  for (const auto& passage : passages)
    CHECK(passage.title == "Setup");
  CHECK(split_markdown("a.md", "~~~\nopen to the end\n").at(0).text == "~~~\nopen to the end");
}

TEST_CASE("pictures and comments are left out") {
  const auto passages = split_markdown("a.md",
                                       "![a picture](x.png)\n<!-- a\n\ncomment -->Text "
                                       "![inline](y.png) stays.\n[![b](c)](d)\n<!-- open");
  REQUIRE(passages.size() == 1);
  CHECK(passages[0].text == "Text ![inline](y.png) stays.");
}

TEST_CASE("files and folders are read, and sources are what an agent calls them") {
  const TempFolder folder;
  write(folder.path() / "README.md", "# Parlance\nHello.\r\nWindows.\r\n");
  write(folder.path() / "docs/b.md", "Bee.");
  write(folder.path() / "docs/a/c.md", "Sea.");
  write(folder.path() / "docs/notes.txt", "Not Markdown.");
  const std::vector<std::filesystem::path> paths{folder.path() / "agent/../README.md",
                                                 folder.path() / "docs/"};
  write(folder.path() / "agent/agent.json", "{}");
  const auto documents = read_documents(paths);
  REQUIRE(documents);
  CHECK(*documents == std::vector<Passage>{{"README.md", "Parlance", "Hello.\nWindows."},
                                           {"docs/a/c.md", "", "Sea."},
                                           {"docs/b.md", "", "Bee."}});
}

TEST_CASE("a document that cannot be read is an error with its path") {
  const TempFolder folder;
  write(folder.path() / "bad.md", "\xff\xfe");
  for (const auto* name : {"missing.md", "bad.md"}) {
    const std::vector<std::filesystem::path> paths{folder.path() / name};
    const auto documents = read_documents(paths);
    REQUIRE_FALSE(documents);
    CHECK(documents.error().code == ErrorCode::invalid_value);
    CHECK(documents.error().detail.find(name) != std::string::npos);
  }
}
