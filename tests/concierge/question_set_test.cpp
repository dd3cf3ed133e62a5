// The concierge on its question set, with the offline model: the real agent, the real index and the
// graph's own runner.
#include "actors/turn.hpp"
#include "runtime/graph/nodes/all.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"
#include "runtime/llm/citations.hpp"
#include "runtime/llm/extractive.hpp"
#include "storage/fts_index.hpp"
#include "tests/support/actor_test.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/test_agents.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>

namespace parlance {
namespace {

const std::filesystem::path root = PARLANCE_SOURCE_DIR;

struct Answered {
  std::string text;
  std::vector<Passage> passages;
  std::vector<std::string> cited;  // their titles
  std::string last_node;
};

class Concierge {
 public:
  Concierge() {
    auto agent = Agent::load("concierge", root / "agents/concierge", node_kinds());
    if (!agent) throw std::runtime_error(agent.error().detail);
    agent_ = *agent;
    auto documents = storage::read_documents(agent_->knowledge());
    if (!documents) throw std::runtime_error(documents.error().detail);
    items = documents->size();
    auto index = storage::FtsIndex::build(folder_.path() / "index.sqlite",
                                          {{"concierge", std::move(*documents)}});
    if (!index) throw std::runtime_error(index.error().detail);
    index_ = std::move(*index);
  }

  // The newest message is asked, after the others and their answers.
  Answered ask(const std::vector<std::string>& questions) {
    Messages thread;
    Answered answered;
    for (const auto& question : questions)
      answered = take_turn(thread, question);
    return answered;
  }

  std::size_t items = 0;

 private:
  Answered take_turn(Messages& thread, const std::string& question) {
    TurnAccepted accepted;
    accepted.turn = 1;
    accepted.run = RunId{random_uuid()};
    accepted.agent = "concierge";
    accepted.input = {tests::human(question)};
    actors::Turn turn(std::move(accepted), Deadline::at(clock_.now() + std::chrono::hours(1)), "r");
    actors::Checkpoint from;
    from.messages = std::make_shared<const Messages>(thread);
    turn.begin(agent_, from, clock_.now());
    merge_messages(thread, turn.accepted().input);
    Answered answered;
    auto effect = turn.step(clock_);
    while (!turn.ended()) {
      if (const auto* find = std::get_if<actors::FindEffect>(&effect)) {
        effect = turn.answer(search(*find), clock_);
      } else {
        const auto& ask = std::get<actors::AskEffect>(effect);
        answered.passages = ask.request->passages;
        effect = turn.answer(Generated{answer_from_passages(*ask.request), {}}, clock_);
      }
    }
    for (const auto& event : turn.take_unwritten()) {
      const auto* step = get_if<StepDone>(&event);
      if (step == nullptr) continue;
      answered.last_node = step->node;
      for (const auto& message : step->messages) {
        answered.text = message->text;
        thread.push_back(message);
      }
    }
    for (const auto number : split_at_citations(answered.text).numbers)
      answered.cited.push_back(answered.passages.at(number - 1).title);
    return answered;
  }

  Passages search(const actors::FindEffect& find) {
    std::promise<Result<Passages>> found;
    index_->search({"concierge", find.query, find.passages_max},
                   [&](Result<Passages> passages) { found.set_value(std::move(passages)); });
    auto passages = found.get_future().get();
    if (!passages) throw std::runtime_error(passages.error().detail);
    return *passages;
  }

  tests::TestClock clock_;
  tests::TempFolder folder_;
  std::shared_ptr<const Agent> agent_;
  std::unique_ptr<storage::FtsIndex> index_;
};

bool verbose() {
  return std::getenv("CONCIERGE_VERBOSE") != nullptr;
}

struct Rates {
  int cited = 0;     // of the answerable ones: the right item
  int declined = 0;  // of the others
};

bool is_one_of(const std::string& title, const std::vector<std::string>& titles) {
  return std::find(titles.begin(), titles.end(), title) != titles.end();
}

void show_miss(const std::string& question, const std::string& item, const Answered& answered) {
  const bool found = std::any_of(answered.passages.begin(),
                                 answered.passages.end(),
                                 [&](const auto& passage) { return passage.title == item; });
  std::cout << "MISS " << question << "\n   wanted " << item << (found ? "" : " (NOT FOUND)")
            << "\n   " << answered.text << '\n';
  for (const auto& title : answered.cited)
    std::cout << "     cited " << title << '\n';
}

bool cites_the_item(Concierge& concierge, const Json& asked, bool shows_misses) {
  std::vector<std::string> questions;
  if (asked.contains("follows")) questions.push_back(asked["follows"].get<std::string>());
  questions.push_back(asked["question"].get<std::string>());
  const auto answered = concierge.ask(questions);
  CAPTURE(questions.back(), answered.text);
  CHECK((answered.cited.empty() || is_quoted_from(answered.text, answered.passages)));
  auto wanted = asked.value("also", Json::array()).get<std::vector<std::string>>();
  wanted.push_back(asked["item"].get<std::string>());
  const bool hit = std::any_of(answered.cited.begin(),
                               answered.cited.end(),
                               [&](const auto& title) { return is_one_of(title, wanted); });
  if (!hit && shows_misses) show_miss(questions.back(), wanted.back(), answered);
  return hit;
}

// tests/concierge/NAME.json: questions with the item that answers, and questions that none does.
Rates ask_all(const std::string& name, bool shows_misses) {
  Concierge concierge;
  std::ifstream in(root / "tests/concierge" / (name + ".json"));
  const Json set = Json::parse(in);
  Rates rates;
  for (const auto& asked : set["answerable"])
    rates.cited += cites_the_item(concierge, asked, shows_misses) ? 1 : 0;
  for (const auto& question : set["unanswerable"]) {
    const auto answered = concierge.ask({question.get<std::string>()});
    rates.declined += answered.cited.empty() ? 1 : 0;
    if (shows_misses && !answered.cited.empty())
      std::cout << "ANSWERED " << question << "\n   " << answered.text << '\n';
  }
  std::cout << "concierge, " << name << ": " << rates.cited << " of " << set["answerable"].size()
            << " cite the right item; " << rates.declined << " of " << set["unanswerable"].size()
            << " unanswerable ones are declined\n";
  return rates;
}

TEST_CASE("the concierge knows its resort") {
  CHECK(Concierge().items >= 150);
}

TEST_CASE("the concierge cites the item that answers, and declines what nothing answers") {
  const auto rates = ask_all("questions", verbose());
  CHECK(rates.cited >= 85);
  CHECK(rates.declined >= 36);
}

TEST_CASE("the concierge understands wordy questions") {
  const auto rates = ask_all("wordy", verbose());
  CHECK(rates.cited >= 93);
  CHECK(rates.declined >= 35);
}

// Nobody looks at the questions of this set, nor at which of them fail: it stands for what guests
// will ask.
TEST_CASE("the concierge answers questions that nobody tuned it for") {
  const auto rates = ask_all("held_out", /*shows_misses=*/false);
  CHECK(rates.cited >= 38);
  CHECK(rates.declined >= 26);
}

// tests/concierge/guard.json: what alarms, what is refused, and what does neither.
TEST_CASE("the concierge alarms for people in danger, and refuses injections alone") {
  Concierge concierge;
  std::ifstream in(root / "tests/concierge/guard.json");
  const Json set = Json::parse(in);
  for (const std::string node : {"escalate", "refuse"}) {
    for (const auto& said : set[node]) {
      const auto message = said.get<std::string>();
      CAPTURE(message);
      CHECK(concierge.ask({message}).last_node == node);
    }
  }
  for (const auto& said : set["harmless"]) {
    const auto message = said.get<std::string>();
    const auto node = concierge.ask({message}).last_node;
    CAPTURE(message, node);
    CHECK((node != "escalate" && node != "refuse"));
  }
}

}  // namespace
}  // namespace parlance
