// A run that a request asks for: all that has to be known to start it and to answer with it.
//
// Threading: the session's strand.
#pragma once

#include "net/http_session.hpp"
#include "net/routes/backend.hpp"
#include "net/routes/langgraph_events.hpp"
#include "net/turn_answer.hpp"

#include <cstdint>
#include <string>

namespace parlance::net {

enum class RunOn : std::uint8_t { thread, nothing };  // "nothing": stateless

struct NewRun {
  TurnRequest turn;
  StreamModes modes;
  Leaving leaving;
  Retry retry = Retry::as_the_error_says;  // of a turn that failed; with a key it fails again
  std::string location;  // "/threads/{id}/runs/{id}"; of a stateless run "/runs/{id}"
};

// Errors: those of the body (langgraph_request.hpp), of its key, and of the user's limits.
Result<NewRun> read_new_run(HttpSession& session, const Backend& backend, RunOn on);

}  // namespace parlance::net
