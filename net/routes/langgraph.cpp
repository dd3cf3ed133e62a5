#include "net/routes/langgraph.hpp"

#include "net/body.hpp"
#include "net/json_text.hpp"
#include "net/routes/langgraph_objects.hpp"
#include "net/routes/langgraph_request.hpp"
#include "net/routes/routes.hpp"

#include <charconv>
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

asio::awaitable<void> search_assistants(HttpSession& session,
                                        const Backend& backend,
                                        std::int64_t created_ms) {
  auto body = parse_body(session.request().message.body(), session.options().json_depth_max);
  if (!body) co_return co_await session.send_error(body.error());
  BodyReader reader(*body, "");
  const auto graph = reader.text("graph_id");
  const auto name = reader.text("name");
  const auto limit = reader.count("limit", 1, page_max).value_or(10);
  const auto offset = reader.count("offset", 0, 1'000'000).value_or(0);
  if (reader.fault) co_return co_await session.send_error(std::move(*reader.fault));

  Response response;
  response.body = "[";
  std::size_t found = 0;
  for (const auto& [agent_name, agent] : backend.agents) {
    if ((!graph.empty() && graph != agent_name) ||
        (!name.empty() && agent_name.find(name) == std::string::npos)) {
      continue;
    }
    const auto place = found++;
    if (place < offset || place >= offset + limit) continue;
    if (response.body.size() > 1) response.body.push_back(',');
    append_assistant(response.body, *agent, created_ms);
  }
  response.body.push_back(']');
  response.add_header("x-pagination-total", std::to_string(found));
  if (offset + limit < found)
    response.add_header("x-pagination-next", std::to_string(offset + limit));
  co_await session.send(std::move(response));
}

}  // namespace

Result<ThreadKey> thread_in_path(const Request& request) {
  const auto& id = request.parameters[0];
  if (is_identifier(id)) return ThreadKey{request.caller.tenant, {id}};
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
  add_run_routes(router, backend);
}

}  // namespace parlance::net
