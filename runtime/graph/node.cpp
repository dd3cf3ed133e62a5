#include "runtime/graph/node.hpp"

namespace parlance {

Result<Action> Node::resume(const TurnState&, const Answer& answer) const {
  if (const auto* error = std::get_if<Error>(&answer)) return *error;
  return Error{
      ErrorCode::internal, std::string(kind()) + " was answered but asked for nothing", {}, {}};
}

}  // namespace parlance
