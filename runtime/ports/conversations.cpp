#include "runtime/ports/conversations.hpp"

namespace parlance {

std::string_view to_string(RunStatus status) {
  switch (status) {
    case RunStatus::pending:
      return "pending";
    case RunStatus::running:
      return "running";
    case RunStatus::success:
      return "success";
    case RunStatus::error:
      return "error";
    case RunStatus::timeout:
      return "timeout";
    case RunStatus::interrupted:
      return "interrupted";
  }
  return "error";
}

Error not_in_quarantine() {
  return {ErrorCode::run_not_found, "the thread has no turn in quarantine", {}, {}};
}

}  // namespace parlance
