#include "net/turn_answer.hpp"

#include "net/idempotency.hpp"
#include "net/sse_writer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace parlance::net {
namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds watch_after{10};  // shorter turns never pay for the watching

constexpr std::chrono::milliseconds look_again_after{20};

bool shows_more_than_acceptance(const std::vector<RecordPtr>& records) {
  return std::any_of(records.begin(), records.end(), [](const auto& record) {
    return !holds_alternative<TurnAccepted>(record->event);
  });
}

void append(std::vector<RecordPtr>& records, std::vector<RecordPtr> more) {
  if (records.empty()) {
    records = std::move(more);
  } else {
    records.insert(
        records.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
}

bool shows_text(const std::vector<RecordPtr>& records) {
  return std::any_of(records.begin(), records.end(), [](const auto& record) {
    return holds_alternative<Delta>(record->event);
  });
}

const TurnEnded* end_in(const std::vector<RecordPtr>& records) {
  return records.empty() ? nullptr : get_if<TurnEnded>(&records.back()->event);
}

// Sleeps until woken, until `when`, or until it is time to begin watching the peer.
asio::awaitable<void> sleep_until(HttpSession& session, SteadyClock::time_point when) {
  const auto watch_at = session.request().received + watch_after;
  if (SteadyClock::now() >= watch_at) {
    session.watch_peer();
  } else {
    when = std::min(when, watch_at);
  }
  co_await session.waker()->wait_until(when);
}

// A turn can be cancelled once it has been accepted, and not before.
asio::awaitable<void> leave(HttpSession& session,
                            TurnStream& stream,
                            Leaving leaving,
                            TurnStream::Taken seen) {
  while (leaving.conversations != nullptr && !seen.started && !seen.closed) {
    co_await session.waker()->wait_until(SteadyClock::now() + look_again_after);
    seen = stream.take();
  }
  stream.leave();
  if (leaving.conversations != nullptr && !seen.closed) {
    leaving.conversations->cancel(
        leaving.thread, leaving.run, CancelReason::client_left, [](Result<void>) {});
  }
}

}  // namespace

bool failed_while_held(const HttpSession& session, const TurnStart& start, const TurnEnded& ended) {
  const std::chrono::milliseconds took(ended.ended_ms - start.accepted->accepted_ms);
  return !succeeded(ended.outcome) && took < session.options().hold_time_max;
}

asio::awaitable<void> send_failure(HttpSession& session,
                                   const TurnStart& start,
                                   const Error& failure,
                                   Retry retry) {
  Response response = error_response(failure, family_of(session.request().path), retry);
  tell_if_repeated(response, start.repeated);
  co_await session.send(std::move(response));
}

asio::awaitable<void> stream_turn(HttpSession& session,
                                  std::shared_ptr<TurnStream> stream,
                                  TurnEvents& events,
                                  StreamingOptions options) {
  const auto hold_until = session.request().received + session.options().hold_time_max;
  TurnStream::Taken taken;
  std::vector<RecordPtr> records;
  std::string out;
  bool events_started = false;
  const auto show_records = [&] {
    if (!std::exchange(events_started, true)) events.start(stream->start());
    for (const auto& record : std::exchange(records, {}))
      events.show(record, out);
  };
  while (true) {
    taken = stream->take();
    append(records, std::move(taken.records));
    if (taken.started && options.replay) show_records();
    if (taken.closed) break;
    if (taken.started &&
        ((options.replay ? !events.fault_of_resuming() : shows_more_than_acceptance(records)) ||
         SteadyClock::now() >= hold_until)) {
      break;
    }
    if (session.peer_gone())
      co_return co_await leave(session, *stream, options.leaving, std::move(taken));
    co_await sleep_until(session, taken.started ? hold_until : SteadyClock::time_point::max());
  }
  if (!taken.started && taken.closed) {
    Error refusal =
        taken.error.value_or(Error{ErrorCode::internal, "the turn was never started", {}, {}});
    co_return co_await session.send_error(std::move(refusal));
  }
  const TurnEnded* const end = end_in(records);
  if (!options.replay && end != nullptr && !shows_text(records) &&
      failed_while_held(session, stream->start(), *end)) {
    const Error failure = error_of(*end);
    co_return co_await send_failure(session, stream->start(), failure, options.retry);
  }
  auto fault = events.fault_of_resuming();
  if (taken.closed && !taken.error && fault)
    co_return co_await session.send_error(std::move(*fault));

  tell_if_repeated(options.head, stream->start().repeated);
  co_await session.begin_stream(std::move(options.head));
  auto heartbeat_at = SteadyClock::now() + session.options().heartbeat_time;
  bool head_sent = false;
  while (true) {
    show_records();
    if (taken.closed && !taken.fell_behind) {
      events.close(taken.error, out);
      co_return co_await session.end_stream(out);
    }
    const auto now = SteadyClock::now();
    if (out.empty() && head_sent && now >= heartbeat_at) out = heartbeat;
    if (!out.empty() || !head_sent) {
      head_sent = true;
      heartbeat_at = now + session.options().heartbeat_time;
      if (!co_await session.write(out)) break;
      out.clear();
    }
    stream->written();
    if (taken.fell_behind) {
      session.metrics().streams_cut.Increment();
      session.cut();
      break;
    }
    co_await sleep_until(session, heartbeat_at);
    if (session.peer_gone()) break;
    taken = stream->take();
    records = std::move(taken.records);
  }
  co_await leave(session, *stream, options.leaving, std::move(taken));
}

asio::awaitable<WaitedTurn> wait_for_turn(HttpSession& session,
                                          TurnStream& stream,
                                          Leaving leaving,
                                          const Response* keep_alive_head) {
  const auto heartbeat_time = session.options().heartbeat_time;
  auto heartbeat_at = session.request().received + heartbeat_time;
  bool begun = false;
  WaitedTurn waited;
  while (true) {
    auto taken = stream.take();
    append(waited.records, std::move(taken.records));
    if (taken.closed) {
      waited.error = std::move(taken.error);
      if (!waited.error && waited.records.empty()) {
        waited.error = Error{ErrorCode::internal, "the turn was never started", {}, {}};
      }
      co_return waited;
    }
    if (session.peer_gone()) {
      co_await leave(session, stream, std::move(leaving), std::move(taken));
      waited.left = true;
      co_return waited;
    }
    if (keep_alive_head != nullptr && SteadyClock::now() >= heartbeat_at) {
      heartbeat_at = SteadyClock::now() + heartbeat_time;
      if (taken.started) {
        if (!std::exchange(begun, true)) {
          Response head = *keep_alive_head;
          tell_if_repeated(head, stream.start().repeated);
          co_await session.begin_stream(std::move(head));
        }
        co_await session.write("\n");
        continue;
      }
    }
    co_await sleep_until(
        session, keep_alive_head != nullptr ? heartbeat_at : SteadyClock::time_point::max());
  }
}

asio::awaitable<Result<void>> wait_for_start(HttpSession& session, TurnStream& stream) {
  while (true) {
    auto taken = stream.take();
    if (taken.started) co_return Result<void>{};
    if (taken.closed) {
      Result<void> refused =
          taken.error.value_or(Error{ErrorCode::internal, "the turn was never started", {}, {}});
      co_return refused;
    }
    co_await session.waker()->wait_until(SteadyClock::time_point::max());
  }
}

}  // namespace parlance::net
