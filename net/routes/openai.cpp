#include "net/body.hpp"
#include "net/http_session.hpp"
#include "net/idempotency.hpp"
#include "net/json_text.hpp"
#include "net/routes/openai_events.hpp"
#include "net/routes/openai_request.hpp"
#include "net/routes/routes.hpp"
#include "net/routes/turn_options.hpp"
#include "net/turn_answer.hpp"

#include <algorithm>
#include <utility>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

void append_model(std::string& out, const std::string& name, std::int64_t created_s) {
  out.append(R"({"id":)");
  append_quoted(out, name);
  out.append(R"(,"object":"model","created":)");
  append_number(out, static_cast<std::uint64_t>(created_s));
  out.append(R"(,"owned_by":"parlance"})");
}

asio::awaitable<void> complete_chat(HttpSession& session, const Backend& backend) {
  Request& request = session.request();
  auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) co_return co_await session.send_error(body.error());
  const auto key = read_idempotency_key(request, KeyedOperation::completion, *body);
  if (!key) co_return co_await session.send_error(key.error());
  auto read = read_completion_request(*body, backend.agents);
  if (!read) co_return co_await session.send_error(read.error());

  const bool stateless = read->thread.empty();
  TurnRequest turn = turn_of(*read, request, backend.agents);
  if (auto refusal = session.admit_user(turn.user))
    co_return co_await session.send_error(std::move(*refusal));
  if (*key) (*key)->name(turn, stateless, deadline_of(request, backend.agents, read->agent));
  CompletionLook look{read->model, "chatcmpl-" + turn.run.value, read->include_usage, !stateless};
  // What a turn was asked stands on its thread, also when it failed; and what has a key fails
  // again.
  const auto retry = stateless && !*key ? Retry::as_the_error_says : Retry::never;
  Leaving leaving;
  if (read->cancel_when_left.value_or(!*key))
    leaving = {&backend.conversations, turn.thread, turn.run};

  TurnStream::Options options;
  options.wants = read->stream ? TurnStream::Wants::everything : TurnStream::Wants::end;
  options.buffer_bytes_max = session.options().stream_buffer_bytes_max;
  options.fell_behind = session.cut_soon();
  const auto stream = std::make_shared<TurnStream>(session.waker(), std::move(options));
  backend.conversations.start_turn(std::move(turn), stream);

  if (read->stream) {
    OpenaiEvents events(std::move(look), backend.agents);
    StreamingOptions streaming;
    streaming.head.content_type = "text/event-stream; charset=utf-8";
    streaming.head.headers = "cache-control: no-cache\r\nx-accel-buffering: no\r\n";
    streaming.leaving = std::move(leaving);
    streaming.retry = retry;
    co_return co_await stream_turn(session, stream, events, std::move(streaming));
  }
  auto waited = co_await wait_for_turn(session, *stream, std::move(leaving), nullptr);
  if (waited.left) co_return;
  if (waited.error) co_return co_await session.send_error(std::move(*waited.error));
  TurnView view(stream->start(), backend.agents);
  for (const auto& record : waited.records)
    view.apply(record);
  if (view.ended() == nullptr || !succeeded(view.ended()->outcome)) {
    const Error failure = view.ended() == nullptr
                              ? Error{ErrorCode::internal, "the turn has no end", {}, {}}
                              : error_of(*view.ended());
    co_return co_await send_failure(session, stream->start(), failure, retry);
  }
  Response response;
  response.body = completion_text(look, view);
  tell_if_repeated(response, stream->start().repeated);
  co_await session.send(std::move(response));
}

}  // namespace

void add_openai_routes(Router& router, const Backend& backend) {
  const auto created_s = backend.clock.unix_ms() / 1'000;
  router.add("POST", "/v1/chat/completions", Access::chat, [&backend](HttpSession& session) {
    return complete_chat(session, backend);
  });
  router.add("GET",
             "/v1/models",
             Access::chat,
             [&backend, created_s](HttpSession& session) -> asio::awaitable<void> {
               Response response;
               response.body = R"({"object":"list","data":[)";
               for (const auto& [name, agent] : backend.agents) {
                 if (response.body.back() == '}') response.body.push_back(',');
                 append_model(response.body, name, created_s);
               }
               for (const auto& role : backend.embedding_rules.roles) {
                 if (response.body.back() == '}') response.body.push_back(',');
                 append_model(response.body, role, created_s);
               }
               response.body.append("]}");
               co_await session.send(std::move(response));
             });
  router.add(
      "GET",
      "/v1/models/{model}",
      Access::chat,
      [&backend, created_s](HttpSession& session) -> asio::awaitable<void> {
        const auto& name = session.request().parameters[0];
        const auto& embedding = backend.embedding_rules.roles;
        const bool embeds = std::find(embedding.begin(), embedding.end(), name) != embedding.end();
        if (!embeds && !backend.agents.contains(name)) {
          Error error{ErrorCode::model_not_found, "there is no model of this name", "model", {}};
          co_return co_await session.send_error(std::move(error));
        }
        Response response;
        append_model(response.body, name, created_s);
        co_await session.send(std::move(response));
      });
}

}  // namespace parlance::net
