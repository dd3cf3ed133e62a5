// /v1/embeddings: one call to a model that embeds. A client that leaves cancels it.
#include "net/body.hpp"
#include "net/http_session.hpp"
#include "net/routes/embedding_request.hpp"
#include "net/routes/routes.hpp"
#include "net/routes/turn_options.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

// What the call came to, told by a thread of another's.
class Outcome {
 public:
  void tell(Result<Embedded> result) {
    const std::scoped_lock lock(mutex_);
    result_ = std::move(result);
  }
  std::optional<Result<Embedded>> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(result_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Result<Embedded>> result_;  // guarded by mutex_
};

EmbeddingRequest request_of(const Request& request, EmbeddingWish& wish, const Backend& backend) {
  const auto latest = Deadline::at(request.received + backend.embedding_rules.time_max);
  return {request.caller.tenant,
          request.caller.key_id,
          std::move(wish.role),
          std::move(wish.input),
          deadline_of_waiting(request, latest),
          request.id};
}

asio::awaitable<void> embed(HttpSession& session, const Backend& backend) {
  Request& request = session.request();
  auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) co_return co_await session.send_error(body.error());
  auto wish = read_embedding_wish(*body, backend.embedding_rules);
  if (!wish) co_return co_await session.send_error(wish.error());
  if (auto refusal = session.admit_user(wish->input->user))
    co_return co_await session.send_error(std::move(*refusal));

  const auto told = std::make_shared<Outcome>();
  const auto leave =
      backend.embeddings.embed(request_of(request, *wish, backend),
                               [told, waker = session.waker()](Result<Embedded> result) {
                                 told->tell(std::move(result));
                                 waker->wake();
                               });
  session.watch_peer();
  auto outcome = told->take();
  while (!outcome) {
    if (session.peer_gone()) co_return leave();
    co_await session.waker()->wait_until(std::chrono::steady_clock::time_point::max());
    outcome = told->take();
  }
  if (!*outcome) co_return co_await session.send_error(outcome->error());
  Response response;
  response.body = embedding_text(**outcome, wish->encoding);
  co_await session.send(std::move(response));
}

}  // namespace

void add_embedding_routes(Router& router, const Backend& backend) {
  router.add("POST", "/v1/embeddings", Access::chat, [&backend](HttpSession& session) {
    return embed(session, backend);
  });
}

}  // namespace parlance::net
