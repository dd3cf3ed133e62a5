#include "runtime/graph/turn_state.hpp"

namespace parlance {

const std::string& TurnState::question() const {
  static const std::string none;
  for (auto message = input.rbegin(); message != input.rend(); ++message) {
    if ((*message)->role == Role::human) return (*message)->text;
  }
  return none;
}

}  // namespace parlance
