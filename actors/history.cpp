#include "actors/history.hpp"

#include <algorithm>
#include <utility>

namespace parlance::actors {

using Kind = CheckpointPlace::Kind;

CheckpointPlace History::TurnPart::place(std::size_t index) const {
  if (index < 2) return {found_seq, index == 0 ? Kind::input : Kind::start};
  return {(*step_seqs)[index - 2], Kind::step};
}

Result<History> History::choose(CheckpointIds ids,
                                const ThreadState& state,
                                const Turn* running,
                                std::uint64_t committed_seq,
                                const HistoryQuery& query) {
  History history(ids);
  std::uint64_t ended_seq = 0;
  for (const auto& run : state.runs) {
    if (!run.begun) continue;
    TurnPart turn;
    turn.run = &run;
    turn.accepted = run.accepted;
    turn.ended = run.ended;
    turn.step_seqs = {run.ended, &run.ended->step_seqs};
    history.add_turn(std::move(turn), run.accepted_seq, ended_seq);
    ended_seq = run.ended_seq;
  }
  if (running != nullptr && running->begun())
    history.add_running(*running, committed_seq, ended_seq);

  auto& turns = history.turns_;
  history.end_ = turns.empty() ? 0 : turns.back().first + turns.back().size();
  if (const auto& only = query.at.empty() ? query.before : query.at; !only.empty()) {
    const auto at = history.find(only, query.at.empty() ? "before" : "checkpoint_id");
    if (!at) return at.error();
    history.end_ = query.at.empty() ? *at : *at + 1;
  }
  const std::size_t checkpoints_max = query.at.empty() ? query.checkpoints_max : 1;
  history.first_ = history.end_ - std::min(history.end_, checkpoints_max);
  std::erase_if(turns, [&](const TurnPart& turn) {
    return turn.first >= history.end_ || turn.first + turn.size() <= history.first_;
  });
  if (turns.empty()) return history;
  const RunView* const oldest = turns.front().run;
  history.messages_before_ = oldest == nullptr ? *state.messages : state.messages_before(*oldest);
  for (auto& turn : turns) {
    turn.run = nullptr;
    for (const std::uint64_t seq : *turn.step_seqs)
      history.steps_.try_emplace(seq);
  }
  return history;
}

void History::add_turn(TurnPart turn,
                       std::uint64_t accepted_seq,
                       std::uint64_t previous_ended_seq) {
  turn.found_seq = std::max(accepted_seq, previous_ended_seq);
  turn.begun_ms = turn.accepted->accepted_ms;
  if (!turns_.empty()) {
    const TurnPart& previous = turns_.back();
    turn.first = previous.first + previous.size();
    turn.previous = previous.ended;
    turn.previous_place = previous.place(previous.size() - 1);
    turn.begun_ms = std::max(turn.begun_ms, previous.ended->ended_ms);
  }
  turns_.push_back(std::move(turn));
}

void History::add_running(const Turn& running,
                          std::uint64_t committed_seq,
                          std::uint64_t previous_ended_seq) {
  TurnPart turn;
  auto seqs = std::make_shared<std::vector<std::uint64_t>>();
  for (const auto& record : running.records()) {
    if (record->seq > committed_seq) break;
    if (const auto* accepted = std::get_if<TurnAccepted>(&record->event)) {
      turn.accepted = {record, accepted};
    } else if (const auto* step = std::get_if<StepDone>(&record->event)) {
      seqs->push_back(record->seq);
      steps_[record->seq] = {record, step};
    } else if (const auto* ended = std::get_if<TurnEnded>(&record->event)) {
      turn.ended = {record, ended};
    }
  }
  if (!turn.accepted) return;
  turn.step_seqs = std::move(seqs);
  add_turn(std::move(turn), running.accepted_seq(), previous_ended_seq);
}

Result<std::size_t> History::find(const std::string& id, const std::string& field) const {
  const Error unknown{
      ErrorCode::checkpoint_not_found, "the thread has no such checkpoint", field, {}};
  const auto place = ids_.place_of(id);
  if (!place) return unknown;
  const auto after = std::upper_bound(
      turns_.begin(), turns_.end(), *place, [](const CheckpointPlace& one, const TurnPart& turn) {
        return one < turn.place(0);
      });
  if (after == turns_.begin()) return unknown;
  const TurnPart& turn = *std::prev(after);
  const auto& seqs = *turn.step_seqs;
  const auto step = std::lower_bound(seqs.begin(), seqs.end(), place->seq);
  const std::size_t index = place->kind == Kind::step
                                ? 2 + static_cast<std::size_t>(step - seqs.begin())
                                : static_cast<std::size_t>(place->kind == Kind::start);
  if (index >= turn.size() || turn.place(index) != *place) return unknown;
  return turn.first + index;
}

std::optional<History::Range> History::missing() const {
  std::optional<Range> range;
  for (const auto& [seq, step] : steps_) {
    if (step) continue;
    if (!range) {
      range = Range{seq, seq};
    } else if (seq - range->last - 1 <= gap_max && seq - range->first < range_records_max) {
      range->last = seq;
    } else {
      break;
    }
  }
  return range;
}

void History::add(const RecordPtr& record) {
  const auto wanted = steps_.find(record->seq);
  const auto* const step = std::get_if<StepDone>(&record->event);
  if (wanted != steps_.end() && step != nullptr) wanted->second = {record, step};
}

std::vector<CheckpointView> History::checkpoints(const Agents& agents) const {
  std::vector<CheckpointView> shown;
  Messages messages = messages_before_;
  for (const auto& turn : turns_) {
    const auto agent = agents.find(turn.accepted->agent);
    show(turn, agent == agents.end() ? nullptr : agent->second.get(), messages, shown);
  }
  std::reverse(shown.begin(), shown.end());
  return shown;
}

void History::show(const TurnPart& turn,
                   const Agent* agent,
                   Messages& messages,
                   std::vector<CheckpointView>& shown) const {
  Json fields = turn.previous ? turn.previous->fields : Json::object();
  for (std::size_t index = 0; index < turn.size(); ++index) {
    if (index == 1) {
      merge_messages(messages, turn.accepted->input);
      if (agent != nullptr) fields = agent->fields_for_turn(fields);
    } else if (index > 1) {
      const StepDone& step = *steps_.at((*turn.step_seqs)[index - 2]);
      merge_messages(messages, step.messages);
      fields.update(step.update);
    }
    if (turn.first + index < first_ || turn.first + index >= end_) continue;
    shown.push_back(view_of(turn, index, agent));
    shown.back().messages = messages;
    shown.back().fields = fields;
  }
}

CheckpointView History::view_of(const TurnPart& turn, std::size_t index, const Agent* agent) const {
  const auto step_at = [&](std::size_t n) { return steps_.at((*turn.step_seqs)[n]); };
  CheckpointView view;
  view.id = ids_.id_of(turn.place(index));
  const auto parent = index == 0 ? turn.previous_place : turn.place(index - 1);
  if (parent) view.parent_id = ids_.id_of(*parent);
  view.step = static_cast<std::int64_t>(turn.first + index) - 1;
  view.source = index == 0 ? CheckpointSource::input : CheckpointSource::loop;
  view.created_ms = index < 2 ? turn.begun_ms : step_at(index - 2)->done_ms;
  if (view.created_ms == 0) view.created_ms = turn.ended ? turn.ended->ended_ms : turn.begun_ms;
  view.turn = turn.accepted;
  if (index == 0) return view;
  if (index + 1 < turn.size()) {
    view.next_done = step_at(index - 1);
    view.next = view.next_done->node;
    return view;
  }
  if (turn.ended && turn.ended->outcome != TurnOutcome::finished) view.next_ended = turn.ended;
  if (agent == nullptr) return view;
  if (index == 1) {
    view.next = agent->start();
  } else if (const auto done = step_at(index - 2); !done->edge.empty()) {
    if (const auto next = agent->follow(done->node, done->edge)) view.next = *next;
  }
  return view;
}

}  // namespace parlance::actors
