// Answers that are kept, for operators: a wrong one can be thrown away at once.
#include "net/http_session.hpp"
#include "net/routes/routes.hpp"
#include "net/turn_answer.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/log.hpp"
#include "runtime/llm/kept_answers.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

// Empty: of all tenants, which is meant only where nothing at all is said: a script may have lost
// the name on the way, or have mistyped the parameter's.
Result<std::string> read_tenant(const Request& request) {
  if (!request.message.body().empty())
    return Error{ErrorCode::invalid_value, "is told in the query, not in a body", "tenant", {}};
  if (request.query.empty()) return std::string();
  auto tenant = request.query_value("tenant");
  if (!tenant || request.query.find('&') != std::string_view::npos)
    return Error{ErrorCode::invalid_value, "is the only parameter", "tenant", {}};
  if (!is_identifier(*tenant))
    return Error{ErrorCode::invalid_value, "is not the name of a tenant", "tenant", {}};
  return std::move(*tenant);
}

asio::awaitable<void> forget_answers(HttpSession& session, const Backend& backend) {
  const auto tenant = read_tenant(session.request());
  if (!tenant) co_return co_await session.send_error(tenant.error());
  const auto forgotten = co_await answer_of<std::uint64_t>(
      [&](KeptAnswers::Forgotten done) { backend.kept_answers.forget(*tenant, std::move(done)); });
  if (!forgotten) co_return co_await session.send_error(forgotten.error());
  log_info("kept_answers_forgotten", {{"tenant", *tenant}, {"answers", *forgotten}});
  Response response;
  response.body = dump(Json{{"forgotten", *forgotten}});
  co_await session.send(std::move(response));
}

}  // namespace

void add_answer_routes(Router& router, const Backend& backend) {
  router.add("DELETE", "/v1/admin/answers", Access::admin, [&backend](HttpSession& session) {
    return forget_answers(session, backend);
  });
}

}  // namespace parlance::net
