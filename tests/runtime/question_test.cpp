#include "runtime/llm/question.hpp"

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
  CHECK(terms(time) == Words{"library"});
  CHECK(time.wanted == std::set{Wanted::time});
  CHECK(asked({"Where is it?"}).wanted == std::set{Wanted::place});
  CHECK(asked({}).terms.empty());
  CHECK(asked({"how is it?"}).terms.empty());
}

TEST_CASE("a question that leans on the turn before takes over its terms") {
  const auto leaning = asked({"Is there a magic trick?", "And how much is it?"});
  CHECK(terms(leaning) == Words{"<magic", "<trick"});
  CHECK(leaning.context == "Is there a magic trick?");
  CHECK(leaning.wanted == std::set{Wanted::money});

  const auto further = asked({"Is there a magic trick?", "How much is it?", "And for children?"});
  CHECK(terms(further) == Words{"children", "<magic", "<trick"});

  const auto anew = asked({"Is there a magic trick?", "Is there a pool?"});
  CHECK(terms(anew) == Words{"pool"});
  CHECK(anew.context.empty());
}

TEST_CASE("synonyms stand beside the words of the question, and phrases are searched as phrases") {
  const auto synonyms = Synonyms::parse("pool, swim\nhot tub, jacuzzi # warm\n");
  REQUIRE(synonyms);
  const auto question = asked({"Can I swim in the jacuzzi?"}, &*synonyms);
  REQUIRE(question.terms.size() == 2);
  CHECK(question.terms[0].others.at(0).text == "pool");
  CHECK(search_text(question) == "swim pool jacuzzi \"hot tub\"");
  CHECK(terms(asked({"Is the hot tub open?"}, &*synonyms)) == Words{"hot tub"});
}

TEST_CASE("a definition is searched as it would be written") {
  CHECK(search_text(asked({"What is a lane?"})) == "\"lane is\" lane");
  CHECK(search_text(asked({"What is the price of a lane?"})) == "lane");
}

TEST_CASE("faults in synonyms are named by their line") {
  const auto detail = [](std::string_view text) { return Synonyms::parse(text).error().detail; };
  CHECK(detail("a, b\nc, a\n") == "line 2: \"a\" stands in an earlier group as well");
  CHECK(detail("one two three four five six, x\n") == "line 1: a member must have 1 to 5 words");
  CHECK(Synonyms::parse("\n# nothing\n , \n"));
}

TEST_CASE("what holds an answer of each kind") {
  CHECK(holds("The massage costs 90 dollars.", Wanted::money));
  CHECK(holds("Parking is free.", Wanted::money));
  CHECK_FALSE(holds("Parking is near.", Wanted::money));
  CHECK(holds("Open from 9 am.", Wanted::time));
  CHECK_FALSE(holds("Open to all.", Wanted::time));
  CHECK(holds("It takes 20 minutes.", Wanted::duration));
  CHECK(holds("Two miles from here.", Wanted::distance));
  CHECK(holds("Guests over 21.", Wanted::age));
  CHECK_FALSE(holds("Guests of all kinds.", Wanted::age));
}

}  // namespace
}  // namespace parlance
