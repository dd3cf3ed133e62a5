#include "runtime/graph/nodes/wait.hpp"

#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"

namespace parlance {
namespace {

Result<std::chrono::milliseconds> time_asked(const std::string& question) {
  constexpr std::size_t depth_max = 4;
  if (const auto json = parse_json(question, depth_max); json) {
    const Json ms = json->is_object() ? json->value("ms", Json()) : *json;
    if (ms.is_number_unsigned() &&
        ms.get<std::uint64_t>() <= static_cast<std::uint64_t>(WaitNode::wait_time_max.count())) {
      return std::chrono::milliseconds(ms.get<std::int64_t>());
    }
  }
  return Error{ErrorCode::invalid_value,
               "must be a number of milliseconds, as in {\"ms\": 250}, of at most " +
                   std::to_string(WaitNode::wait_time_max.count()),
               "input.messages",
               {}};
}

}  // namespace

Result<std::unique_ptr<Node>> WaitNode::make(const Json& settings, const AgentParts&) {
  if (auto read = node_reader(settings).finish(); !read) return read.error();
  return std::unique_ptr<Node>(std::make_unique<WaitNode>());
}

Result<Action> WaitNode::enter(const TurnState& turn) const {
  const auto time = time_asked(turn.question());
  if (!time) return time.error();
  return Action(Wait{*time});
}

Result<Action> WaitNode::resume(const TurnState& turn, const Answer& answer) const {
  if (!std::holds_alternative<Waited>(answer)) return Node::resume(turn, answer);
  const auto time = time_asked(turn.question());
  if (!time) return time.error();
  Finish finish;
  finish.update.messages.push_back(
      ai_message(turn.new_message_id(), "waited " + std::to_string(time->count()) + " ms"));
  return Action(std::move(finish));
}

}  // namespace parlance
