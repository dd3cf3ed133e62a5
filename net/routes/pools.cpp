// The lanes of the model pool, for operators.
#include "runtime/ports/pools.hpp"

#include "net/body.hpp"
#include "net/http_session.hpp"
#include "net/routes/routes.hpp"
#include "net/turn_answer.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parlance::net {
namespace asio = boost::asio;

namespace {

using Lanes = std::vector<LaneView>;

constexpr std::uint64_t calls_most = 1'000'000;

// null: the provider said nothing that binds.
Json json_of(const std::optional<ToldQuota>& told) {
  if (!told) return nullptr;
  return {{"limit", told->limit ? Json(*told->limit) : Json()},
          {"remaining", told->remaining.value_or(0)},
          {"reset_ms", told->reset.value_or(std::chrono::milliseconds(0)).count()}};
}

Json by_criticality(const LaneView& lane) {
  Json json = Json::object();
  for (std::size_t each = 0; each < criticality_names.size(); ++each)
    json[std::string(criticality_names.at(each))] = lane.waiting_by_criticality.at(each);
  return json;
}

Json json_of(const LaneView& lane) {
  return {{"provider", lane.provider},
          {"model", lane.model},
          {"roles", lane.roles},
          {"mode", to_string(lane.mode)},
          {"calls_at_once", lane.calls_at_once},
          {"calls_at_once_min", lane.calls_at_once_min},
          {"calls_at_once_max", lane.calls_at_once_max},
          {"adapts", lane.adapts},
          {"reason", to_string(lane.reason)},
          {"requests_per_minute_max", lane.requests_per_minute_max},
          {"tokens_per_minute_max", lane.tokens_per_minute_max},
          {"requests_told", json_of(lane.requests_told)},
          {"tokens_told", json_of(lane.tokens_told)},
          {"held_by", to_string(lane.held_by)},
          {"running", lane.running},
          {"waiting", lane.waiting},
          {"calls_waiting_max", lane.calls_waiting_max},
          {"waiting_by_tenant", lane.waiting_by_tenant},
          {"weight_by_tenant", lane.weight_by_tenant},
          {"waiting_by_criticality", by_criticality(lane)},
          {"wait_ms", lane.wait.count()},
          {"breaker", to_string(lane.breaker)},
          {"retries_left", lane.retries_left}};
}

asio::awaitable<void> send_lanes(HttpSession& session, const Result<Lanes>& lanes) {
  if (!lanes) co_return co_await session.send_error(lanes.error());
  Json listed = Json::array();
  for (const auto& lane : *lanes)
    listed.push_back(json_of(lane));
  Response response;
  response.body = dump(Json{{"lanes", std::move(listed)}});
  co_await session.send(std::move(response));
}

asio::awaitable<void> list_lanes(HttpSession& session, const Backend& backend) {
  const auto lanes =
      co_await answer_of<Lanes>([&](Pools::Answer done) { backend.pools.lanes(std::move(done)); });
  co_await send_lanes(session, lanes);
}

std::optional<std::uint32_t> calls_in(BodyReader& body, const char* name, std::uint64_t least) {
  const auto count = body.count(name, least, calls_most);
  return count ? std::optional(static_cast<std::uint32_t>(*count)) : std::nullopt;
}

Result<LaneChange> read_change(const Request& request, std::size_t depth_max) {
  auto body = parse_body(request.message.body(), depth_max);
  if (!body) return body.error();
  const std::set<std::string> known{
      "mode", "calls_at_once_min", "calls_at_once_max", "calls_waiting_max"};
  for (const auto& [name, value] : body->items()) {
    if (!known.contains(name)) return wrong_value(name, "cannot be changed");
  }
  BodyReader reader(*body, "");
  LaneChange change;
  change.provider = request.parameters[0];
  change.model = request.parameters[1];
  change.calls_at_once_min = calls_in(reader, "calls_at_once_min", 1);
  change.calls_at_once_max = calls_in(reader, "calls_at_once_max", 1);
  change.calls_waiting_max = calls_in(reader, "calls_waiting_max", 0);
  if (const auto mode = reader.text("mode"); !mode.empty()) {
    change.mode = lane_mode_from(mode);
    if (!change.mode) reader.refuse("mode", "must be open, paused or drained");
  }
  if (reader.fault) return *reader.fault;
  return change;
}

asio::awaitable<void> change_lane(HttpSession& session, const Backend& backend) {
  auto change = read_change(session.request(), session.options().json_depth_max);
  if (!change) co_return co_await session.send_error(change.error());
  const auto lanes = co_await answer_of<Lanes>(
      [&](Pools::Answer done) { backend.pools.change(std::move(*change), std::move(done)); });
  co_await send_lanes(session, lanes);
}

}  // namespace

void add_pool_routes(Router& router, const Backend& backend) {
  router.add("GET", "/v1/admin/pools", Access::admin, [&backend](HttpSession& session) {
    return list_lanes(session, backend);
  });
  router.add("PATCH",
             "/v1/admin/pools/{provider}/{model}",
             Access::admin,
             [&backend](HttpSession& session) { return change_lane(session, backend); });
}

}  // namespace parlance::net
