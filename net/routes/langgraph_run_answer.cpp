#include "net/routes/langgraph_run_answer.hpp"

#include "net/idempotency.hpp"
#include "net/routes/langgraph_interrupts.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/turn_view.hpp"

#include <utility>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

void append_failed(std::string& out, const Error& error) {
  out.append(R"({"__error__":)");
  append_error(out, error);
  out.push_back('}');
}

}  // namespace

std::shared_ptr<TurnStream> stream_for(HttpSession& session,
                                       TurnStream::Wants wants,
                                       EventId after) {
  TurnStream::Options options;
  options.wants = wants;
  options.after = after;
  options.buffer_bytes_max = session.options().stream_buffer_bytes_max;
  if (wants == TurnStream::Wants::everything) options.fell_behind = session.cut_soon();
  return std::make_shared<TurnStream>(session.waker(), std::move(options));
}

Response stream_head(const std::string& location, RunOn on) {
  Response head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.headers = "cache-control: no-cache\r\nx-accel-buffering: no\r\n";
  head.add_header("content-location", location);
  if (on == RunOn::thread) head.add_header("location", location + "/stream");
  return head;
}

asio::awaitable<void> send_values(HttpSession& session,
                                  const Backend& backend,
                                  TurnStream& stream,
                                  Leaving leaving,
                                  Response head,
                                  std::optional<Retry> retry) {
  auto waited = co_await wait_for_turn(session, stream, std::move(leaving), &head);
  if (waited.left) co_return;
  const bool begun = session.streaming();
  std::optional<Error> failure = std::move(waited.error);
  std::string text;
  bool is_status = true;
  if (!failure) {
    TurnView view(stream.start(), backend.agents);
    for (const auto& record : waited.records)
      view.apply(record);
    if (view.ended() == nullptr) {
      failure = Error{ErrorCode::internal, "the turn has no end", {}, {}};
    } else if (!succeeded(view.ended()->outcome)) {
      failure = error_of(*view.ended());
      if (retry && !begun && failed_while_held(session, stream.start(), *view.ended()))
        co_return co_await send_failure(session, stream.start(), *failure, *retry);
      is_status = false;
    } else {
      append_paused_values(text, view.messages(), view.fields(), *view.ended());
    }
  }
  if (failure) {
    if (is_status && !begun) co_return co_await session.send_error(std::move(*failure));
    append_failed(text, *failure);
  }
  if (begun) co_return co_await session.end_stream(text);
  tell_if_repeated(head, stream.start().repeated);
  head.body = std::move(text);
  co_await session.send(std::move(head));
}

}  // namespace parlance::net
