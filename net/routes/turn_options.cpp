#include "net/routes/turn_options.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace parlance::net {

std::optional<bool> read_on_disconnect(BodyReader& body) {
  const auto word = body.text("on_disconnect");
  if (word == "cancel") return true;
  if (word == "continue") return false;
  if (!word.empty()) body.refuse("on_disconnect", "must be cancel or continue");
  return std::nullopt;
}

void read_model_options(BodyReader& body, Json& options) {
  if (const auto temperature = body.number("temperature", 0, 2))
    options["temperature"] = *temperature;
  constexpr std::uint64_t tokens_most = 1'000'000;
  const auto newer = body.count("max_completion_tokens", 1, tokens_most);
  const auto older = body.count("max_tokens", 1, tokens_most);
  if (newer || older) options["max_tokens"] = newer ? *newer : *older;
}

Result<void> check_agent(const Agents& agents,
                         std::string_view agent,
                         std::string_view model_override,
                         std::string_view field) {
  const auto found = agents.find(agent);
  if (found == agents.end()) {
    return Error{ErrorCode::agent_not_found,
                 "there is no agent \"" + std::string(agent.substr(0, 128)) + "\"",
                 std::string(field),
                 {}};
  }
  if (!model_override.empty() && !found->second->allows_model(model_override)) {
    return Error{
        ErrorCode::model_not_found,
        "the agent does not allow the model \"" + std::string(model_override.substr(0, 128)) + "\"",
        std::string(field),
        {}};
  }
  return {};
}

Deadline deadline_of(const Request& request, const Agents& agents, std::string_view agent) {
  const auto found = agents.find(agent);
  auto time =
      found == agents.end() ? AgentLimits{}.turn_time_max : found->second->limits().turn_time_max;
  const auto header = request.header("x-stainless-timeout");
  double seconds = 0;
  const auto [end, problem] =
      std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (!header.empty() && problem == std::errc{} && std::isfinite(seconds) && seconds > 0 &&
      seconds < 1e6) {
    time = std::min(time, std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000)));
  }
  return Deadline::at(request.received + time);
}

}  // namespace parlance::net
