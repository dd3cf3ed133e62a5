#include "runtime/graph/turn_state.hpp"

#include "runtime/base/ids.hpp"

#include <algorithm>

namespace parlance {

const std::string& TurnState::question() const {
  static const std::string none;
  for (auto message = input.rbegin(); message != input.rend(); ++message) {
    if ((*message)->role == Role::human) return (*message)->text;
  }
  return none;
}

std::string TurnState::newly_said() const {
  const bool is_first_turn = messages.size() <= input.size();
  const auto newest_answer =
      is_first_turn ? std::find_if(input.rbegin(),
                                   input.rend(),
                                   [](const auto& message) { return message->role == Role::ai; })
                    : input.rend();
  std::string said;
  for (auto message = newest_answer.base(); message != input.end(); ++message) {
    if ((*message)->role != Role::human && (*message)->role != Role::tool) continue;
    if (!said.empty()) said += '\n';
    said += (*message)->text;
  }
  return said;
}

std::string TurnState::new_message_id() const {
  return named_uuid(id_seed + ':' + std::to_string(step));
}

}  // namespace parlance
