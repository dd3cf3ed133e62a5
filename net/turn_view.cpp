#include "net/turn_view.hpp"

#include <algorithm>
#include <variant>

namespace parlance::net {

Json shown_fields(const Agents& agents, std::string_view agent, const Json& fields) {
  const auto found = agents.find(agent);
  return found == agents.end() ? Json::object() : found->second->shown_fields(fields);
}

void TurnView::apply(const RecordPtr& record) {
  if (const auto* accepted = get_if<TurnAccepted>(&record->event)) {
    first_ = record;
    accepted_ = accepted;
    if (!began()) return;
    if (start_.messages) messages_ = *start_.messages;
    merge_messages(messages_, accepted->input);
    const auto agent = agents_.find(accepted->agent);
    if (!start_.fields || agent == agents_.end()) return;
    fields_ = accepted->command ? agent->second->fields_to_go_on(*start_.fields)
                                : agent->second->fields_for_turn(*start_.fields);
    if (accepted->command) fields_.update(accepted->command->update);
    fields_ = agent->second->shown_fields(fields_);
  } else if (const auto* step = get_if<StepDone>(&record->event)) {
    merge_messages(messages_, step->messages);
    merge_messages(added_, step->messages);
    if (accepted_ != nullptr) fields_.update(shown_fields(agents_, accepted_->agent, step->update));
    step_ = step->step + 1;
  } else if (const auto* delta = get_if<Delta>(&record->event)) {
    if (!was_streamed(delta->message)) streamed_.push_back(delta->message);
  } else if (const auto* superseded = get_if<Superseded>(&record->event)) {
    std::erase(streamed_, superseded->message);
  } else if (const auto* ended = get_if<TurnEnded>(&record->event)) {
    last_ = record;
    ended_ = ended;
  }
}

bool TurnView::began() const {
  return !start_.fields || !start_.fields->is_null();
}

bool TurnView::was_streamed(std::string_view message) const {
  return std::find(streamed_.begin(), streamed_.end(), message) != streamed_.end();
}

}  // namespace parlance::net
