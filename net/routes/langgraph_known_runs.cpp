// The LangGraph family's routes of runs that are there: listed, looked at, joined, cancelled.
#include "net/routes/langgraph.hpp"
#include "net/routes/langgraph_events.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/routes/langgraph_request.hpp"
#include "net/routes/langgraph_run_answer.hpp"
#include "net/turn_answer.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

Error run_not_found() {
  return {ErrorCode::run_not_found, "Run not found", {}, {}};
}

// The thread and run that the path names.
struct Named {
  ThreadKey thread;
  RunId run;
};

Result<Named> run_in_path(const Request& request) {
  auto thread = thread_in_path(request);
  if (!thread) return thread.error();
  auto run = parse_identifier(request.parameters[1]);
  if (!run) return run_not_found();
  return Named{std::move(*thread), {std::move(*run)}};
}

Result<bool> flag_in_query(const Request& request, std::string_view name) {
  const auto value = request.query_value(name);
  if (!value || *value == "0" || *value == "false") return false;
  if (*value == "1" || *value == "true") return true;
  return Error{ErrorCode::invalid_value, "must be true or false, 1 or 0", std::string(name), {}};
}

// Empty when it is not asked for.
Result<std::string> status_in_query(const Request& request) {
  auto status = request.query_value("status").value_or("");
  const auto fits = [&](RunStatus known) { return status == to_string(known); };
  if (status.empty() || fits(RunStatus::pending) || fits(RunStatus::running) ||
      fits(RunStatus::success) || fits(RunStatus::error) || fits(RunStatus::timeout) ||
      fits(RunStatus::interrupted)) {
    return status;
  }
  return Error{ErrorCode::invalid_value,
               "must be pending, running, success, error, timeout or interrupted",
               "status",
               {}};
}

asio::awaitable<Result<std::shared_ptr<const ThreadView>>> thread_view(const Backend& backend,
                                                                       ThreadKey thread) {
  auto ask = [&](Conversations::Answer<std::shared_ptr<const ThreadView>> done) {
    backend.conversations.view(thread, std::move(done));
  };
  co_return co_await answer_of<std::shared_ptr<const ThreadView>>(ask);
}

const RunView* find_run(const ThreadView& thread, const RunId& id) {
  const auto found = std::find_if(thread.runs.begin(), thread.runs.end(), [&](const auto& run) {
    return run.run == id && is_run(run);
  });
  return found == thread.runs.end() ? nullptr : &*found;
}

asio::awaitable<void> list_runs(HttpSession& session, const Backend& backend) {
  auto thread = thread_in_path(session.request());
  if (!thread) co_return co_await session.send_error(thread.error());
  const auto page = page_in_query(session.request());
  if (!page) co_return co_await session.send_error(page.error());
  const auto status = status_in_query(session.request());
  if (!status) co_return co_await session.send_error(status.error());
  const auto view = co_await thread_view(backend, *thread);
  if (!view) co_return co_await session.send_error(view.error());
  Response response;
  response.body = "[";
  std::size_t place = 0;
  auto runs = (*view)->runs;
  std::stable_sort(runs.begin(), runs.end(), [](const RunView& one, const RunView& other) {
    return one.accepted_seq < other.accepted_seq;
  });
  for (const auto& run : runs) {
    if (!is_run(run) || (!status->empty() && *status != to_string(run.status))) continue;
    const auto at = place++;
    if (at < page->offset || at - page->offset >= page->limit) continue;
    if (response.body.size() > 1) response.body.push_back(',');
    append_run(response.body, *thread, run);
  }
  response.body.push_back(']');
  co_await session.send(std::move(response));
}

asio::awaitable<void> get_run(HttpSession& session, const Backend& backend) {
  auto named = run_in_path(session.request());
  if (!named) co_return co_await session.send_error(named.error());
  const auto view = co_await thread_view(backend, named->thread);
  if (!view) co_return co_await session.send_error(view.error());
  const RunView* const run = find_run(**view, named->run);
  if (run == nullptr) co_return co_await session.send_error(run_not_found());
  Response response;
  append_run(response.body, named->thread, *run);
  co_await session.send(std::move(response));
}

asio::awaitable<void> join_run(HttpSession& session, const Backend& backend) {
  auto named = run_in_path(session.request());
  if (!named) co_return co_await session.send_error(named.error());
  const auto cancels = flag_in_query(session.request(), "cancel_on_disconnect");
  if (!cancels) co_return co_await session.send_error(cancels.error());
  Leaving leaving;
  if (*cancels) {
    leaving = {&backend.conversations, named->thread, named->run};
  }
  const auto stream = stream_for(session, TurnStream::Wants::end);
  backend.conversations.join(named->thread, named->run, stream);
  Response head;
  co_await send_values(
      session, backend, *stream, std::move(leaving), std::move(head), std::nullopt);
}

// The modes of the query, else those that the run was made with.
Result<StreamModes> modes_for_join(const Request& request, const RunView& run) {
  Json asked = Json::array();
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    constexpr std::string_view name = "stream_mode=";
    if (!pair.starts_with(name)) continue;
    auto words = percent_decoded(pair.substr(name.size()), true).value_or("");
    for (std::size_t from = 0; from <= words.size();) {
      const auto comma = std::min(words.find(',', from), words.size());
      auto word = words.substr(from, comma - from);
      std::erase_if(word, [](char c) { return c == '[' || c == ']' || c == '"' || c == ' '; });
      if (!word.empty()) asked.push_back(std::move(word));
      from = comma + 1;
    }
  }
  if (!asked.empty()) return read_stream_modes(asked);
  if (run.accepted && run.accepted->options.is_object()) {
    const auto kept = run.accepted->options.find("stream_mode");
    if (kept != run.accepted->options.end()) return read_stream_modes(*kept);
  }
  return StreamModes::defaults();
}

asio::awaitable<void> join_stream(HttpSession& session, const Backend& backend) {
  const Request& request = session.request();
  auto named = run_in_path(request);
  if (!named) co_return co_await session.send_error(named.error());
  const auto after = parse_event_id(request.header("last-event-id"));
  if (!after) co_return co_await session.send_error(after.error());
  const auto view = co_await thread_view(backend, named->thread);
  if (!view) co_return co_await session.send_error(view.error());
  const RunView* const run = find_run(**view, named->run);
  if (run == nullptr) co_return co_await session.send_error(run_not_found());
  const auto modes = modes_for_join(request, *run);
  if (!modes) co_return co_await session.send_error(modes.error());

  const auto cancels = flag_in_query(request, "cancel_on_disconnect");
  if (!cancels) co_return co_await session.send_error(cancels.error());

  LanggraphEvents events(*modes, *after, true, backend.agents);
  StreamingOptions options;
  options.replay = true;
  options.head = stream_head("/threads/" + named->thread.thread.value + "/runs/" + named->run.value,
                             RunOn::thread);
  if (*cancels) {
    options.leaving = {&backend.conversations, named->thread, named->run};
  }
  const auto stream = stream_for(session, TurnStream::Wants::everything, *after);
  backend.conversations.join(named->thread, named->run, stream);
  co_await stream_turn(session, stream, events, std::move(options));
}

asio::awaitable<void> cancel_run(HttpSession& session, const Backend& backend) {
  auto named = run_in_path(session.request());
  if (!named) co_return co_await session.send_error(named.error());
  const auto action = session.request().query_value("action").value_or("interrupt");
  if (action != "interrupt" && action != "rollback") {
    Error error{ErrorCode::invalid_value, "must be interrupt or rollback", "action", {}};
    co_return co_await session.send_error(std::move(error));
  }
  const auto reason = action == "rollback" ? CancelReason::rollback : CancelReason::asked;
  const auto waits = flag_in_query(session.request(), "wait");
  if (!waits) co_return co_await session.send_error(waits.error());
  Response response;
  if (*waits) {
    auto ask = [&](Conversations::Answer<void> done) {
      backend.conversations.cancel(named->thread, named->run, reason, std::move(done));
    };
    const auto cancelled = co_await answer_of<void>(ask);
    if (!cancelled) co_return co_await session.send_error(cancelled.error());
    response.status = 204;
  } else {
    const auto view = co_await thread_view(backend, named->thread);
    if (!view) co_return co_await session.send_error(view.error());
    const RunView* const run = find_run(**view, named->run);
    if (run == nullptr) co_return co_await session.send_error(run_not_found());
    if (reason == CancelReason::rollback && run->ended) {
      Error error{
          ErrorCode::invalid_value, "the run has ended: it cannot be rolled back", "action", {}};
      co_return co_await session.send_error(std::move(error));
    }
    backend.conversations.cancel(named->thread, named->run, reason, [](const Result<void>&) {});
    response.status = 202;
    response.body = "{}";
  }
  co_await session.send(std::move(response));
}

}  // namespace

void add_known_run_routes(Router& router, const Backend& backend) {
  const auto add = [&](const char* method, const char* pattern, auto answer) {
    router.add(method, pattern, Access::chat, [&backend, answer](HttpSession& session) {
      return answer(session, backend);
    });
  };
  add("GET", "/threads/{thread_id}/runs", list_runs);
  add("GET", "/threads/{thread_id}/runs/{run_id}", get_run);
  add("GET", "/threads/{thread_id}/runs/{run_id}/join", join_run);
  add("GET", "/threads/{thread_id}/runs/{run_id}/stream", join_stream);
  add("POST", "/threads/{thread_id}/runs/{run_id}/cancel", cancel_run);
}

}  // namespace parlance::net
