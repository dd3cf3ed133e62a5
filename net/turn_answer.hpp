// How a turn reaches its client, the same in every family: as a stream of events, or as one answer
// at its end.
//
// A stream's head waits until the turn was accepted and either shows something or hold_time_max has
// passed since the request's last byte: a turn that is refused, or fails, until then is an HTTP
// status. What fails later is told in the stream.
#pragma once

#include "net/http_session.hpp"
#include "net/turn_events.hpp"
#include "net/turn_stream.hpp"
#include "runtime/ports/conversations.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace parlance::net {

// What happens to the turn when its client leaves.
struct Leaving {
  Conversations* conversations = nullptr;  // null: the turn goes on
  ThreadKey thread;
  RunId run;
};

// Whether the turn failed in the time for which the head of its answer is held back: the failure is
// the answer's status then. The same for the request that made the turn and for one that repeats
// it.
bool failed_while_held(const HttpSession& session, const TurnStart& start, const TurnEnded& ended);

// The turn's failure, as the whole answer.
boost::asio::awaitable<void> send_failure(HttpSession& session,
                                          const TurnStart& start,
                                          const Error& failure,
                                          Retry retry);

struct StreamingOptions {
  Response head;
  // The request is not the turn's own: its failure is no status of this one, and the head waits for
  // the event that the client goes on from instead of something new.
  bool replay = false;
  Leaving leaving;
  Retry retry = Retry::as_the_error_says;  // when the turn fails before its stream begins
};

boost::asio::awaitable<void> stream_turn(HttpSession& session,
                                         std::shared_ptr<TurnStream> stream,
                                         TurnEvents& events,
                                         StreamingOptions options);

// A turn that was waited for.
struct WaitedTurn {
  bool left = false;               // the client has gone: nothing to answer
  std::optional<Error> error;      // refused, or this wait ended before the turn did
  std::vector<RecordPtr> records;  // without deltas
};

// With `keep_alive_head`, begins the answer once a heartbeat's time has passed, and sends a newline
// each such time.
boost::asio::awaitable<WaitedTurn> wait_for_turn(HttpSession& session,
                                                 TurnStream& stream,
                                                 Leaving leaving,
                                                 const Response* keep_alive_head);

// Waits until the turn has been accepted. The error is its refusal.
boost::asio::awaitable<Result<void>> wait_for_start(HttpSession& session, TurnStream& stream);

// Waits for the answer of a call to Conversations: `call` is given the function to answer with.
template <class T, class Call>
boost::asio::awaitable<Result<T>> answer_of(Call call) {
  namespace asio = boost::asio;
  const auto strand = co_await asio::this_coro::executor;
  auto initiate = [strand, &call](auto handler) {
    auto held = std::make_shared<decltype(handler)>(std::move(handler));
    call([strand, held](Result<T> result) {
      auto answer = std::make_shared<Result<T>>(std::move(result));
      asio::post(strand,
                 [held, answer = std::move(answer)]() mutable { (*held)(std::move(answer)); });
    });
  };
  auto answer = co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                              void(std::shared_ptr<Result<T>>)>(
      initiate, asio::use_awaitable);
  co_return std::move(*answer);
}

}  // namespace parlance::net
