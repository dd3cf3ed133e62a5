#include "actors/turn.hpp"

#include "runtime/base/failpoint.hpp"
#include "runtime/llm/text.hpp"

#include <algorithm>
#include <utility>

namespace parlance::actors {
namespace {

constexpr std::size_t answer_bytes_max = 256 * 1024;
constexpr std::size_t pieces_per_record_max = 256;

bool has_message(const Messages& messages, const std::string& id) {
  return std::any_of(
      messages.begin(), messages.end(), [&](const auto& message) { return message->id == id; });
}

// The agent's own, or fewer when that was asked for.
std::uint64_t steps_max_of(const Agent& agent, const Json& options) {
  const std::uint64_t steps_max = agent.limits().steps_max;
  const auto asked = options.find("steps_max");
  if (asked == options.end() || !asked->is_number_integer()) return steps_max;
  return std::min(steps_max, asked->get<std::uint64_t>());
}

}  // namespace

Turn::Turn(TurnAccepted accepted, Deadline deadline, std::string request_id)
    : accepted_(std::make_shared<const TurnAccepted>(std::move(accepted))),
      deadline_(deadline),
      request_id_(std::move(request_id)) {
  unwritten_.emplace_back(*accepted_);
}

Turn::Turn(std::vector<RecordPtr> records, Deadline deadline)
    : accepted_(records.front(), &get<TurnAccepted>(records.front()->event)),
      deadline_(deadline),
      request_id_(accepted_->run.value),
      records_(std::move(records)),
      accepted_seq_(records_.front()->seq) {}

void Turn::begin(std::shared_ptr<const Agent> agent,
                 const Checkpoint& from,
                 std::chrono::steady_clock::time_point now) {
  begun_ = true;
  agent_ = std::move(agent);
  node_since_ = now;
  const auto& command = accepted_->command;
  if (command && agent_) cannot_go_on_ = refusal_of(*command, from, *agent_);
  if (cannot_go_on_) return;
  *messages_before_ = *from.messages;
  *fields_before_ = *from.fields;
  if (command) {
    const bool goes_elsewhere = !command->node.empty();
    node_ = goes_elsewhere ? command->node : from.next;
    if (!goes_elsewhere) interrupt_ = from.interrupt;
    answers_ahead_ = command->resume && !interrupt_;
  }
  if (!agent_) return;
  state_.agent = accepted_->agent;
  state_.model_override = accepted_->model_override;
  state_.options = accepted_->options;
  state_.id_seed = accepted_->run.value;
  state_.messages = *messages_before_;
  merge_messages(state_.messages, accepted_->input);
  if (command) {
    state_.input = from.input;
    state_.fields = agent_->fields_to_go_on(*fields_before_);
    state_.fields.update(command->update);
  } else {
    state_.fields = agent_->fields_for_turn(*fields_before_);
    node_ = agent_->start();
  }
  merge_messages(state_.input, accepted_->input);
  for (const auto& record : records_)
    fold(*record);
  // The node that was streaming when the process ended starts again, under another message id.
  if (!message_.empty()) give_up_shown();
  message_ = {};
}

void Turn::change_state(std::shared_ptr<const Agent> agent,
                        const Checkpoint& from,
                        std::string next,
                        const Json& fields,
                        const Clock& clock) {
  begun_ = true;
  agent_ = std::move(agent);
  *messages_before_ = *from.messages;
  *fields_before_ = *from.fields;
  state_.fields = agent_->fields_to_go_on(*fields_before_);
  state_.fields.update(fields);
  node_ = std::move(next);
  // What is asked stays asked.
  if (node_ == from.next) interrupt_ = from.interrupt;
  end(node_.empty() ? TurnOutcome::finished : TurnOutcome::paused, {}, clock);
}

void Turn::give_up_shown() {
  if (shown_message_.empty()) return;
  unwritten_.emplace_back(Superseded{number(), std::exchange(shown_message_, {}).text()});
}

void Turn::fold(const Record& record) {
  if (const auto* step = get_if<StepDone>(&record.event)) {
    merge_messages(state_.messages, step->messages);
    merge_messages(state_.input, said_by_people(step->messages));
    state_.fields.update(step->update);
    state_.step = step->step;
    interrupt_.reset();
    if (!step->edge.empty()) answers_ahead_ = false;
    message_ = {};
    if (has_message(step->messages, shown_message_)) shown_message_ = {};
    if (auto next = agent_->follow(step->node, step->edge)) node_ = *next;
  } else if (const auto* delta = get_if<Delta>(&record.event)) {
    message_ = delta->message;
    shown_message_ = delta->message;
  } else if (holds_alternative<Superseded>(record.event)) {
    message_ = {};
    shown_message_ = {};
  }
}

Effect Turn::step(const Clock& clock) {
  if (!agent_) {
    fail({ErrorCode::agent_not_found, "the agent is no longer configured", {}, {}}, clock);
    return NoEffect{};
  }
  PARLANCE_FAILPOINT("thread.turn");
  if (cannot_go_on_) {
    fail(*cannot_go_on_, clock);
    return NoEffect{};
  }
  const bool is_first = state_.step == 0;
  if (is_first && !accepted_->command && interrupts("interrupt_before", node_)) {
    pause(std::nullopt, clock);
    return NoEffect{};
  }
  if (is_first) return carry(first_action(), clock);
  const Node* node = agent_->node(node_);
  if (node == nullptr) {
    fail({ErrorCode::internal, "the agent has no node " + node_, {}, {}}, clock);
    return NoEffect{};
  }
  return carry(node->enter(state_), clock);
}

// The first node is entered, or gets the answer that it asked for.
Result<Action> Turn::first_action() const {
  const Node* node = agent_->node(node_);
  const auto& command = accepted_->command;
  if (!command || !command->resume || !interrupt_) return node->enter(state_);
  return node->resume(state_, Resumed{*answer_to(*interrupt_, *command->resume)});
}

// Whether the client wants the turn to end there.
bool Turn::interrupts(const char* option, const std::string& node) const {
  const auto names = state_.options.find(option);
  return names != state_.options.end() &&
         std::any_of(names->begin(), names->end(), [&](const Json& name) {
           return name == "*" || name == node;
         });
}

Effect Turn::answer(const Answer& answer, const Clock& clock) {
  const Node* node = agent_->node(node_);
  if (const auto* generated = std::get_if<Generated>(&answer)) {
    usage_ += generated->answer.usage;
    model_ = generated->answer.model;
    stop_reason_ = generated->answer.stop_reason;
  }
  flush_pieces();
  if (std::holds_alternative<Generated>(answer)) {
    Generated named = std::get<Generated>(answer);
    named.message = message_;
    named.repaired = repairs_;
    return carry(node->resume(state_, named), clock);
  }
  return carry(node->resume(state_, answer), clock);
}

// The one place that says what an action leads to.
Effect Turn::carry(Result<Action> action, const Clock& clock) {
  while (true) {
    if (!action) {
      fail(action.error(), clock);
      return NoEffect{};
    }
    if (auto* follow = std::get_if<Follow>(&*action)) {
      auto next = agent_->follow(node_, follow->edge);
      const auto fits = agent_->check_update(follow->update.fields);
      if (!next || !fits) {
        fail(next ? fits.error() : next.error(), clock);
        return NoEffect{};
      }
      step_done(std::move(follow->edge), std::move(follow->update), clock);
      const std::string last = std::exchange(node_, *next);
      if (state_.step >= steps_max_of(*agent_, state_.options)) {
        fail({ErrorCode::steps_exceeded,
              "no end after " + std::to_string(state_.step) + " steps",
              {},
              {}},
             clock);
        return NoEffect{};
      }
      if (interrupts("interrupt_after", last) || interrupts("interrupt_before", node_)) {
        pause(std::nullopt, clock);
        return NoEffect{};
      }
      action = agent_->node(node_)->enter(state_);
    } else if (auto* finish_action = std::get_if<Finish>(&*action)) {
      if (const auto fits = agent_->check_update(finish_action->update.fields); !fits) {
        fail(fits.error(), clock);
        return NoEffect{};
      }
      step_done({}, std::move(finish_action->update), clock);
      finish(clock);
      return NoEffect{};
    } else if (auto* pause_action = std::get_if<Pause>(&*action)) {
      Update& update = pause_action->update;
      if (const auto fits = agent_->check_update(update.fields); !fits) {
        fail(fits.error(), clock);
        return NoEffect{};
      }
      Interrupt asked{interrupt_id(accepted_->run, state_.step), std::move(pause_action->question)};
      if (!update.fields.empty() || !update.messages.empty())
        step_done({}, std::move(update), clock);
      if (!std::exchange(answers_ahead_, false)) {
        pause(std::move(asked), clock);
        return NoEffect{};
      }
      action = agent_->node(node_)->resume(state_, Resumed{*accepted_->command->resume});
    } else if (auto* ask = std::get_if<AskModel>(&*action)) {
      give_up_shown();
      shown_ = ask->shown;
      repairs_ = ask->repairs;
      answer_bytes_ = 0;
      // What was streamed before a crash has left records, so that a new variant has a new id.
      const std::uint64_t last_seq = records_.empty() ? 0 : records_.back()->seq;
      message_ = named_uuid(accepted_->run.value + ":" + std::to_string(state_.step) + ":" +
                            std::to_string(last_seq));
      return AskEffect{std::make_shared<const ChatRequest>(std::move(ask->request))};
    } else if (auto* find = std::get_if<FindPassages>(&*action)) {
      return FindEffect{std::move(find->query), find->passages_max};
    } else {
      return WaitEffect{std::get<Wait>(*action).time};
    }
  }
}

bool Turn::said(std::string piece) {
  answer_bytes_ += piece.size();
  if (answer_bytes_ > answer_bytes_max) return false;
  if (shown_ && !piece.empty()) pieces_.push_back(std::move(piece));
  return true;
}

void Turn::flush_pieces() {
  if (!pieces_.empty()) shown_message_ = message_;
  add_deltas(message_, std::exchange(pieces_, {}));
}

void Turn::add_deltas(const SharedText& message, std::vector<std::string> pieces) {
  for (std::size_t at = 0; at < pieces.size(); at += pieces_per_record_max) {
    const std::size_t end = std::min(pieces.size(), at + pieces_per_record_max);
    unwritten_.emplace_back(
        Delta{number(),
              node_,
              message,
              {std::make_move_iterator(pieces.begin() + static_cast<std::ptrdiff_t>(at)),
               std::make_move_iterator(pieces.begin() + static_cast<std::ptrdiff_t>(end))}});
  }
}

void Turn::step_done(std::string edge, Update update, const Clock& clock) {
  const auto now = clock.now();
  if (update.in_pieces) {
    for (const auto& message : update.messages)
      add_deltas(message->id, pieces_of(message->text));
  }
  // A text that no model wrote is whole, whatever became of a model's answer before it.
  for (const auto& message : update.messages) {
    if (message->role == Role::ai && !message->usage) stop_reason_ = StopReason::stop;
  }
  ++state_.step;
  interrupt_.reset();
  if (!edge.empty()) answers_ahead_ = false;
  merge_messages(state_.messages, update.messages);
  merge_messages(state_.input, said_by_people(update.messages));
  if (has_message(update.messages, shown_message_)) shown_message_ = {};
  state_.fields.update(update.fields);
  message_ = {};
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(now - node_since_).count();
  node_since_ = now;
  unwritten_.emplace_back(StepDone{number(),
                                   state_.step,
                                   node_,
                                   std::move(edge),
                                   std::move(update.fields),
                                   std::move(update.messages),
                                   static_cast<std::uint64_t>(std::max<std::int64_t>(0, took)),
                                   clock.unix_ms()});
}

void Turn::pause(std::optional<Interrupt> interrupt, const Clock& clock) {
  give_up_shown();
  interrupt_ = std::move(interrupt);
  end(TurnOutcome::paused, {}, clock);
}

void Turn::finish(const Clock& clock) {
  give_up_shown();
  end(TurnOutcome::finished, {}, clock);
}

void Turn::fail(Error error, const Clock& clock) {
  end(TurnOutcome::failed, std::move(error), clock);
}

void Turn::end(TurnOutcome outcome, std::optional<Error> error, const Clock& clock) {
  if (ended_) return;
  ended_ = true;
  flush_pieces();
  TurnEnded ended;
  ended.turn = number();
  ended.outcome = outcome;
  ended.begun = begun_ && !cannot_go_on_;
  if (ended.begun) {
    if (outcome != TurnOutcome::finished) ended.next = node_;
    ended.interrupt = interrupt_;
    ended.fields = agent_ ? state_.fields : *fields_before_;
    if (agent_ && ended.next.empty()) ended.fields = agent_->fields_to_keep(state_.fields);
  }
  ended.usage = usage_;
  ended.model = model_;
  ended.stop_reason = stop_reason_;
  if (error) {
    ended.error = error->code;
    ended.error_detail = error->detail;
    ended.retry_after = error->retry_after.value_or(std::chrono::milliseconds(0));
  }
  ended.ended_ms = clock.unix_ms();
  unwritten_.emplace_back(std::move(ended));
}

std::vector<std::uint64_t> Turn::roll_back() {
  ended_ = rolled_back_ = true;
  pieces_.clear();
  unwritten_.clear();
  unwritten_.emplace_back(RolledBack{number()});
  std::vector<std::uint64_t> seqs;
  seqs.reserve(records_.size());
  for (const auto& record : records_)
    seqs.push_back(record->seq);
  return seqs;
}

void Turn::link_end(std::vector<Event>& events,
                    std::uint64_t first_seq,
                    std::uint64_t previous_ended_seq) const {
  auto* ended = get_if<TurnEnded>(&events.back());
  if (ended == nullptr) return;
  ended->accepted_seq = accepted_seq_ != 0 ? accepted_seq_ : first_seq;
  ended->previous_ended_seq = previous_ended_seq;
  const auto note = [&](const Event& event, std::uint64_t seq) {
    const auto* step = get_if<StepDone>(&event);
    if (step == nullptr) return;
    ended->step_seqs.push_back(seq);
    if (!step->messages.empty()) ended->message_seqs.push_back(seq);
  };
  for (const auto& record : records_)
    note(record->event, record->seq);
  for (std::size_t i = 0; i < events.size(); ++i)
    note(events[i], first_seq + i);
}

void Turn::written(const std::vector<RecordPtr>& records) {
  for (const auto& record : records) {
    if (const auto* accepted = get_if<TurnAccepted>(&record->event)) {
      accepted_ = {record, accepted};
      accepted_seq_ = record->seq;
    } else if (holds_alternative<TurnEnded>(record->event)) {
      ended_seq_ = record->seq;
    } else if (holds_alternative<RolledBack>(record->event)) {
      ended_seq_ = record->seq;
      continue;  // no reader's business
    }
    records_.push_back(record);
  }
}

}  // namespace parlance::actors
