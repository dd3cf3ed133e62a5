#include "net/routes/langgraph.hpp"

#include "net/body.hpp"
#include "net/json_text.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/routes/langgraph_request.hpp"
#include "net/routes/routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

constexpr std::size_t page_max = 1'000;

Result<std::size_t> number_in_query(const Request& request,
                                    std::string_view name,
                                    std::size_t otherwise) {
  const auto text = request.query_value(name);
  if (!text) return otherwise;
  std::size_t number = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (problem == std::errc{} && end == text->data() + text->size()) return number;
  return Error{ErrorCode::invalid_value, "must be a whole number", std::string(name), {}};
}

// Empty for the times: all agents were made when the server started.
std::string sort_key(const Agent& agent, std::string_view sort_by) {
  if (sort_by == "assistant_id") return named_uuid(agent.name());
  return sort_by == "name" || sort_by == "graph_id" ? agent.name() : std::string();
}

void sort_agents(std::vector<const Agent*>& agents, BodyReader& reader) {
  const auto by = reader.text("sort_by", "created_at");
  const auto order = reader.text("sort_order", "desc");
  constexpr std::array<std::string_view, 5> known{
      "assistant_id", "graph_id", "name", "created_at", "updated_at"};
  if (std::find(known.begin(), known.end(), by) == known.end())
    reader.refuse("sort_by", "must be assistant_id, graph_id, name, created_at or updated_at");
  if (order != "asc" && order != "desc") reader.refuse("sort_order", "must be asc or desc");
  std::stable_sort(agents.begin(), agents.end(), [&](const Agent* left, const Agent* right) {
    if (order == "desc") std::swap(left, right);
    return sort_key(*left, by) < sort_key(*right, by);
  });
}

asio::awaitable<void> search_assistants(HttpSession& session,
                                        const Backend& backend,
                                        std::int64_t created_ms) {
  auto body = parse_body(session.request().message.body(), session.options().json_depth_max);
  if (!body) co_return co_await session.send_error(body.error());
  BodyReader reader(*body, "");
  const auto graph = reader.text("graph_id");
  const auto name = reader.text("name");
  const Json metadata = reader.object("metadata");
  const auto limit = reader.count("limit", 1, page_max).value_or(10);
  const auto offset = reader.count("offset", 0, 1'000'000).value_or(0);
  std::vector<const Agent*> found;
  for (const auto& [agent_name, agent] : backend.agents) {
    if ((graph.empty() || graph == agent_name) && agent_name.find(name) != std::string::npos &&
        contains(assistant_metadata(), metadata)) {
      found.push_back(agent.get());
    }
  }
  sort_agents(found, reader);
  if (reader.fault) co_return co_await session.send_error(std::move(*reader.fault));

  Response response;
  response.body = "[";
  for (auto place = offset; place < std::min(offset + limit, found.size()); ++place) {
    if (response.body.size() > 1) response.body.push_back(',');
    append_assistant(response.body, *found[place], created_ms);
  }
  response.body.push_back(']');
  response.add_header("x-pagination-total", std::to_string(found.size()));
  if (offset + limit < found.size())
    response.add_header("x-pagination-next", std::to_string(offset + limit));
  co_await session.send(std::move(response));
}

}  // namespace

bool contains(const Json& whole, const Json& part) {
  if (!part.is_object() || !whole.is_object()) return whole == part;
  for (const auto& [name, value] : part.items()) {
    const auto found = whole.find(name);
    if (found == whole.end() || !contains(*found, value)) return false;
  }
  return true;
}

Result<ThreadKey> thread_in_path(const Request& request) {
  if (auto id = parse_identifier(request.parameters[0]))
    return ThreadKey{request.caller.tenant, {std::move(*id)}};
  return Error{ErrorCode::thread_not_found, "there is no thread of this id", {}, {}};
}

Result<Page> page_in_query(const Request& request) {
  const auto limit = number_in_query(request, "limit", 10);
  if (!limit) return limit.error();
  if (*limit == 0 || *limit > page_max) {
    return Error{ErrorCode::invalid_value, "must be a whole number from 1 to 1000", "limit", {}};
  }
  const auto offset = number_in_query(request, "offset", 0);
  if (!offset) return offset.error();
  return Page{*limit, *offset};
}

void add_assistant_routes(Router& router, const Backend& backend) {
  const auto created_ms = backend.clock.unix_ms();
  router.add("GET", "/ok", Access::open, [](HttpSession& session) -> asio::awaitable<void> {
    Response response;
    response.body = R"({"ok":true})";
    co_await session.send(std::move(response));
  });
  router.add("GET", "/info", Access::chat, [&backend](HttpSession& session) -> asio::awaitable<void> {
    Response response;
    response.body = R"({"version":)";
    append_quoted(response.body, backend.version);
    response.body.append(
        R"(,"context":"parlance","flags":{"assistants":true,"crons":false,"langsmith":false,"langsmith_tracing_replicas":false}})");
    co_await session.send(std::move(response));
  });
  router.add(
      "POST", "/assistants/search", Access::chat, [&backend, created_ms](HttpSession& session) {
        return search_assistants(session, backend, created_ms);
      });
  router.add("GET",
             "/assistants/{assistant_id}",
             Access::chat,
             [&backend, created_ms](HttpSession& session) -> asio::awaitable<void> {
               const auto& id = session.request().parameters[0];
               const auto agent = backend.agents.find(agent_of_assistant(backend.agents, id));
               if (agent == backend.agents.end())
                 co_return co_await session.send_error(assistant_not_found(id));
               Response response;
               append_assistant(response.body, *agent->second, created_ms);
               co_await session.send(std::move(response));
             });
}

void add_langgraph_routes(Router& router, const Backend& backend) {
  add_assistant_routes(router, backend);
  add_thread_routes(router, backend);
  add_history_routes(router, backend);
  add_run_routes(router, backend);
  add_known_run_routes(router, backend);
}

}  // namespace parlance::net
