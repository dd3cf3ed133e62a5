#include "runtime/llm/extractive.hpp"

#include "runtime/llm/citations.hpp"
#include "runtime/llm/text.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace parlance {
namespace {

const std::vector<Passage> passages{
    {"README.md",
     "Parlance",
     "Parlance is a server on which conversation agents run. It needs no account and no "
     "network.\n\n"
     "```\nscripts/serve runs the example\n```\n",
     3},
    {"docs/threads.md",
     "Threads",
     "A thread that is idle leaves memory after `idle_time_max`. It is loaded again by its next "
     "turn.\n\n"
     "| setting | default |\n|---|---|\n| `idle_time_max` | 5m |\n",
     2},
    {"docs/errors.md",
     "mailbox_full",
     "Status 429, retry. As many turns as are allowed wait on this thread already. What to do: "
     "wait for one "
     "of them to end.",
     1},
};

// As if the passages had been found among 100 documents.
DocumentFrequencies frequencies_of(const std::string& question, const std::vector<Passage>& given) {
  DocumentFrequencies frequencies{100, {}};
  for (const auto& word : words_of(question)) {
    auto& holding = frequencies.holding[word];
    for (const auto& passage : given) {
      const auto terms = terms_of(passage.title + ' ' + passage.text);
      if (std::find(terms.begin(), terms.end(), stem(word)) != terms.end()) ++holding;
    }
  }
  return frequencies;
}

ChatRequest request(std::string question, std::vector<Passage> given = passages) {
  ChatRequest made;
  made.frequencies = frequencies_of(question, given);
  made.passages = std::move(given);
  made.messages = {
      std::make_shared<const Message>(
          Message{"1", Role::human, "An older question about France", nullptr, {}}),
      std::make_shared<const Message>(Message{"2", Role::ai, "An older answer", nullptr, {}}),
      std::make_shared<const Message>(Message{"3", Role::human, std::move(question), nullptr, {}})};
  return made;
}

TEST_CASE("the offline model quotes the sentence that answers, and cites its passage") {
  CHECK(answer_from_passages(request("What is Parlance?")).text ==
        "Parlance is a server on which conversation agents run. [1]");
  CHECK(answer_from_passages(request("When does an idle thread leave memory?")).text ==
        "A thread that is idle leaves memory after idle_time_max. [2]");
}

TEST_CASE("the heading of a passage counts for its sentences") {
  const auto text =
      answer_from_passages(request("What does mailbox_full mean for waiting turns?")).text;
  CHECK(text.find("[3]") != std::string::npos);
}

TEST_CASE("a heading that says the question speaks for the sentences under it") {
  const std::vector<Passage> given{
      {"a.md",
       "Operating > Passivation",
       "Idle conversations leave memory. More follows here now.",
       2},
      {"b.md", "Passivation of steel boilers", "Widgets are made of glass.", 1}};
  const auto text = answer_from_passages(request("What is passivation?", given)).text;
  CHECK_THAT(text, Catch::Matchers::StartsWith("Idle conversations leave memory. [1]"));
  CHECK(text.find("Widgets") == std::string::npos);
}

TEST_CASE("one word alone is answered only by what is about it") {
  const std::vector<Passage> given{
      {"a.md", "Widgets", "Widgets are sometimes written back to disk.", 1}};
  CHECK(answer_from_passages(request("back?", given)).text == extractive_decline);
  CHECK(answer_from_passages(request("widgets?", given)).text ==
        "Widgets are sometimes written back to disk. [1]");
}

TEST_CASE("a rare word tells more than many common ones") {
  auto asked = request("Is there a red door to the room with the saffron?",
                       {{"a.md", "Doors", "The door of each room is red.", 1},
                        {"b.md", "Spices", "Our saffron is from the hills.", 1}});
  asked.frequencies = {100, {{"red", 60}, {"door", 70}, {"room", 80}, {"saffron", 1}}};
  CHECK(answer_from_passages(asked).text == extractive_decline);
  asked.passages[1].title = "Saffron";
  CHECK(answer_from_passages(asked).text == "Our saffron is from the hills. [2]");
}

TEST_CASE("a word that no document has speaks against an answer") {
  const std::vector<Passage> given{
      {"a.md", "Boats", "Boats with a red sail leave the pier at noon.", 2}};
  CHECK(answer_from_passages(request("Which boats have a red sail?", given)).text ==
        "Boats with a red sail leave the pier at noon. [1]");
  CHECK(answer_from_passages(request("Which boats and zeppelins have Wagner on board?", given))
            .text == extractive_decline);
}

TEST_CASE("a second sentence is quoted only when it answers about as well and adds something") {
  const std::vector<Passage> given{
      {"a.md",
       "Lagoon Pool",
       "The pool opens at 8 am. Towels at the pool are free. The pool is deep and blue.",
       2},
      {"b.md", "Indoor Pool", "The pool opens at 6 am and is heated.", 2},
      {"c.md", "Beach", "The beach lies behind the pool of the staff.", 1}};
  CHECK(answer_from_passages(request("When does the pool open?", given)).text ==
        "The pool opens at 8 am. [1] The pool opens at 6 am and is heated. [2]");
}

TEST_CASE("what it quotes always stands in what it cites") {
  for (const auto* question : {"What is Parlance?",
                               "thread idle memory",
                               "next turn loaded",
                               "wait turns thread",
                               "network account",
                               "status 429 retry"}) {
    INFO(question);
    const auto answer = answer_from_passages(request(question));
    CHECK((answer.text == extractive_decline || is_quoted_from(answer.text, passages)));
  }
}

TEST_CASE("it declines what the passages do not answer") {
  for (const auto* question : {"What is the capital of France?",
                               "Who won the 1998 world cup?",
                               "",
                               "   ",
                               "the",
                               "How do I bake sourdough bread in a thread?",
                               "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"}) {
    INFO(question);
    CHECK(answer_from_passages(request(question)).text == extractive_decline);
  }
}

TEST_CASE("it says what it is when there is nothing to quote") {
  const auto answer = answer_from_passages(request("Hello?", {}));
  CHECK(answer.text == extractive_without_passages);
  CHECK(answer.model == "extractive");
  CHECK(answer.stop_reason == StopReason::stop);
}

TEST_CASE("code and tables are never quoted, nor what looks like a citation") {
  CHECK(answer_from_passages(request("scripts/serve example")).text == extractive_decline);
  const std::vector<Passage> tricky{
      {"a.md", "", "The gauge shows widgets as in [7] of the list.", 1}};
  CHECK(answer_from_passages(request("gauge widgets", tricky)).text == extractive_decline);
}

TEST_CASE("usage counts words, and an answer ends at the limit") {
  auto asked = request("What is Parlance?");
  const auto whole = answer_from_passages(asked);
  CHECK(whole.usage.tokens_in == 5 + 3 + 3);
  CHECK(whole.usage.tokens_out == count_words(whole.text));
  asked.tokens_out_max = 3;
  const auto cut = answer_from_passages(asked);
  CHECK(cut.text == "Parlance is a");
  CHECK(cut.stop_reason == StopReason::length);
  CHECK(cut.usage.tokens_out == 3);
}

TEST_CASE("what does not fit into the limit is left out by whole quotations") {
  auto asked = request("What happens to threads, turns and memory?");
  const auto whole = answer_from_passages(asked);
  const auto first = whole.text.find(']') + 1;
  REQUIRE(first < whole.text.size());
  asked.tokens_out_max = static_cast<std::uint32_t>(pieces_of(whole.text).size() - 1);
  const auto shorter = answer_from_passages(asked);
  CHECK(shorter.stop_reason == StopReason::length);
  CHECK(whole.text.starts_with(shorter.text));
  CHECK(shorter.text.size() >= first);
  CHECK(is_quoted_from(shorter.text, passages));
}

TEST_CASE("the same request has the same answer") {
  CHECK(answer_from_passages(request("thread turn")).text ==
        answer_from_passages(request("thread turn")).text);
}

TEST_CASE("a passage without an end does not take long") {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "Widgets are number " + std::to_string(i) + " of many. ";
  const auto answer = answer_from_passages(request("many widgets", {{"a.md", "Widgets", text, 1}}));
  CHECK(answer.text.starts_with("Widgets are number "));
}

TEST_CASE("pieces are words with the space before them, and add up to the text") {
  CHECK(pieces_of("One two. [1]") == std::vector<std::string>{"One", " two.", " [1]"});
  CHECK(pieces_of("").empty());
  for (const std::string text :
       {"  lead", "trail  ", "a\n\n- b\tc", " ", "gr\xC3\xBC\xC3\x9F dich"}) {
    const auto pieces = pieces_of(text);
    CHECK(std::accumulate(pieces.begin(), pieces.end(), std::string()) == text);
  }
}

}  // namespace
}  // namespace parlance
