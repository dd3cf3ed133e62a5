// How a run of the LangGraph family is answered, new or joined: as a stream, or with the values
// that it ended with.
//
// Threading: the session's strand.
#pragma once

#include "net/http_session.hpp"
#include "net/routes/backend.hpp"
#include "net/routes/langgraph_new_run.hpp"
#include "net/turn_answer.hpp"
#include "net/turn_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace parlance::net {

// A reader that falls behind a stream of everything is cut, and may resume it.
std::shared_ptr<TurnStream> stream_for(HttpSession& session,
                                       TurnStream::Wants wants,
                                       EventId after = {});

Response stream_head(const std::string& location, RunOn on);

// The values that a waited-for turn ended with, or how it failed. A failure is an HTTP status while
// the head of the answer waits for the turn's admission, and `__error__` after that. Without a
// `retry`, the request is not the turn's own: the turn's failure is no status then.
boost::asio::awaitable<void> send_values(HttpSession& session,
                                         const Backend& backend,
                                         TurnStream& stream,
                                         Leaving leaving,
                                         Response head,
                                         std::optional<Retry> retry);

}  // namespace parlance::net
