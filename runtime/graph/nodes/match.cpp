#include "runtime/graph/nodes/match.hpp"

#include "runtime/graph/agent_file.hpp"
#include "runtime/graph/nodes/node_settings.hpp"
#include "runtime/llm/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parlance {
namespace {

constexpr std::int64_t set_memory_bytes_max = 64LL << 20U;

Error wrong(std::string detail) {
  return {ErrorCode::invalid_value, std::move(detail), "rules", {}};
}

re2::RE2::Options pattern_options() {
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(set_memory_bytes_max);
  return options;
}

Result<MatchNode::Rule> read_rule(const Json& value, const std::string& place) {
  if (!value.is_object()) return wrong(place + " must be an object");
  auto reader = ObjectReader(value, place);
  MatchNode::Rule rule;
  rule.edge = reader.required_text("edge");
  const auto patterns = reader.texts("patterns");
  if (auto read = reader.finish(); !read)
    return wrong(read.error().field + ": " + read.error().detail);
  if (patterns.empty()) return wrong(place + ".patterns: is missing");
  rule.patterns = std::make_unique<re2::RE2::Set>(pattern_options(), re2::RE2::UNANCHORED);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const std::string where = place + ".patterns[" + std::to_string(i) + "]: ";
    if (patterns[i].size() > MatchNode::pattern_bytes_max) return wrong(where + "is too long");
    std::string fault;
    if (rule.patterns->Add(patterns[i], &fault) < 0) return wrong(where + fault);
  }
  if (!rule.patterns->Compile()) return wrong(place + ": the patterns take too much memory");
  return rule;
}

Result<std::vector<MatchNode::Rule>> read_rules(const std::string& text, const std::string& file) {
  const auto list = read_agent_json(text);
  if (!list) return wrong(file + ": " + list.error().field + list.error().detail);
  if (!list->is_array()) return wrong(file + ": must be a list of rules");
  std::vector<MatchNode::Rule> rules;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto rule = read_rule((*list)[i], file + "[" + std::to_string(i) + "]");
    if (!rule) return rule.error();
    rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace

std::string readable(std::string_view text) {
  // What stands for what, in UTF-8: quotes, spaces, and characters without a width.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> plain{{{"\u2018", "'"},
                                                                                 {"\u2019", "'"},
                                                                                 {"\u02BC", "'"},
                                                                                 {"\u201C", "\""},
                                                                                 {"\u201D", "\""},
                                                                                 {"\u00A0", " "},
                                                                                 {"\u202F", " "},
                                                                                 {"\u200B", ""},
                                                                                 {"\u200C", ""},
                                                                                 {"\u200D", ""},
                                                                                 {"\u2060", ""},
                                                                                 {"\uFEFF", ""},
                                                                                 {"\u00AD", ""}}};
  std::string changed;
  for (std::size_t i = 0; i < text.size();) {
    const auto* const known = std::find_if(plain.begin(), plain.end(), [&](const auto& each) {
      return text.substr(i).starts_with(each.first);
    });
    if (known == plain.end()) {
      changed.push_back(text[i] == '_' ? ' ' : text[i]);
      ++i;
    } else {
      changed.append(known->second);
      i += known->first.size();
    }
  }
  return collapse_space(changed);
}

Result<std::unique_ptr<Node>> MatchNode::make(const Json& settings, const AgentParts& agent) {
  auto reader = node_reader(settings);
  Settings read_settings;
  const auto file = reader.required_text("rules");
  const auto bytes = reader.number("text_bytes_max", 0, {0, 1 << 20});
  const auto messages = reader.number("messages_max", 0, {0, 100'000});
  if (auto read = reader.finish(); !read) return read.error();
  if (bytes > 0) read_settings.text_bytes_max = bytes;
  if (messages > 0) read_settings.messages_max = messages;
  const auto text = read_text_file(agent.folder, file, "rules");
  if (!text) return text.error();
  auto rules = read_rules(*text, file);
  if (!rules) return rules.error();
  read_settings.rules = std::move(*rules);
  return std::unique_ptr<Node>(std::make_unique<MatchNode>(std::move(read_settings)));
}

std::vector<std::string> MatchNode::edges() const {
  std::vector<std::string> edges{"none"};
  if (settings_.text_bytes_max) edges.emplace_back("too_long");
  if (settings_.messages_max) edges.emplace_back("full");
  for (const auto& rule : settings_.rules) {
    if (std::find(edges.begin(), edges.end(), rule.edge) == edges.end()) edges.push_back(rule.edge);
  }
  return edges;
}

std::string MatchNode::edge_for(const TurnState& turn) const {
  const auto text = turn.newly_said();
  const auto plain = readable(text);
  const auto rule =
      std::find_if(settings_.rules.begin(), settings_.rules.end(), [&](const Rule& each) {
        std::vector<int> found;
        return each.patterns->Match(plain, &found);
      });
  if (rule != settings_.rules.end()) return rule->edge;
  if (settings_.text_bytes_max && text.size() > *settings_.text_bytes_max) return "too_long";
  if (settings_.messages_max && turn.messages.size() > *settings_.messages_max) return "full";
  return "none";
}

Result<Action> MatchNode::enter(const TurnState& turn) const {
  return Action(Follow{edge_for(turn), {}});
}

}  // namespace parlance
