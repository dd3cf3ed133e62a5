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
  ThreadKey thread;
  HistoryQuery query;
  Json metadata = Json::object();  // that a checkpoint must have
  bool root = true;                // there are no subgraphs: another namespace has no checkpoints
  std::string at_field = "checkpoint_id";  // where query.at was named
};

asio::awaitable<Result<Checkpoints>> history_of(const Backend& backend, const HistoryWish& wish) {
  auto ask = [&](Conversations::Answer<Checkpoints> done) {
    backend.conversations.history(wish.thread, wish.query, std::move(done));
  };
  auto page = co_await answer_of<Checkpoints>(ask);
  if (page || page.error().code != ErrorCode::checkpoint_not_found || wish.query.at.empty())
    co_return page;
  Error unknown = page.error();
  unknown.field = wish.at_field;
  Result<Checkpoints> refused = std::move(unknown);
  co_return refused;
}

// Of the thread that the path names.
Result<HistoryWish> wish_in_path(const Request& request) {
  auto thread = thread_in_path(request);
  if (!thread) return thread.error();
  HistoryWish wish;
  wish.thread = std::move(*thread);
  wish.query.at = request.parameters[1];  // empty in routes that have none
  return wish;
}

Result<HistoryWish> wish_in_query(const Request& request) {
  auto wish = wish_in_path(request);
  if (!wish) return wish;
  const auto page = page_in_query(request);
  if (!page) return page.error();
  if (page->offset != 0)
    return Error{ErrorCode::invalid_value, "a history is paged by `before`", "offset", {}};
  wish->query.checkpoints_max = page->limit;
  wish->query.before = request.query_value("before").value_or("");
  return wish;
}

void read_named(BodyReader& reader, HistoryWish& wish) {
  NamedCheckpoint named = read_checkpoint(reader, wish.thread.thread);
  wish.query.at = std::move(named.id);
  wish.at_field = reader.path_of("checkpoint.checkpoint_id");
  wish.root = named.root;
}

// `before` is {"checkpoint_id"} or {"configurable": {"checkpoint_id"}} or the id.
void read_page(BodyReader& reader, HistoryWish& wish) {
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
  read_named(reader, wish);
  if (!wish.query.at.empty() && !wish.query.before.empty())
    reader.refuse("before", "cannot be asked for together with checkpoint.checkpoint_id");
}

Result<HistoryWish> wish_in_body(HttpSession& session, void (*read)(BodyReader&, HistoryWish&)) {
  const Request& request = session.request();
  auto wish = wish_in_path(request);
  if (!wish) return wish;
  auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) return body.error();
  BodyReader reader(*body, "");
  read(reader, *wish);
  if (reader.fault) return *reader.fault;
  return wish;
}

asio::awaitable<void> send_history(HttpSession& session,
                                   const Backend& backend,
                                   Result<HistoryWish> wish) {
  if (!wish) co_return co_await session.send_error(wish.error());
  HistoryQuery& query = wish->query;
  std::size_t left = wish->root ? query.checkpoints_max : 0;
  if (!wish->metadata.empty() || left == 0) query.checkpoints_max = scan_checkpoints;
  Response response;
  response.body = "[";
  bool more = true;
  while (more) {
    const auto page = co_await history_of(backend, *wish);
    if (!page) co_return co_await session.send_error(page.error());
    more = page->size() == query.checkpoints_max && query.at.empty();
    for (const auto& checkpoint : *page) {
      if (left == 0 || response.body.size() >= page_bytes_max) break;
      if (!contains(metadata_of(wish->thread, checkpoint), wish->metadata)) continue;
      if (response.body.size() > 1) response.body.push_back(',');
      append_state(response.body, wish->thread, checkpoint, backend.agents);
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
  wish->query.checkpoints_max = 1;
  const auto page = co_await history_of(backend, *wish);
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
    append_state(response.body, wish->thread, page->front(), backend.agents);
  }
  co_await session.send(std::move(response));
}

}  // namespace

void add_history_routes(Router& router, const Backend& backend) {
  const auto add = [&](const char* method, const char* pattern, auto answer, auto read) {
    router.add(method, pattern, Access::chat, [&backend, answer, read](HttpSession& session) {
      return answer(session, backend, read(session));
    });
  };
  const auto in_path = [](HttpSession& session) { return wish_in_path(session.request()); };
  const auto in_query = [](HttpSession& session) { return wish_in_query(session.request()); };
  const auto in_body = [](HttpSession& session) { return wish_in_body(session, read_page); };
  const auto named_in_body = [](HttpSession& session) { return wish_in_body(session, read_named); };
  add("GET", "/threads/{thread_id}/state", send_state, in_path);
  add("GET", "/threads/{thread_id}/state/{checkpoint_id}", send_state, in_path);
  add("POST", "/threads/{thread_id}/state/checkpoint", send_state, named_in_body);
  add("GET", "/threads/{thread_id}/history", send_history, in_query);
  add("POST", "/threads/{thread_id}/history", send_history, in_body);
}

}  // namespace parlance::net
