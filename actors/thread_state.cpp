#include "actors/thread_state.hpp"

#include <algorithm>
#include <utility>

namespace parlance::actors {

Messages messages_after(const Messages& messages, const std::vector<RecordPtr>& records) {
  Messages after = messages;
  for (const auto& record : records) {
    if (const auto* accepted = std::get_if<TurnAccepted>(&record->event)) {
      merge_messages(after, accepted->input);
    } else if (const auto* step = std::get_if<StepDone>(&record->event)) {
      merge_messages(after, step->messages);
    }
  }
  return after;
}

std::optional<RunView> ended_run(const std::vector<RecordPtr>& records) {
  RunView run;
  for (const auto& record : records) {
    if (const auto* accepted = std::get_if<TurnAccepted>(&record->event)) {
      run.accepted = {record, accepted};
      run.accepted_seq = record->seq;
    } else if (const auto* ended = std::get_if<TurnEnded>(&record->event)) {
      run.ended = {record, ended};
      run.ended_seq = record->seq;
    }
  }
  if (!run.accepted || !run.ended) return std::nullopt;
  run.run = run.accepted->run;
  run.turn = run.accepted->turn;
  run.agent = run.accepted->agent;
  run.status = status_of(*run.ended);
  run.begun = run.ended->begun;
  run.created_ms = run.accepted->accepted_ms;
  run.updated_ms = run.ended->ended_ms;
  return run;
}

void ThreadState::add_ended_turn(const std::vector<RecordPtr>& records) {
  auto found = ended_run(records);
  if (!found) return;
  RunView& run = *found;
  run.messages_before = at.messages->size();
  if (run.begun) {
    auto after = std::make_shared<const Messages>(messages_after(*at.messages, records));
    for (std::size_t i = 0; i < at.messages->size(); ++i) {
      if ((*at.messages)[i] != (*after)[i]) replaced.push_back({run.turn, i, (*at.messages)[i]});
    }
    at.messages = std::move(after);
    at.fields = {run.ended, &run.ended->fields};
    at.agent = run.agent;
    at.next = run.ended->next;
    at.interrupt = run.ended->interrupt;
    if (!run.accepted->command) at.input.clear();
    merge_messages(at.input, run.accepted->input);
    for (const auto& record : records) {
      if (const auto* step = std::get_if<StepDone>(&record->event))
        merge_messages(at.input, said_by_people(step->messages));
    }
    bytes = 0;
    for (const auto& message : *at.messages)
      bytes += bytes_of(*message);
  }
  run.messages_after = at.messages->size();
  add_run(runs, std::move(run));
}

void add_run(std::vector<RunView>& runs, RunView run) {
  auto from = runs.begin();
  if (run.begun) {
    const auto last_begun =
        std::find_if(runs.rbegin(), runs.rend(), [](const RunView& other) { return other.begun; });
    from = last_begun.base();
  }
  const auto later =
      std::find_if(from, runs.end(), [&](const RunView& other) { return other.turn > run.turn; });
  runs.insert(later, std::move(run));
}

Messages ThreadState::messages_before(const RunView& run) const {
  Messages before = *at.messages;
  for (auto each = replaced.rbegin(); each != replaced.rend() && each->turn >= run.turn; ++each)
    before[each->at] = each->message;
  before.resize(std::min(run.messages_before, before.size()));
  return before;
}

RunStatus status_of(const TurnEnded& ended) {
  switch (ended.outcome) {
    case TurnOutcome::finished:
    case TurnOutcome::paused:
      return RunStatus::success;
    case TurnOutcome::cancelled:
      return RunStatus::interrupted;
    case TurnOutcome::failed:
      break;
  }
  return ended.error == ErrorCode::deadline_passed ? RunStatus::timeout : RunStatus::error;
}

}  // namespace parlance::actors
