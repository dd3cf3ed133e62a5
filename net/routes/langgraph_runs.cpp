// The LangGraph family's routes of new runs, on a thread and without one.
#include "net/idempotency.hpp"
#include "net/routes/langgraph.hpp"
#include "net/routes/langgraph_events.hpp"
#include "net/routes/langgraph_new_run.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/routes/langgraph_run_answer.hpp"
#include "net/turn_answer.hpp"

#include <string>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

asio::awaitable<void> create_run(HttpSession& session, const Backend& backend, RunOn on) {
  auto run = read_new_run(session, backend, on);
  if (!run) co_return co_await session.send_error(run.error());
  const auto stream = stream_for(session, TurnStream::Wants::start);
  const ThreadKey thread = run->turn.thread;
  backend.conversations.start_turn(std::move(run->turn), stream);
  const auto started = co_await wait_for_start(session, *stream);
  if (!started) co_return co_await session.send_error(started.error());
  stream->leave();
  RunView view;
  view.accepted = stream->start().accepted;
  view.run = view.accepted->run;
  view.agent = view.accepted->agent;
  view.created_ms = view.updated_ms = view.accepted->accepted_ms;
  Response response;
  append_run(response.body, thread, view);
  tell_if_repeated(response, stream->start().repeated);
  response.add_header("content-location", run->location);
  co_await session.send(std::move(response));
}

asio::awaitable<void> stream_run(HttpSession& session, const Backend& backend, RunOn on) {
  auto run = read_new_run(session, backend, on);
  if (!run) co_return co_await session.send_error(run.error());
  const auto stream = stream_for(session, TurnStream::Wants::everything);
  LanggraphEvents events(run->modes, {}, on == RunOn::thread, backend.agents);
  StreamingOptions options;
  options.head = stream_head(run->location, on);
  options.leaving = std::move(run->leaving);
  options.retry = run->retry;
  backend.conversations.start_turn(std::move(run->turn), stream);
  co_await stream_turn(session, stream, events, std::move(options));
}

asio::awaitable<void> wait_for_run(HttpSession& session, const Backend& backend, RunOn on) {
  auto run = read_new_run(session, backend, on);
  if (!run) co_return co_await session.send_error(run.error());
  const auto stream = stream_for(session, TurnStream::Wants::end);
  Response head;
  head.add_header("content-location", run->location);
  if (on == RunOn::thread) head.add_header("location", run->location + "/join");
  auto leaving = std::move(run->leaving);
  const Retry retry = run->retry;
  backend.conversations.start_turn(std::move(run->turn), stream);
  co_await send_values(session, backend, *stream, std::move(leaving), std::move(head), retry);
}

}  // namespace

void add_run_routes(Router& router, const Backend& backend) {
  const auto add = [&](const std::string& path, auto answer) {
    const auto add_on = [&](const std::string& pattern, RunOn on) {
      router.add("POST", pattern, Access::chat, [&backend, answer, on](HttpSession& session) {
        return answer(session, backend, on);
      });
    };
    add_on("/threads/{thread_id}" + path, RunOn::thread);
    add_on(path, RunOn::nothing);
  };
  add("/runs", create_run);
  add("/runs/wait", wait_for_run);
  add("/runs/stream", stream_run);
}

}  // namespace parlance::net
