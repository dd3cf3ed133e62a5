#include "net/routes/langgraph_new_run.hpp"

#include "net/body.hpp"
#include "net/idempotency.hpp"
#include "net/routes/langgraph.hpp"
#include "net/routes/langgraph_request.hpp"
#include "net/routes/turn_options.hpp"

#include <optional>
#include <utility>

namespace parlance::net {
namespace {

Result<ThreadKey> thread_of(const Request& request, RunOn on) {
  if (on == RunOn::thread) return thread_in_path(request);
  return ThreadKey{request.caller.tenant, {random_uuid()}};
}

// What a run without a thread has in vain.
Result<void> check_stateless(const RunCreate& read) {
  if (read.command || !read.checkpoint_id.empty()) {
    return Error{ErrorCode::invalid_value,
                 "a run without a thread has nothing to go on from",
                 read.command ? "input" : "checkpoint_id",
                 {}};
  }
  return check_tool_answers(read.input, "input.messages");
}

TurnRequest turn_of(
    RunCreate& read, ThreadKey thread, Deadline deadline, const Request& request, RunOn on) {
  TurnRequest turn{.thread = std::move(thread),
                   .run = {random_uuid()},
                   .agent = read.agent,
                   .model_override = std::move(read.model_override),
                   .input = std::move(read.input),
                   .command = std::move(read.command),
                   .checkpoint_id = std::move(read.checkpoint_id),
                   .if_missing = on == RunOn::thread ? read.if_missing : IfMissing::create,
                   .multitask = read.multitask,
                   .temporary = on == RunOn::nothing && !read.keep_thread,
                   .deadline = deadline,
                   .options = std::move(read.options),
                   .request_id = request.id,
                   .start_delay = read.start_delay,
                   .caller_key = request.caller.key_id};
  turn.user = user_of(turn.options);
  return turn;
}

}  // namespace

Result<NewRun> read_new_run(HttpSession& session, const Backend& backend, RunOn on) {
  Request& request = session.request();
  auto thread = thread_of(request, on);
  if (!thread) return thread.error();
  auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) return body.error();
  const auto key = read_idempotency_key(request, KeyedOperation::run, *body);
  if (!key) return key.error();
  auto read = read_run_create(
      *body, thread->thread, backend.agents, backend.webhooks, backend.start_delay_max);
  if (!read) return read.error();
  if (on == RunOn::nothing) {
    if (auto checked = check_stateless(*read); !checked) return checked.error();
  }

  const auto waiting = deadline_of_waiting(request, backend.agents, read->agent);
  NewRun run{.turn = turn_of(*read, std::move(*thread), waiting, request, on),
             .modes = read->modes,
             .leaving = {},
             .location = {}};
  if (auto refusal = session.admit_user(run.turn.user)) return std::move(*refusal);
  if (*key) {
    const auto deadline = deadline_of(request, backend.agents, read->agent);
    (*key)->name(run.turn, on == RunOn::nothing, deadline);
    run.retry = Retry::never;
  }
  if (read->cancel_when_left.value_or(on == RunOn::nothing && !*key))
    run.leaving = {&backend.conversations, run.turn.thread, run.turn.run};
  if (on == RunOn::thread) run.location = "/threads/" + run.turn.thread.thread.value;
  run.location.append("/runs/").append(run.turn.run.value);
  return run;
}

}  // namespace parlance::net
