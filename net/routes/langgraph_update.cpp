// threads.updateState of LangGraph's clients.
#include "net/body.hpp"
#include "net/idempotency.hpp"
#include "net/routes/langgraph.hpp"
#include "net/routes/langgraph_checkpoint.hpp"
#include "net/routes/langgraph_command.hpp"
#include "net/routes/langgraph_states.hpp"
#include "net/turn_answer.hpp"
#include "runtime/journal/checkpoint_ids.hpp"

#include <algorithm>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;
using ThreadAnswer = std::shared_ptr<const ThreadView>;

namespace {

// `values` is the state's shape: messages, and fields beside them.
void read_values(BodyReader& reader, UpdateState& update) {
  Json values = reader.object("values");
  auto messages = take_messages(values, "values");
  if (messages) {
    update.messages = std::move(*messages);
  } else if (!reader.fault) {
    reader.fault = messages.error();
  }
  update.fields = std::move(values);
}

Result<UpdateState> read_update(HttpSession& session) {
  Request& request = session.request();
  auto thread = thread_in_path(request);
  if (!thread) return thread.error();
  auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) return body.error();
  const auto key = read_idempotency_key(request, KeyedOperation::state_update, *body);
  if (!key) return key.error();
  BodyReader reader(*body, "");
  UpdateState update;
  update.thread = std::move(*thread);
  update.run = {random_uuid()};
  update.as_node = reader.text("as_node");
  update.checkpoint_id = read_start(reader, update.thread.thread);
  read_values(reader, update);
  if (reader.fault) return *reader.fault;
  if (*key) {
    update.run = {(*key)->run_on(update.thread.thread)};
    update.request_digest = (*key)->request_digest;
  }
  return update;
}

asio::awaitable<void> update_state(HttpSession& session, const Backend& backend) {
  auto update = read_update(session);
  if (!update) co_return co_await session.send_error(update.error());
  const RunId change = update->run;
  auto ask = [&](Conversations::Answer<ThreadAnswer> done) {
    backend.conversations.update_state(std::move(*update), std::move(done));
  };
  const auto thread = co_await answer_of<ThreadAnswer>(ask);
  if (!thread) co_return co_await session.send_error(thread.error());
  const auto run = std::find_if((*thread)->runs.begin(),
                                (*thread)->runs.end(),
                                [&](const RunView& each) { return each.run == change; });
  if (run == (*thread)->runs.end()) {
    Error error{ErrorCode::internal, "the change is not in the thread", {}, {}};
    co_return co_await session.send_error(std::move(error));
  }
  Response response;
  tell_if_repeated(response, (*thread)->repeated);
  response.body = R"({"checkpoint":)";
  const CheckpointIds ids((*thread)->thread, (*thread)->incarnation);
  append_checkpoint(
      response.body, (*thread)->thread, ids.id_of({run->ended_seq, CheckpointPlace::Kind::step}));
  response.body.push_back('}');
  co_await session.send(std::move(response));
}

}  // namespace

void add_update_route(Router& router, const Backend& backend) {
  router.add("POST", "/threads/{thread_id}/state", Access::chat, [&backend](HttpSession& session) {
    return update_state(session, backend);
  });
}

}  // namespace parlance::net
