#include "runtime/graph/nodes/turn_fields.hpp"

#include <memory>
#include <utility>

namespace parlance {

Json json_of(const std::vector<Passage>& passages) {
  Json list = Json::array();
  for (const auto& passage : passages) {
    list.push_back({{"source", passage.source},
                    {"title", passage.title},
                    {"text", passage.text},
                    {"score", passage.score}});
  }
  return list;
}

std::vector<Passage> passages_of(const TurnState& turn) {
  std::vector<Passage> passages;
  const auto field = turn.fields.find(passages_field);
  if (field == turn.fields.end() || !field->is_array()) return passages;
  for (const auto& item : *field) {
    passages.push_back({item.value("source", ""),
                        item.value("title", ""),
                        item.value("text", ""),
                        item.value("score", 0.0)});
  }
  return passages;
}

Json json_of(const DocumentFrequencies& frequencies) {
  return {{"documents", frequencies.documents}, {"holding", frequencies.holding}};
}

DocumentFrequencies frequencies_of(const TurnState& turn) {
  const auto field = turn.fields.find(frequencies_field);
  if (field == turn.fields.end() || !field->is_object()) return {};
  return {field->value("documents", std::size_t{0}),
          field->value("holding", std::map<std::string, std::size_t>())};
}

Json draft_json(const Message& draft) {
  Json json = {{"id", draft.id}, {"text", draft.text}, {"extra", draft.extra}};
  if (draft.usage) {
    json["usage"] = {{"tokens_in", draft.usage->tokens_in},
                     {"tokens_out", draft.usage->tokens_out},
                     {"tokens_in_cached", draft.usage->tokens_in_cached}};
  }
  return json;
}

MessagePtr draft_of(const TurnState& turn) {
  const auto field = turn.fields.find(draft_field);
  if (field == turn.fields.end() || !field->is_object() || !field->contains("id")) return nullptr;
  Message draft{field->value("id", ""),
                Role::ai,
                field->value("text", ""),
                field->value("extra", Json(nullptr)),
                std::nullopt};
  if (const auto usage = field->find("usage"); usage != field->end()) {
    draft.usage = Usage{usage->value("tokens_in", 0U),
                        usage->value("tokens_out", 0U),
                        usage->value("tokens_in_cached", 0U)};
  }
  return std::make_shared<const Message>(std::move(draft));
}

MessagePtr ai_message(std::string id, std::string text) {
  return std::make_shared<const Message>(
      Message{std::move(id), Role::ai, std::move(text), nullptr, std::nullopt});
}

}  // namespace parlance
