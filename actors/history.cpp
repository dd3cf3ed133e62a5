#include "actors/history.hpp"

#include "runtime/journal/state_update.hpp"

#include <algorithm>
#include <utility>

namespace parlance::actors {

using Kind = CheckpointPlace::Kind;

CheckpointPlace History::TurnPart::place(std::size_t index) const {
  if (index >= lead) return {(*step_seqs)[index - lead], Kind::step};
  if (is_state_update(*accepted)) return {ended_seq, Kind::step};
  return {found_seq, lead == 2 && index == 0 ? Kind::input : Kind::start};
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
    turn.accepted = run.accepted;
    turn.ended = run.ended;
    turn.ended_seq = run.ended_seq;
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
  const TurnPart* forked = nullptr;  // many forks may begin from one checkpoint
  for (auto& turn : turns) {
    if (&turn == &turns.front() || turn.accepted->fork) {
      if (forked == nullptr || forked->parent != turn.parent) {
        turn.messages = turn.parent ? state.messages_at(*turn.parent) : Messages();
      } else {
        turn.messages = forked->messages;
      }
      forked = &turn;
    }
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
  if (is_state_update(*turn.accepted)) {
    turn.lead = turn.ended ? 1 : 0;
  } else if (const auto& command = turn.accepted->command) {
    const bool changes =
        !command->node.empty() || !command->update.empty() || !turn.accepted->input.empty();
    turn.lead = changes || turn.accepted->fork ? 1 : 0;
  }
  turn.fields = std::make_shared<const Json>(Json::object());
  if (!turns_.empty()) {
    const TurnPart& previous = turns_.back();
    turn.first = previous.first + previous.size();
    turn.fields = {previous.ended, &previous.ended->fields};
    turn.next = previous.ended->next;
    turn.parent = previous.size() == 0 ? previous.parent : previous.place(previous.size() - 1);
    turn.parent_step = previous.step(previous.size()) - 1;
    turn.begun_ms = std::max(turn.begun_ms, previous.ended->ended_ms);
  }
  if (const auto& fork = turn.accepted->fork) {
    turn.fields = {turn.accepted, &fork->fields};
    turn.next = fork->next;
    turn.parent = fork->place;
    const auto from = find(fork->place);
    if (from) turn.parent_step = from->turn->step(from->index);
  }
  turn.stood = turn.ended;
  turns_.push_back(std::move(turn));
  if (turns_.back().size() > 0 || !turns_.back().ended) return;
  const auto stands_at = std::find_if(
      turns_.rbegin(), turns_.rend(), [](const TurnPart& each) { return each.size() > 0; });
  if (stands_at != turns_.rend()) stands_at->stood = turns_.back().ended;
}

void History::add_running(const Turn& running,
                          std::uint64_t committed_seq,
                          std::uint64_t previous_ended_seq) {
  TurnPart turn;
  auto seqs = std::make_shared<std::vector<std::uint64_t>>();
  for (const auto& record : running.records()) {
    if (record->seq > committed_seq) break;
    if (const auto* accepted = get_if<TurnAccepted>(&record->event)) {
      turn.accepted = {record, accepted};
    } else if (const auto* step = get_if<StepDone>(&record->event)) {
      seqs->push_back(record->seq);
      steps_[record->seq] = {record, step};
    } else if (const auto* ended = get_if<TurnEnded>(&record->event)) {
      turn.ended = {record, ended};
      turn.ended_seq = record->seq;
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
  const auto found = place ? find(*place) : std::nullopt;
  if (!found) return unknown;
  return found->turn->first + found->index;
}

std::optional<History::Found> History::find(CheckpointPlace place) const {
  // The turns run one after the other: it is of the first one that ends behind it.
  const auto ends_before = [](const TurnPart& turn, CheckpointPlace at) {
    if (!turn.ended) return false;
    return at.kind == Kind::step ? turn.ended_seq < at.seq : turn.ended_seq <= at.seq;
  };
  const auto turn = std::lower_bound(turns_.begin(), turns_.end(), place, ends_before);
  if (turn == turns_.end()) return std::nullopt;
  const auto& seqs = *turn->step_seqs;
  const auto step = std::lower_bound(seqs.begin(), seqs.end(), place.seq);
  if (step != seqs.end() && CheckpointPlace{*step, Kind::step} == place)
    return Found{&*turn, turn->lead + static_cast<std::size_t>(step - seqs.begin())};
  for (std::size_t index = 0; index < turn->lead; ++index) {
    if (turn->place(index) == place) return Found{&*turn, index};
  }
  return std::nullopt;
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
  const auto* const step = get_if<StepDone>(&record->event);
  if (wanted != steps_.end() && step != nullptr) wanted->second = {record, step};
}

std::vector<CheckpointView> History::checkpoints(const Agents& agents) const {
  std::vector<CheckpointView> shown;
  Messages messages;
  for (const auto& turn : turns_) {
    if (turn.messages) messages = *turn.messages;
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
  const TurnAccepted& accepted = *turn.accepted;
  Json fields = *turn.fields;
  if (accepted.command && agent != nullptr) fields = agent->fields_to_go_on(fields);
  for (std::size_t index = 0; index < turn.size(); ++index) {
    if (index >= turn.lead) {
      const StepDone& step = *steps_.at((*turn.step_seqs)[index - turn.lead]);
      merge_messages(messages, step.messages);
      fields.update(step.update);
    } else if (index + 1 == turn.lead) {
      merge_messages(messages, accepted.input);
      if (accepted.command) {
        fields.update(accepted.command->update);
      } else if (is_state_update(accepted)) {
        fields = turn.ended->fields;
      } else if (agent != nullptr) {
        fields = agent->fields_for_turn(fields);
      }
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
  view.place = turn.place(index);
  view.id = ids_.id_of(view.place);
  const auto parent = index == 0 ? turn.parent : turn.place(index - 1);
  if (parent) view.parent_id = ids_.id_of(*parent);
  view.step = turn.step(index);
  const bool is_input = turn.lead == 2 && index == 0;
  const bool is_fork = turn.accepted->fork && turn.accepted->command && index < turn.lead;
  view.source = is_input                          ? CheckpointSource::input
                : is_state_update(*turn.accepted) ? CheckpointSource::update
                : is_fork                         ? CheckpointSource::fork
                                                  : CheckpointSource::loop;
  view.created_ms = index < turn.lead ? turn.begun_ms : step_at(index - turn.lead)->done_ms;
  if (view.created_ms == 0) view.created_ms = turn.ended ? turn.ended->ended_ms : turn.begun_ms;
  view.turn = turn.accepted;
  view.steps_done = index < turn.lead ? 0 : index - turn.lead + 1;
  if (is_input) return view;
  if (index + 1 < turn.size()) {
    view.next_done = step_at(index + 1 - turn.lead);
    view.next = view.next_done->node;
    return view;
  }
  if (turn.ended) {
    view.next = turn.stood->next;
    if (!view.next.empty()) view.next_ended = turn.stood;
  } else if (agent != nullptr) {
    view.next = next_of(turn, index, *agent);
  }
  return view;
}

// The node that a turn which goes on is in, at its last checkpoint.
std::string History::next_of(const TurnPart& turn, std::size_t index, const Agent& agent) const {
  if (index >= turn.lead) {
    const StepDone& done = *steps_.at((*turn.step_seqs)[index - turn.lead]);
    const auto next = agent.follow(done.node, done.edge);
    return next ? *next : std::string();
  }
  if (!turn.accepted->command) return agent.start();
  const std::string& node = turn.accepted->command->node;
  return node.empty() ? turn.next : node;
}

}  // namespace parlance::actors
