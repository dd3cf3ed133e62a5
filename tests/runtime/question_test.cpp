#include "runtime/llm/question.hpp"

#include "runtime/llm/text.hpp"
#include "tests/support/test_agents.hpp"

#include <catch2/catch.hpp>

namespace parlance {
namespace {

Question asked(const std::vector<std::string>& questions, const Synonyms* synonyms = nullptr) {
  Messages messages;
  for (const auto& text : questions)
    messages.push_back(tests::human(text));
  return question_of(messages, synonyms);
}

std::vector<std::string> terms(const Question& question) {
  std::vector<std::string> words;
  for (const auto& term : question.terms) {
    std::string joined = term.leaned ? "<" : "";
    for (const auto& word : term.words)
      joined += (joined.empty() || joined == "<" ? "" : " ") + word;
    words.push_back(joined);
  }
  return words;
}

using Words = std::vector<std::string>;

TEST_CASE("a question's terms are what it speaks of, and its cues say what it wants") {
  const auto price = asked({"How much is the massage?"});
  CHECK(terms(price) == Words{"massag"});
  CHECK(price.wanted == std::set{Wanted::money});
  const auto time = asked({"When does the library open?"});
  CHECK(terms(time) == Words{"library", "open"});
  CHECK(time.wanted == std::set{Wanted::time});
  CHECK(asked({"Where is it?"}).wanted == std::set{Wanted::place});
  CHECK(asked({}).terms.empty());
  CHECK(asked({"how is it?"}).terms.empty());
}

TEST_CASE("a question that leans on the turn before takes over its terms") {
  const auto leaning = asked({"Is there a magic trick?", "And how much is it?"});
  CHECK(terms(leaning) == Words{"<magic", "<trick"});
  CHECK(leaning.wanted == std::set{Wanted::money});

  const auto further = asked({"Is there a magic trick?", "How much is it?", "And for children?"});
  CHECK(terms(further) == Words{"children", "<magic", "<trick"});

  const auto anew = asked({"Is there a magic trick?", "Is there a pool?"});
  CHECK(terms(anew) == Words{"pool"});
}

TEST_CASE("synonyms stand beside the words of the question, and phrases are searched as phrases") {
  const auto synonyms = Synonyms::parse("pool, swim\nhot tub, jacuzzi # warm\n");
  REQUIRE(synonyms);
  const auto question = asked({"Can I swim in the jacuzzi?"}, &*synonyms);
  REQUIRE(question.terms.size() == 2);
  CHECK(question.terms[0].others.at(0).text == "pool");
  CHECK(search_text(question) == "swim jacuzzi pool \"hot tub\"");
  CHECK(terms(asked({"Is the hot tub open?"}, &*synonyms)) == Words{"hot tub", "open"});
}

TEST_CASE("a word that says nothing is nobody's synonym, whatever its stem") {
  const auto synonyms = Synonyms::parse("walker, cane\n");
  REQUIRE(synonyms);
  CHECK(terms(asked({"Can I swim?"}, &*synonyms)) == Words{"swim"});
  CHECK(terms(asked({"Do you lend a cane?"}, &*synonyms)) == Words{"lend", "can"});
}

TEST_CASE("a wordy question has the terms of the short one") {
  for (const auto* question :
       {"What time is breakfast?",
        "I was wondering what time we can have breakfast tomorrow?",
        "Hello, could you please tell me when my wife and I might have breakfast?"}) {
    CAPTURE(question);
    CHECK(terms(asked({question})) == Words{"breakfast"});
    CHECK(asked({question}).wanted == std::set{Wanted::time});
  }
}

TEST_CASE("a question without an end has so many terms and no more") {
  std::string text;
  for (int i = 0; i < 10'000; ++i)
    text += "widget" + std::to_string(i) + ' ';
  CHECK(asked({text}).terms.size() == terms_max);
}

TEST_CASE("a definition is searched as it would be written") {
  CHECK(asked({"What is a lane?"}).wanted == std::set{Wanted::definition});
  CHECK(search_text(asked({"What is a lane?"})) == "\"lane is\" lane");
  CHECK(search_text(asked({"What is the price of a lane?"})) == "price lane");
}

TEST_CASE("faults in synonyms are named by their line") {
  const auto detail = [](std::string_view text) { return Synonyms::parse(text).error().detail; };
  CHECK(detail("a, b\nc, a\n") == "line 2: \"a\" stands in an earlier group as well");
  CHECK(detail("one two three four five six, x\n") == "line 1: a member must have 1 to 5 words");
  CHECK(Synonyms::parse("\n# nothing\n , \n"));
}

TEST_CASE("what holds an answer of each kind") {
  const auto holds = [](std::string_view sentence, Wanted wanted) {
    return parlance::holds(words_of(sentence), wanted);
  };
  CHECK(holds("The massage costs 90 dollars.", Wanted::money));
  CHECK(holds("Parking is free.", Wanted::money));
  CHECK_FALSE(holds("Parking is near.", Wanted::money));
  CHECK(holds("Open from 9 am.", Wanted::time));
  CHECK_FALSE(holds("Open to all.", Wanted::time));
  CHECK_FALSE(holds("Cancelled up to 24 hours before.", Wanted::time));
  CHECK(holds("It takes 20 minutes.", Wanted::duration));
  CHECK(holds("Two miles from here.", Wanted::distance));
  CHECK(holds("Guests over 21.", Wanted::age));
  CHECK_FALSE(holds("Guests of all kinds.", Wanted::age));
  CHECK(holds("A lane is a queue.", Wanted::definition));
  CHECK_FALSE(holds("Each call waits until a lane is free.", Wanted::definition));
}

}  // namespace
}  // namespace parlance
