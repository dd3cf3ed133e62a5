#include "actors/loaded_turns.hpp"

#include <utility>

namespace parlance::actors {

LoadedTurns sort_by_turn(const std::vector<RecordPtr>& records) {
  std::map<std::uint64_t, LoadedTurns::Records> turns;
  for (const auto& record : records)
    turns[turn_of(record->event)].push_back(record);
  LoadedTurns sorted;
  for (auto& [number, of_turn] : turns) {
    const Record& last = *of_turn.back();
    if (holds_alternative<TurnEnded>(last.event)) {
      sorted.ended.emplace(last.seq, std::move(of_turn));
    } else if (holds_alternative<TurnAccepted>(of_turn.front()->event)) {
      sorted.unfinished.emplace(number, std::move(of_turn));
    }
  }
  return sorted;
}

}  // namespace parlance::actors
