// A client's change of a thread's state is kept as a turn that runs no node. What tells it from
// others is an option of its turn_accepted: the node in whose place it was done, or "".
//
// Threading: pure.
#pragma once

#include "runtime/journal/event.hpp"

namespace parlance {

inline constexpr const char* as_node_option = "as_node";

inline bool is_state_update(const TurnAccepted& accepted) {
  return accepted.options.is_object() && accepted.options.contains(as_node_option);
}

}  // namespace parlance
