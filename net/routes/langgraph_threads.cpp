#include "net/body.hpp"
#include "net/idempotency.hpp"
#include "net/routes/langgraph.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/turn_answer.hpp"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;
using ThreadAnswer = std::shared_ptr<const ThreadView>;

namespace {

constexpr double ttl_minutes_max = 60.0 * 24 * 365 * 10;

// Minutes, or {"ttl": minutes, "strategy": "delete"}.
std::optional<std::int64_t> read_ttl(BodyReader& reader) {
  Json* const value = reader.find("ttl");
  if (value == nullptr) return std::nullopt;
  std::optional<double> minutes;
  if (value->is_object()) {
    BodyReader ttl(*value, "ttl.");
    minutes = ttl.number("ttl", 0, ttl_minutes_max);
    if (ttl.text("strategy", "delete") != "delete") ttl.refuse("strategy", "must be delete");
    if (ttl.fault && !reader.fault) reader.fault = ttl.fault;
  } else {
    minutes = reader.number("ttl", 0, ttl_minutes_max);
  }
  if (!minutes) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(*minutes * 60'000));
}

asio::awaitable<Result<ThreadAnswer>> view_of(HttpSession& session, const Backend& backend) {
  auto thread = thread_in_path(session.request());
  if (!thread) {
    Result<ThreadAnswer> refused = thread.error();
    co_return refused;
  }
  auto ask = [&](Conversations::Answer<ThreadAnswer> done) {
    backend.conversations.view(*thread, std::move(done));
  };
  co_return co_await answer_of<ThreadAnswer>(ask);
}

constexpr const char* key_made_another =
    "the Idempotency-Key was used for a thread that was asked for in another way";

asio::awaitable<void> create_thread(HttpSession& session, const Backend& backend) {
  Request& request = session.request();
  auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) co_return co_await session.send_error(body.error());
  const auto key = read_idempotency_key(request, KeyedOperation::thread, *body);
  if (!key) co_return co_await session.send_error(key.error());
  BodyReader reader(*body, "");
  CreateThread create;
  const auto id = reader.text("thread_id");
  if (!id.empty() && !is_uuid(id)) reader.refuse("thread_id", "must be a UUID");
  create.thread = {request.caller.tenant, {parse_identifier(id).value_or(random_uuid())}};
  if (*key) {
    if (id.empty()) create.thread.thread.value = (*key)->new_thread();
    create.request_digest = (*key)->request_digest;
  }
  create.metadata = reader.object("metadata");
  const auto if_exists = reader.text("if_exists", "raise");
  // A thread of this name that another request made is the key's, not the client's.
  create.existing_ok = if_exists == "do_nothing" && !(*key && id.empty());
  if (if_exists != "do_nothing" && if_exists != "raise")
    reader.refuse("if_exists", "must be raise or do_nothing");
  create.ttl_ms = read_ttl(reader);
  reader.not_in_this_version("supersteps");
  if (reader.fault) co_return co_await session.send_error(std::move(*reader.fault));

  auto ask = [&](Conversations::Answer<ThreadAnswer> done) {
    backend.conversations.create_thread(std::move(create), std::move(done));
  };
  const auto made = co_await answer_of<ThreadAnswer>(ask);
  if (!made) {
    Error error = made.error();
    if (*key && id.empty() && error.code == ErrorCode::thread_exists)
      error = {ErrorCode::idempotency_key_reused, key_made_another, {}, {}};
    co_return co_await session.send_error(std::move(error));
  }
  Response response;
  tell_if_repeated(response, (*made)->repeated);
  append_thread(response.body, **made, backend.agents);
  co_await session.send(std::move(response));
}

asio::awaitable<void> get_thread(HttpSession& session, const Backend& backend) {
  const auto thread = co_await view_of(session, backend);
  if (!thread) co_return co_await session.send_error(thread.error());
  Response response;
  append_thread(response.body, **thread, backend.agents);
  co_await session.send(std::move(response));
}

asio::awaitable<void> delete_thread(HttpSession& session, const Backend& backend) {
  auto thread = thread_in_path(session.request());
  if (!thread) co_return co_await session.send_error(thread.error());
  const auto key =
      read_idempotency_key(session.request(), KeyedOperation::thread_deletion, Json::object());
  if (!key) co_return co_await session.send_error(key.error());
  auto ask = [&](Conversations::Answer<void> done) {
    backend.conversations.delete_thread(*thread, std::move(done));
  };
  const auto deleted = co_await answer_of<void>(ask);
  // Asked for again, it is gone as it was the first time.
  const bool gone = *key && !deleted && deleted.error().code == ErrorCode::thread_not_found;
  if (!deleted && !gone) co_return co_await session.send_error(deleted.error());
  Response response;
  response.status = 204;
  tell_if_repeated(response, gone);
  co_await session.send(std::move(response));
}

asio::awaitable<void> copy_thread(HttpSession& session, const Backend& backend) {
  Request& request = session.request();
  auto original = thread_in_path(request);
  if (!original) co_return co_await session.send_error(original.error());
  const auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) co_return co_await session.send_error(body.error());
  // The key stands for a copy of this thread, not of another one.
  const auto key =
      read_idempotency_key(request, KeyedOperation::thread_copy, Json(original->thread.value));
  if (!key) co_return co_await session.send_error(key.error());
  CopyThread copy;
  copy.to = {original->tenant, {*key ? (*key)->new_thread() : random_uuid()}};
  copy.from = std::move(*original);
  if (*key) copy.request_digest = (*key)->request_digest;

  auto ask = [&](Conversations::Answer<ThreadAnswer> done) {
    backend.conversations.copy_thread(std::move(copy), std::move(done));
  };
  const auto made = co_await answer_of<ThreadAnswer>(ask);
  if (!made) {
    Error error = made.error();
    if (error.code == ErrorCode::thread_exists)
      error = {ErrorCode::idempotency_key_reused, key_made_another, {}, {}};
    co_return co_await session.send_error(std::move(error));
  }
  Response response;
  tell_if_repeated(response, (*made)->repeated);
  append_thread(response.body, **made, backend.agents);
  co_await session.send(std::move(response));
}

// Calls of LangGraph's clients that this server does not have. Without a route of their own, their
// paths would be taken for a thread's.
void add_missing_calls(Router& router) {
  for (const std::string call : {"search", "count"}) {
    router.add("POST", "/threads/" + call, Access::chat, [call](HttpSession& session) {
      return session.send_error(
          {ErrorCode::unsupported,
           "threads." + call + " is not in this version: threads are found by their ids",
           {},
           {}});
    });
  }
}

}  // namespace

void add_thread_routes(Router& router, const Backend& backend) {
  add_missing_calls(router);
  router.add("POST", "/threads", Access::chat, [&backend](HttpSession& session) {
    return create_thread(session, backend);
  });
  router.add("GET", "/threads/{thread_id}", Access::chat, [&backend](HttpSession& session) {
    return get_thread(session, backend);
  });
  router.add("DELETE", "/threads/{thread_id}", Access::chat, [&backend](HttpSession& session) {
    return delete_thread(session, backend);
  });
  router.add("POST", "/threads/{thread_id}/copy", Access::chat, [&backend](HttpSession& session) {
    return copy_thread(session, backend);
  });
  add_update_route(router, backend);
}

}  // namespace parlance::net
