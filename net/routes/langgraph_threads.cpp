#include "net/body.hpp"
#include "net/idempotency.hpp"
#include "net/routes/langgraph.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/turn_answer.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;
using ThreadAnswer = std::shared_ptr<const ThreadView>;

namespace {

constexpr std::uint64_t history_max = 1'000;
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
  const auto key = read_idempotency_key(request, *body);
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
  create.existing_ok = if_exists == "do_nothing";
  if (!create.existing_ok && if_exists != "raise")
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

asio::awaitable<void> get_state(HttpSession& session, const Backend& backend) {
  const auto thread = co_await view_of(session, backend);
  if (!thread) co_return co_await session.send_error(thread.error());
  Response response;
  append_newest_state(response.body, **thread, backend.agents);
  co_await session.send(std::move(response));
}

asio::awaitable<void> delete_thread(HttpSession& session, const Backend& backend) {
  auto thread = thread_in_path(session.request());
  if (!thread) co_return co_await session.send_error(thread.error());
  const auto key = read_idempotency_key(session.request(), Json::object());
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
  co_await session.send(std::move(response));
}

struct HistoryQuery {
  std::size_t limit = 10;
  std::string before;  // a checkpoint id; empty: from the newest
};

Result<HistoryQuery> history_in_query(const Request& request) {
  const auto page = page_in_query(request);
  if (!page) return page.error();
  if (page->offset != 0)
    return Error{ErrorCode::invalid_value, "a history is paged by `before`", "offset", {}};
  const auto before = request.query_value("before").value_or("");
  return HistoryQuery{page->limit, parse_identifier(before).value_or(before)};
}

// There are no subgraphs: a namespace other than the root's has no checkpoints.
void read_checkpoint(BodyReader& reader, HistoryQuery& query) {
  Json checkpoint = reader.object("checkpoint");
  BodyReader of_checkpoint(checkpoint, reader.path_of("checkpoint."));
  if (!of_checkpoint.text("checkpoint_ns").empty()) query.limit = 0;
  of_checkpoint.not_in_this_version("checkpoint_id");
  of_checkpoint.not_in_this_version("checkpoint_map");
  if (of_checkpoint.fault && !reader.fault) reader.fault = of_checkpoint.fault;
}

// `before` is {"checkpoint_id"} or {"configurable": {"checkpoint_id"}} or the id.
Result<HistoryQuery> history_in_body(std::string_view text, std::size_t depth_max) {
  auto body = parse_body(text, depth_max);
  if (!body) return body.error();
  BodyReader reader(*body, "");
  HistoryQuery query;
  query.limit = reader.count("limit", 1, history_max).value_or(10);
  if (Json* before = reader.find("before")) {
    if (before->is_object() && before->contains("configurable"))
      before = &(*before)["configurable"];
    if (before->is_object() && before->contains("checkpoint_id"))
      before = &(*before)["checkpoint_id"];
    if (before->is_string()) {
      const auto& id = before->get_ref<const std::string&>();
      query.before = parse_identifier(id).value_or(id);
    } else {
      reader.refuse("before", "must hold a checkpoint_id");
    }
  }
  read_checkpoint(reader, query);
  reader.not_in_this_version("metadata");
  if (reader.fault) return *reader.fault;
  return query;
}

asio::awaitable<void> send_history(HttpSession& session,
                                   const Backend& backend,
                                   Result<HistoryQuery> query) {
  if (!query) co_return co_await session.send_error(query.error());
  const auto thread = co_await view_of(session, backend);
  if (!thread) co_return co_await session.send_error(thread.error());
  const auto checkpoints = checkpoints_of(**thread);
  auto end = checkpoints.size();
  if (!query->before.empty()) {
    const auto before =
        std::find_if(checkpoints.begin(), checkpoints.end(), [&](const Checkpoint& checkpoint) {
          return checkpoint_id(**thread, checkpoint.place) == query->before;
        });
    if (before == checkpoints.end()) {
      Error error{ErrorCode::invalid_value, "is no checkpoint of this thread", "before", {}};
      co_return co_await session.send_error(std::move(error));
    }
    end = static_cast<std::size_t>(before - checkpoints.begin());
  }
  Response response;
  response.body = "[";
  std::size_t left = query->limit;
  for (auto at = end; at-- > 0 && left > 0; --left) {
    if (response.body.size() > 1) response.body.push_back(',');
    append_state(response.body, **thread, checkpoints, at, backend.agents);
  }
  response.body.push_back(']');
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
  router.add("GET", "/threads/{thread_id}/state", Access::chat, [&backend](HttpSession& session) {
    return get_state(session, backend);
  });
  add_update_route(router, backend);
  router.add("GET", "/threads/{thread_id}/history", Access::chat, [&backend](HttpSession& session) {
    return send_history(session, backend, history_in_query(session.request()));
  });
  router.add(
      "POST", "/threads/{thread_id}/history", Access::chat, [&backend](HttpSession& session) {
        return send_history(
            session,
            backend,
            history_in_body(session.request().message.body(), session.options().json_depth_max));
      });
}

}  // namespace parlance::net
