// What a turn would cost and how long it would wait, before it is sent.
#include "net/body.hpp"
#include "net/http_session.hpp"
#include "net/routes/openai_request.hpp"
#include "net/routes/routes.hpp"
#include "net/turn_answer.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

using Estimated = std::optional<CallEstimate>;
using Lanes = std::vector<LaneView>;

Json call_json(const CallEstimate& call) {
  return {{"node", call.node},
          {"role", call.role},
          {"provider", call.provider},
          {"model", call.model},
          {"tokens_in", call.usage.tokens_in},
          {"tokens_out_max", call.usage.tokens_out},
          {"money_max", money_text(call.amount.nanos)},
          {"price_version", call.price_version}};
}

Json refusal_json(const BudgetRefusal& refusal) {
  const Error error = refusal.error();
  return {{"code", to_string(error.code)},
          {"message", error.detail},
          {"payer", refusal.payer ? Json(to_string(*refusal.payer)) : Json(nullptr)},
          {"period", refusal.payer ? Json(to_string(refusal.period)) : Json(nullptr)}};
}

Json lanes_json(const Lanes& lanes) {
  Json listed = Json::array();
  for (const auto& lane : lanes) {
    listed.push_back({{"provider", lane.provider},
                      {"model", lane.model},
                      {"takes_calls", lane.takes_calls},
                      {"wait_ms", lane.wait.count()}});
  }
  return listed;
}

asio::awaitable<void> estimate(HttpSession& session, const Backend& backend) {
  Request& request = session.request();
  auto body = parse_body(request.message.body(), session.options().json_depth_max);
  if (!body) co_return co_await session.send_error(body.error());
  auto read = read_completion_request(*body, backend.agents);
  if (!read) co_return co_await session.send_error(read.error());
  TurnRequest turn = turn_of(*read, request, backend.agents);
  if (auto refusal = session.admit_user(turn.user))
    co_return co_await session.send_error(std::move(*refusal));
  const std::string tenant = turn.thread.tenant.value;
  const auto call = co_await answer_of<Estimated>([&](Conversations::Answer<Estimated> done) {
    backend.conversations.estimate(std::move(turn), std::move(done));
  });
  if (!call) co_return co_await session.send_error(call.error());

  Json answer = {{"object", "estimate"},
                 {"model", read->model},
                 {"call", nullptr},
                 {"refusal", nullptr},
                 {"lanes", Json::array()}};
  if (*call) {
    const CallEstimate& estimated = **call;
    const CallWish wish{
        estimated.role,
        tenant,
        {static_cast<std::uint64_t>(estimated.amount.tokens), estimated.usage.tokens_out},
        !estimated.model_override.empty(),
        request.caller.key_id};
    const auto lanes = co_await answer_of<Lanes>(
        [&](Pools::Answer done) { backend.pools.lanes_for(wish, std::move(done)); });
    if (!lanes) co_return co_await session.send_error(lanes.error());
    answer["call"] = call_json(estimated);
    if (estimated.refusal) answer["refusal"] = refusal_json(*estimated.refusal);
    answer["lanes"] = lanes_json(*lanes);
  }
  Response response;
  response.body = dump(answer);
  co_await session.send(std::move(response));
}

}  // namespace

void add_estimate_routes(Router& router, const Backend& backend) {
  router.add("POST", "/v1/estimate", Access::chat, [&backend](HttpSession& session) {
    return estimate(session, backend);
  });
}

}  // namespace parlance::net
