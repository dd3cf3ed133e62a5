#include "actors/loaded_turns.hpp"

#include <catch2/catch.hpp>

namespace parlance::actors {
namespace {

TurnAccepted accepted(std::uint64_t turn) {
  TurnAccepted event;
  event.turn = turn;
  return event;
}

StepDone step_of(std::uint64_t turn) {
  StepDone event;
  event.turn = turn;
  return event;
}

TurnEnded end_of(std::uint64_t turn) {
  TurnEnded event;
  event.turn = turn;
  return event;
}

// Numbered from 1.
std::vector<RecordPtr> journal_of(const std::vector<Event>& events) {
  std::vector<RecordPtr> records;
  for (const auto& event : events)
    records.push_back(std::make_shared<const Record>(Record{records.size() + 1, event}));
  return records;
}

std::vector<std::uint64_t> seqs(const LoadedTurns::Records& records) {
  std::vector<std::uint64_t> list;
  for (const auto& record : records)
    list.push_back(record->seq);
  return list;
}

using Seqs = std::vector<std::uint64_t>;

TEST_CASE("the records of turns that interleave are told apart") {
  const auto turns =
      sort_by_turn(journal_of({accepted(1), accepted(2), step_of(1), accepted(3), step_of(2)}));
  CHECK(turns.ended.empty());
  REQUIRE(turns.unfinished.size() == 3);
  CHECK(seqs(turns.unfinished.at(1)) == Seqs{1, 3});
  CHECK(seqs(turns.unfinished.at(2)) == Seqs{2, 5});
  CHECK(seqs(turns.unfinished.at(3)) == Seqs{4});
}

TEST_CASE("turns that have ended stand in the order of their ends") {
  const auto turns = sort_by_turn(journal_of({accepted(1), accepted(2), end_of(2), end_of(1)}));
  CHECK(turns.unfinished.empty());
  REQUIRE(turns.ended.size() == 2);
  CHECK(seqs(turns.ended.at(3)) == Seqs{2, 3});
  CHECK(seqs(turns.ended.at(4)) == Seqs{1, 4});
  CHECK(turns.ended.begin()->first == 3);
}

TEST_CASE("a turn that was rolled back is none") {
  const auto turns = sort_by_turn(journal_of({accepted(1), end_of(1), RolledBack{2}}));
  CHECK(turns.unfinished.empty());
  CHECK(turns.ended.size() == 1);
}

}  // namespace
}  // namespace parlance::actors
