#include "runtime/graph/nodes/ask_human.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/graph/nodes/turn_fields.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace parlance {
namespace {

constexpr std::array<std::string_view, 8> words_of_yes{
    "yes", "y", "ok", "okay", "approve", "approved", "accept", "true"};
constexpr std::array<std::string_view, 8> words_of_no{
    "no", "n", "reject", "rejected", "deny", "decline", "cancel", "false"};

// In lower case, without what surrounds the word: "Yes!" is yes.
std::string bare_word(const std::string& text) {
  std::string word;
  for (const unsigned char c : text) {
    if (std::isspace(c) == 0 && std::ispunct(c) == 0)
      word.push_back(static_cast<char>(std::tolower(c)));
  }
  return word;
}

std::optional<bool> decision_in(const Json& answer) {
  if (answer.is_boolean()) return answer.get<bool>();
  if (answer.is_string()) {
    const auto word = bare_word(answer.get<std::string>());
    const auto is_word = [&](std::string_view known) { return known == word; };
    if (std::any_of(words_of_yes.begin(), words_of_yes.end(), is_word)) return true;
    if (std::any_of(words_of_no.begin(), words_of_no.end(), is_word)) return false;
  }
  if (answer.is_object()) {
    const auto approved = answer.find("approved");
    if (approved != answer.end() && approved->is_boolean()) return approved->get<bool>();
  }
  return std::nullopt;
}

// The answer as somebody would have said it.
std::string said(const Json& answer) {
  if (answer.is_string()) return answer.get<std::string>();
  if (answer.is_boolean()) return answer.get<bool>() ? "yes" : "no";
  return dump(answer);
}

}  // namespace

Result<std::unique_ptr<Node>> AskHumanNode::make(const Json& settings, const AgentParts&) {
  auto reader = node_reader(settings);
  Settings read_settings;
  read_settings.question = reader.required_text("question");
  read_settings.show = reader.texts("show");
  read_settings.decides = has_edge(settings, "approved") || has_edge(settings, "rejected");
  read_settings.listens = !read_settings.decides || has_edge(settings, "answered");
  if (auto read = reader.finish(); !read) return read.error();
  return std::unique_ptr<Node>(std::make_unique<AskHumanNode>(std::move(read_settings)));
}

std::vector<std::string> AskHumanNode::edges() const {
  std::vector<std::string> edges;
  if (settings_.decides) edges = {"approved", "rejected"};
  if (settings_.listens) edges.emplace_back("answered");
  return edges;
}

Result<Action> AskHumanNode::enter(const TurnState& turn) const {
  return Action(ask(turn, {}));
}

Result<Action> AskHumanNode::resume(const TurnState& turn, const Answer& answer) const {
  const auto* resumed = std::get_if<Resumed>(&answer);
  if (resumed == nullptr) return Node::resume(turn, answer);
  Update update;
  update.messages.push_back(
      std::make_shared<const Message>(Message{named_uuid(turn.new_message_id() + ":answer"),
                                              Role::human,
                                              said(resumed->answer),
                                              nullptr,
                                              {}}));
  auto edge = edge_for(resumed->answer);
  if (edge.empty()) return Action(ask(turn, std::move(update)));
  return Action(Follow{std::move(edge), std::move(update)});
}

// The question is said once, however often the node is entered.
Pause AskHumanNode::ask(const TurnState& turn, Update update) const {
  const auto& last = update.messages.empty() ? turn.messages : update.messages;
  const bool is_said =
      !last.empty() && last.back()->role == Role::ai && last.back()->text == settings_.question;
  if (!is_said) update.messages.push_back(ai_message(turn.new_message_id(), settings_.question));
  Pause pause{{{"question", settings_.question}}, std::move(update)};
  for (const auto& name : settings_.show)
    pause.question["fields"][name] = turn.fields.value(name, Json());
  return pause;
}

std::string AskHumanNode::edge_for(const Json& answer) const {
  const auto decision = settings_.decides ? decision_in(answer) : std::nullopt;
  if (decision) return *decision ? "approved" : "rejected";
  return settings_.listens ? "answered" : "";
}

}  // namespace parlance
