#include "net/http_session.hpp"
#include "net/json_text.hpp"
#include "net/routes/routes.hpp"

namespace parlance::net {
namespace asio = boost::asio;

Authenticate authenticate_with(const KeyStore& keys, const Clock& clock) {
  return [&keys, &clock](std::string_view key) { return keys.check(key, clock.unix_ms()); };
}

Router make_routes(const Backend& backend) {
  Router router(authenticate_with(backend.keys, backend.clock));
  add_operator_routes(router, backend);
  add_openai_routes(router, backend);
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
