// States and history of a thread.
//
// Bounds: a page has at most checkpoints_max states, and ends early once it has page_bytes_max.
// What is filtered by metadata is looked through scan_checkpoints at a time.
#include "net/body.hpp"
#include "net/routes/langgraph.hpp"
#include "net/routes/langgraph_checkpoint.hpp"
#include "net/routes/langgraph_states.hpp"
#include "net/turn_answer.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace asio = boost::asio;
using Checkpoints = std::vector<CheckpointView>;

namespace {

constexpr std::uint64_t checkpoints_max = 1'000;
constexpr std::size_t scan_checkpoints = 100;
constexpr std::size_t page_bytes_max = 16U << 20U;

struct HistoryWish {
  HistoryQuery query;
  Json metadata = Json::object();  // that a checkpoint must have
  bool root = true;                // there are no subgraphs: another namespace has no checkpoints
};

asio::awaitable<Result<Checkpoints>> history_of(const Backend& backend,
                                                const ThreadKey& thread,
                                                const HistoryQuery& query) {
  auto ask = [&](Conversations::Answer<Checkpoints> done) {
    backend.conversations.history(thread, query, std::move(done));
  };
  co_return co_await answer_of<Checkpoints>(ask);
}

Result<HistoryWish> wish_in_query(const Request& request) {
  const auto page = page_in_query(request);
  if (!page) return page.error();
  if (page->offset != 0)
    return Error{ErrorCode::invalid_value, "a history is paged by `before`", "offset", {}};
  HistoryWish wish;
  wish.query.checkpoints_max = page->limit;
  wish.query.before = request.query_value("before").value_or("");
  return wish;
}

// `before` is {"checkpoint_id"} or {"configurable": {"checkpoint_id"}} or the id.
Result<HistoryWish> wish_in_body(std::string_view text, std::size_t depth_max) {
  auto body = parse_body(text, depth_max);
  if (!body) return body.error();
  BodyReader reader(*body, "");
  HistoryWish wish;
  wish.query.checkpoints_max = reader.count("limit", 1, checkpoints_max).value_or(10);
  wish.metadata = reader.object("metadata");
  if (Json* before = reader.find("before")) {
    if (before->is_object() && before->contains("configurable"))
      before = &(*before)["configurable"];
    if (before->is_object() && before->contains("checkpoint_id"))
      before = &(*before)["checkpoint_id"];
    if (before->is_string()) {
      wish.query.before = before->get<std::string>();
    } else {
      reader.refuse("before", "must hold a checkpoint_id");
    }
  }
  NamedCheckpoint named = read_checkpoint(reader);
  wish.query.at = std::move(named.id);
  wish.root = named.root;
  if (!wish.query.at.empty() && !wish.query.before.empty())
    reader.refuse("before", "cannot be asked for together with checkpoint.checkpoint_id");
  if (reader.fault) return *reader.fault;
  return wish;
}

asio::awaitable<void> send_history(HttpSession& session,
                                   const Backend& backend,
                                   Result<HistoryWish> wish) {
  if (!wish) co_return co_await session.send_error(wish.error());
  const auto thread = thread_in_path(session.request());
  if (!thread) co_return co_await session.send_error(thread.error());
  HistoryQuery& query = wish->query;
  std::size_t left = wish->root ? query.checkpoints_max : 0;
  if (!wish->metadata.empty() || left == 0) query.checkpoints_max = scan_checkpoints;
  Response response;
  response.body = "[";
  bool more = true;
  while (more) {
    const auto page = co_await history_of(backend, *thread, query);
    if (!page) co_return co_await session.send_error(page.error());
    more = page->size() == query.checkpoints_max && query.at.empty();
    for (const auto& checkpoint : *page) {
      if (left == 0 || response.body.size() >= page_bytes_max) break;
      if (!contains(metadata_of(*thread, checkpoint), wish->metadata)) continue;
      if (response.body.size() > 1) response.body.push_back(',');
      append_state(response.body, *thread, checkpoint, backend.agents);
      --left;
    }
    more = more && left > 0 && response.body.size() < page_bytes_max;
    if (more) query.before = page->back().id;
  }
  response.body.push_back(']');
  co_await session.send(std::move(response));
}

// The state at the checkpoint that the wish names, else the newest.
asio::awaitable<void> send_state(HttpSession& session,
                                 const Backend& backend,
                                 Result<HistoryWish> wish) {
  if (!wish) co_return co_await session.send_error(wish.error());
  const auto thread = thread_in_path(session.request());
  if (!thread) co_return co_await session.send_error(thread.error());
  wish->query.checkpoints_max = 1;
  const auto page = co_await history_of(backend, *thread, wish->query);
  if (!page) co_return co_await session.send_error(page.error());
  if (!wish->root) {
    Error error{
        ErrorCode::checkpoint_not_found, "there are no subgraphs", "checkpoint.checkpoint_ns", {}};
    co_return co_await session.send_error(std::move(error));
  }
  Response response;
  if (page->empty()) {
    append_empty_state(response.body);
  } else {
    append_state(response.body, *thread, page->front(), backend.agents);
  }
  co_await session.send(std::move(response));
}

Result<HistoryWish> checkpoint_in_body(std::string_view text, std::size_t depth_max) {
  auto body = parse_body(text, depth_max);
  if (!body) return body.error();
  BodyReader reader(*body, "");
  HistoryWish wish;
  NamedCheckpoint named = read_checkpoint(reader);
  wish.query.at = std::move(named.id);
  wish.root = named.root;
  if (reader.fault) return *reader.fault;
  return wish;
}

Result<HistoryWish> checkpoint_in_path(const Request& request) {
  HistoryWish wish;
  wish.query.at = request.parameters[1];
  return wish;
}

}  // namespace

void add_history_routes(Router& router, const Backend& backend) {
  const auto add = [&](const char* method, const char* pattern, auto answer, auto read) {
    router.add(method, pattern, Access::chat, [&backend, answer, read](HttpSession& session) {
      return answer(session, backend, read(session));
    });
  };
  const auto newest = [](HttpSession&) { return Result<HistoryWish>(HistoryWish{}); };
  const auto in_path = [](HttpSession& session) { return checkpoint_in_path(session.request()); };
  const auto in_query = [](HttpSession& session) { return wish_in_query(session.request()); };
  const auto in_body = [](HttpSession& session) {
    return wish_in_body(session.request().message.body(), session.options().json_depth_max);
  };
  const auto named_in_body = [](HttpSession& session) {
    return checkpoint_in_body(session.request().message.body(), session.options().json_depth_max);
  };
  add("GET", "/threads/{thread_id}/state", send_state, newest);
  add("GET", "/threads/{thread_id}/state/{checkpoint_id}", send_state, in_path);
  add("POST", "/threads/{thread_id}/state/checkpoint", send_state, named_in_body);
  add("GET", "/threads/{thread_id}/history", send_history, in_query);
  add("POST", "/threads/{thread_id}/history", send_history, in_body);
}

}  // namespace parlance::net
