#include "runtime/graph/nodes/retrieve.hpp"

#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"
#include "runtime/llm/question.hpp"

namespace parlance {
namespace {

Action follow(const Passages& passages) {
  Follow follow{passages.found.empty() ? "nothing" : "found", {}};
  follow.update.fields[passages_field] = json_of(passages.found);
  follow.update.fields[frequencies_field] = json_of(passages.frequencies);
  return follow;
}

}  // namespace

Result<std::unique_ptr<Node>> RetrieveNode::make(const Json& settings, const AgentParts& agent) {
  auto reader = node_reader(settings);
  const auto passages_max = reader.number("passages_max", 6, {1, 50});
  if (auto read = reader.finish(); !read) return read.error();
  return std::unique_ptr<Node>(std::make_unique<RetrieveNode>(passages_max, agent.synonyms));
}

Json RetrieveNode::fields() const {
  return {{passages_field, Json::array()}, {frequencies_field, Json::object()}};
}

std::vector<std::string> RetrieveNode::private_fields() const {
  return {std::string(frequencies_field)};
}

Result<Action> RetrieveNode::enter(const TurnState& turn) const {
  if (turn.question().empty()) return follow({});
  return Action(
      FindPassages{search_text(question_of(turn.messages, synonyms_.get())), passages_max_});
}

Result<Action> RetrieveNode::resume(const TurnState& turn, const Answer& answer) const {
  const auto* passages = std::get_if<Passages>(&answer);
  if (passages == nullptr) return Node::resume(turn, answer);
  return follow(*passages);
}

}  // namespace parlance
