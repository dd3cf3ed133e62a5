#include "runtime/graph/turn_state.hpp"

#include "runtime/base/ids.hpp"

namespace parlance {

const std::string& TurnState::question() const {
  static const std::string none;
  for (auto message = input.rbegin(); message != input.rend(); ++message) {
    if ((*message)->role == Role::human) return (*message)->text;
  }
  return none;
}

std::string TurnState::new_message_id() const {
  return named_uuid(id_seed + ':' + std::to_string(step));
}

}  // namespace parlance
