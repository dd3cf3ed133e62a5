#include "net/http_session.hpp"
#include "net/json_text.hpp"
#include "net/routes/routes.hpp"
#include "net/turn_answer.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/ids.hpp"

#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

asio::awaitable<void> list_quarantined(HttpSession& session, const Backend& backend) {
  using Turns = std::vector<QuarantinedTurn>;
  auto ask = [&](Conversations::Answer<Turns> done) {
    backend.conversations.quarantined(std::move(done));
  };
  const auto turns = co_await answer_of<Turns>(ask);
  if (!turns) co_return co_await session.send_error(turns.error());
  Json listed = Json::array();
  for (const auto& turn : *turns) {
    listed.push_back({{"tenant", turn.thread.tenant.value},
                      {"thread_id", turn.thread.thread.value},
                      {"run_id", turn.run.value},
                      {"agent", turn.agent},
                      {"created_at", iso_time(turn.accepted_ms)}});
  }
  Response response;
  response.body = dump(Json{{"turns", std::move(listed)}});
  co_await session.send(std::move(response));
}

asio::awaitable<void> release_quarantined(HttpSession& session, const Backend& backend) {
  const auto& [tenant, thread, unused] = session.request().parameters;
  auto ask = [&](Conversations::Answer<void> done) {
    backend.conversations.release_quarantined({{tenant}, {thread}}, std::move(done));
  };
  if (!is_identifier(tenant) || !is_identifier(thread)) {
    co_return co_await session.send_error(not_in_quarantine());
  }
  const auto released = co_await answer_of<void>(ask);
  if (!released) co_return co_await session.send_error(released.error());
  Response response;
  response.status = 204;
  co_await session.send(std::move(response));
}

}  // namespace

Authenticate authenticate_with(const KeyStore& keys, const Clock& clock) {
  return [&keys, &clock](std::string_view key) { return keys.check(key, clock.unix_ms()); };
}

Router make_routes(const Backend& backend) {
  Router router(authenticate_with(backend.keys, backend.clock));
  add_operator_routes(router, backend);
  add_pool_routes(router, backend);
  add_answer_routes(router, backend);
  add_usage_routes(router, backend);
  add_openai_routes(router, backend);
  add_embedding_routes(router, backend);
  add_estimate_routes(router, backend);
  add_langgraph_routes(router, backend);
  add_page_routes(router);
  return router;
}

void add_operator_routes(Router& router, const Backend& backend) {
  router.add("GET", "/livez", Access::open, [](HttpSession& session) -> asio::awaitable<void> {
    Response response;
    response.body = R"({"status":"alive"})";
    co_await session.send(std::move(response));
  });
  router.add(
      "GET", "/readyz", Access::open, [&backend](HttpSession& session) -> asio::awaitable<void> {
        Response response;
        const bool ready = backend.health.ready();
        response.status = ready ? 200 : 503;
        response.body = ready ? R"({"status":"ready"})" : R"({"status":"not_ready"})";
        co_await session.send(std::move(response));
      });
  router.add(
      "GET", "/version", Access::open, [&backend](HttpSession& session) -> asio::awaitable<void> {
        Response response;
        response.body = R"({"version":)";
        append_quoted(response.body, backend.version);
        response.body.append(R"(,"build":)");
        append_quoted(response.body, backend.build);
        response.body.push_back('}');
        co_await session.send(std::move(response));
      });
  router.add("GET", "/v1/admin/quarantine", Access::admin, [&backend](HttpSession& session) {
    return list_quarantined(session, backend);
  });
  router.add("POST",
             "/v1/admin/quarantine/{tenant}/{thread_id}/release",
             Access::admin,
             [&backend](HttpSession& session) { return release_quarantined(session, backend); });
  router.add("GET",
             "/metrics",
             Access::metrics,
             [&backend](HttpSession& session) -> asio::awaitable<void> {
               Response response;
               response.content_type = "text/plain; version=0.0.4; charset=utf-8";
               response.body = backend.registry.text();
               co_await session.send(std::move(response));
             });
}

}  // namespace parlance::net
