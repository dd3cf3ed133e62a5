#include "runtime/graph/nodes/validate.hpp"

#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"
#include "runtime/llm/answer_notes.hpp"
#include "runtime/llm/citations.hpp"

#include <algorithm>

namespace parlance {
namespace {

MessagePtr newest_answer(const Messages& messages) {
  const auto found = std::find_if(messages.rbegin(), messages.rend(), [](const auto& message) {
    return message->role == Role::ai;
  });
  return found == messages.rend() ? nullptr : *found;
}

}  // namespace

Result<std::unique_ptr<Node>> ValidateNode::make(const Json& settings, const AgentParts&) {
  auto reader = node_reader(settings);
  Settings read_settings;
  read_settings.draft = reader.flag("draft", false);
  read_settings.retries_max = reader.number("retries_max", 2, {0, 10});
  read_settings.count_field = reader.required_text("count_field");
  read_settings.declines = reader.texts("declines");
  read_settings.declined_edge = has_edge(settings, "declined");
  if (auto read = reader.finish(); !read) return read.error();
  return std::unique_ptr<Node>(std::make_unique<ValidateNode>(std::move(read_settings)));
}

std::vector<std::string> ValidateNode::edges() const {
  std::vector<std::string> edges{"ok", "retry", "give_up"};
  if (settings_.declined_edge) edges.emplace_back("declined");
  return edges;
}

Json ValidateNode::fields() const {
  Json fields = {{settings_.count_field, 0}, {passages_field, Json::array()}};
  if (settings_.draft) fields[draft_field] = Json::object();
  return fields;
}

std::vector<std::string> ValidateNode::private_fields() const {
  std::vector<std::string> names{settings_.count_field};
  if (settings_.draft) names.emplace_back(draft_field);
  return names;
}

Result<Action> ValidateNode::enter(const TurnState& turn) const {
  const auto answer = settings_.draft ? draft_of(turn) : newest_answer(turn.messages);
  if (answer == nullptr)
    return Error{ErrorCode::internal, "there is no answer to validate", {}, {}};
  if (declines(*answer)) return Action(Follow{settings_.declined_edge ? "declined" : "ok", {}});
  Message judged = *answer;
  if (was_cut(judged)) judged.text.resize(up_to_last_citation(judged.text).size());
  const bool nothing_to_judge = was_cut(judged) && judged.text.empty();
  if (nothing_to_judge || is_quoted_from(judged.text, passages_of(turn))) {
    Follow ok{"ok", {}};
    if (settings_.draft && was_cut(judged)) ok.update.fields[draft_field] = draft_json(judged);
    return Action(std::move(ok));
  }
  const auto sent_back = turn.fields.value(settings_.count_field, std::uint32_t{0});
  if (sent_back >= settings_.retries_max) return Action(Follow{"give_up", {}});
  Follow retry{"retry", {}};
  retry.update.fields[settings_.count_field] = sent_back + 1;
  return Action(std::move(retry));
}

bool ValidateNode::declines(const Message& answer) const {
  if (!refusal_of(answer).empty()) return true;
  const auto& text = answer.text;
  const auto begins = [&](const std::string& decline) {
    return text.starts_with(decline) ||
           (was_cut(answer) && !text.empty() && decline.starts_with(text));
  };
  return !has_citation(text) &&
         std::any_of(settings_.declines.begin(), settings_.declines.end(), begins);
}

}  // namespace parlance
