#include "actors/thread_state.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>

namespace parlance::actors {
namespace {

// Of a turn that adds nothing.
constexpr std::size_t turn_bytes =
    sizeof(RunView) + sizeof(ThreadState::Added) + 2 * sizeof(Record);

// merge_messages() of many, in time that grows with their number.
class Merged {
 public:
  void add(const Messages& messages) {
    for (const auto& message : messages) {
      const auto [known, is_new] = places_.try_emplace(message->id, messages_.size());
      if (is_new) {
        messages_.push_back(message);
      } else {
        messages_[known->second] = message;
      }
    }
  }
  Messages take() { return std::move(messages_); }

 private:
  Messages messages_;
  std::unordered_map<std::string, std::size_t> places_;  // by id
};

}  // namespace

Messages messages_after(const Messages& messages, const std::vector<RecordPtr>& records) {
  Messages after = messages;
  for (const auto& record : records) {
    if (const auto* accepted = get_if<TurnAccepted>(&record->event)) {
      merge_messages(after, accepted->input);
    } else if (const auto* step = get_if<StepDone>(&record->event)) {
      merge_messages(after, step->messages);
    }
  }
  return after;
}

std::optional<RunView> ended_run(const std::vector<RecordPtr>& records) {
  RunView run;
  for (const auto& record : records) {
    if (const auto* accepted = get_if<TurnAccepted>(&record->event)) {
      run.accepted = {record, accepted};
      run.accepted_seq = record->seq;
    } else if (const auto* ended = get_if<TurnEnded>(&record->event)) {
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
  auto run = ended_run(records);
  if (!run) return;
  bytes_held += turn_bytes + bytes_of(*run->accepted) + bytes_of(*run->ended);
  if (run->begun) {
    Checkpoint from = start_of(*run->accepted);
    Added turn{run->accepted_seq, run->ended_seq, run->accepted, {}};
    if (!run->accepted->command) from.input.clear();
    merge_messages(from.input, run->accepted->input);
    for (const auto& record : records) {
      const auto* const step = get_if<StepDone>(&record->event);
      if (step == nullptr || step->messages.empty()) continue;
      merge_messages(from.input, said_by_people(step->messages));
      bytes_held += sizeof(Record) + bytes_of(*step);
      turn.steps.push_back(record);
    }
    at.messages = std::make_shared<const Messages>(messages_after(*from.messages, records));
    messages_held += at.messages->size() - from.messages->size();
    at.fields = {run->ended, &run->ended->fields};
    at.agent = run->agent;
    at.next = run->ended->next;
    at.interrupt = run->ended->interrupt;
    at.input = std::move(from.input);
    added.push_back(std::move(turn));
  }
  add_run(runs, std::move(*run));
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

Checkpoint ThreadState::start_of(const TurnAccepted& accepted) const {
  if (!accepted.fork) return at;
  const ForkPoint& fork = *accepted.fork;
  Checkpoint from = conversation_at(fork.place);
  from.fields = std::make_shared<const Json>(fork.fields);
  from.next = fork.next;
  from.interrupt = fork.interrupt;
  return from;
}

Messages ThreadState::messages_at(CheckpointPlace place) const {
  return *conversation_at(place).messages;
}

Messages ThreadState::messages_before(const RunView& run) const {
  const auto turn = turn_of({run.ended_seq, CheckpointPlace::Kind::step});
  return *conversation_at(run.begun ? place_before(turn) : end_before(turn)).messages;
}

std::shared_ptr<const Json> ThreadState::fields_before(const RunView& run) const {
  if (run.begun && run.accepted->fork) return {run.accepted, &run.accepted->fork->fields};
  std::shared_ptr<const TurnEnded> previous;
  for (const auto& other : runs) {
    if (other.begun && other.ended_seq < run.ended_seq) previous = other.ended;
  }
  if (!previous) return std::make_shared<const Json>(Json::object());
  return {previous, &previous->fields};
}

// What a turn found is named after the turn before it, or after its own acceptance; its steps and
// its end lie behind that.
ThreadState::Turns::const_iterator ThreadState::turn_of(CheckpointPlace place) const {
  const std::uint64_t ends_from =
      place.kind == CheckpointPlace::Kind::step ? place.seq : place.seq + 1;
  return std::lower_bound(
      added.begin(), added.end(), ends_from, [](const Added& turn, std::uint64_t seq) {
        return turn.ended_seq < seq;
      });
}

// The end of the turn before it; none: it is the first.
std::optional<CheckpointPlace> ThreadState::end_before(Turns::const_iterator turn) const {
  if (turn == added.begin()) return std::nullopt;
  return CheckpointPlace{std::prev(turn)->ended_seq, CheckpointPlace::Kind::step};
}

std::optional<CheckpointPlace> ThreadState::place_before(Turns::const_iterator turn) const {
  const auto& fork = turn->accepted->fork;
  return fork ? fork->place : end_before(turn);
}

// Its messages, its agent, and what is being worked on.
Checkpoint ThreadState::conversation_at(std::optional<CheckpointPlace> place) const {
  struct Part {
    Turns::const_iterator turn;
    CheckpointPlace until;
  };
  std::vector<Part> way;  // the newest first
  while (place) {
    const auto turn = turn_of(*place);
    if (turn == added.end()) break;
    way.push_back({turn, *place});
    place = place_before(turn);
  }
  Checkpoint found;
  Merged messages;
  for (auto part = way.rbegin(); part != way.rend(); ++part) {
    const TurnAccepted& accepted = *part->turn->accepted;
    found.agent = accepted.agent;
    if (!accepted.command) found.input.clear();
    if (part->until.kind == CheckpointPlace::Kind::input) continue;
    merge_messages(found.input, accepted.input);
    messages.add(accepted.input);
    if (part->until.kind != CheckpointPlace::Kind::step) continue;
    for (const auto& record : part->turn->steps) {
      if (record->seq > part->until.seq) break;
      const auto& said = get<StepDone>(record->event).messages;
      merge_messages(found.input, said_by_people(said));
      messages.add(said);
    }
  }
  found.messages = std::make_shared<const Messages>(messages.take());
  return found;
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
