#include "runtime/graph/agent.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/graph/agent_file.hpp"
#include "runtime/graph/object_reader.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

namespace parlance {
namespace {

constexpr std::size_t nodes_max = 100;

Error in_file(const std::filesystem::path& folder, Error error) {
  const auto file = (folder / "agent.json").string();
  error.detail = file + ": " + (error.field.empty() ? "" : error.field + ": ") + error.detail;
  return error;
}

Error not_declared(const std::string& field) {
  return {ErrorCode::internal, "the field " + in_quotes(field) + " is not declared", field, {}};
}

}  // namespace

Result<std::shared_ptr<const Agent>> Agent::load(std::string name,
                                                 const std::filesystem::path& folder,
                                                 const NodeKinds& kinds) {
  constexpr std::size_t file_bytes_max = 1'048'576;
  std::ifstream file(folder / "agent.json", std::ios::binary);
  if (!file) return in_file(folder, agent_fault({}, "cannot be read"));
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > file_bytes_max) return in_file(folder, agent_fault({}, "is larger than 1 MiB"));
  return parse(std::move(name), text, folder, kinds);
}

Result<std::shared_ptr<const Agent>> Agent::parse(std::string name,
                                                  std::string_view text,
                                                  const std::filesystem::path& folder,
                                                  const NodeKinds& kinds) {
  auto agent = std::make_shared<Agent>();
  agent->name_ = std::move(name);
  if (auto read = agent->read(text, folder, kinds); !read) return in_file(folder, read.error());
  return std::shared_ptr<const Agent>(std::move(agent));
}

Result<void> Agent::read(std::string_view text,
                         const std::filesystem::path& folder,
                         const NodeKinds& kinds) {
  auto json = read_agent_json(text);
  if (!json) return json.error();
  ObjectReader reader(*json);
  description_ = reader.text("description", {});
  models_allowed_ = reader.texts("models_allowed");
  const auto knowledge = reader.texts("knowledge");
  const auto synonyms = reader.text("synonyms", {});
  const Json& state = reader.object("state");
  const Json& limits = reader.object("limits");
  start_ = reader.required_text("start");
  const Json& nodes = reader.object("nodes");
  if (auto known = reader.finish(); !known) return known.error();

  auto limits_read = read_limits(limits);
  if (!limits_read) return limits_read.error();
  if (leaves_folder(synonyms))
    return agent_fault("synonyms", synonyms + " is not in the agent's folder");
  auto synonyms_read = Synonyms::load(folder, synonyms);
  if (!synonyms_read) return synonyms_read.error();
  parts_ = {folder, *limits_read, std::move(*synonyms_read)};
  auto state_read = read_state(state);
  if (!state_read) return state_read.error();
  state_ = std::move(*state_read);
  auto knowledge_found = find_knowledge(knowledge, folder);
  if (!knowledge_found) return knowledge_found.error();
  knowledge_ = std::move(*knowledge_found);
  return read_nodes(nodes, kinds);
}

Result<void> Agent::read_nodes(const Json& nodes, const NodeKinds& kinds) {
  if (nodes.empty() || nodes.size() > nodes_max) {
    return agent_fault("nodes", "must have from 1 to " + std::to_string(nodes_max) + " nodes");
  }
  NodeEdges edges;
  for (const auto& [name, settings] : nodes.items()) {
    const auto path = "nodes." + name;
    if (!is_identifier(name))
      return agent_fault(path, "is not a name: use letters, digits and . _ : -");
    if (!settings.is_object()) return agent_fault(path, "must be an object");
    const auto kind = settings.find("kind");
    if (kind == settings.end() || !kind->is_string())
      return agent_fault(path + ".kind", "must be a kind of node");
    const auto make = kinds.find(kind->get<std::string>());
    if (make == kinds.end()) return agent_fault(path + ".kind", "there is no kind " + kind->dump());
    auto node = make->second(settings, parts_);
    if (!node) {
      const auto& error = node.error();
      return agent_fault(error.field.empty() ? path : path + '.' + error.field, error.detail);
    }
    auto ends = read_edges(settings, **node, path);
    if (!ends) return ends.error();
    if (auto checked = check_fields(**node, state_, path); !checked) return checked.error();
    const auto own = (*node)->private_fields();
    private_fields_.insert(own.begin(), own.end());
    const auto [place, added] = places_.emplace(name, Place{std::move(*node), std::move(*ends)});
    edges.emplace(name, &place->second.edges);
  }
  for (const auto& [name, place] : places_) {
    for (const auto& field : place.node->asked_fields()) {
      const auto path = "nodes." + name;
      if (!state_.contains(field))
        return agent_fault(
            path, "shows the field " + in_quotes(field) + ", which state does not declare");
      if (private_fields_.contains(field))
        return agent_fault(
            path, "shows the field " + in_quotes(field) + ", which a node keeps for itself");
    }
  }
  return check_graph(edges, start_);
}

const Node* Agent::node(std::string_view name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : found->second.node.get();
}

Result<std::string> Agent::follow(std::string_view node, std::string_view edge) const {
  if (const auto place = places_.find(node); place != places_.end()) {
    const auto end = place->second.edges.find(edge);
    if (end != place->second.edges.end()) return end->second;
  }
  return Error{
      ErrorCode::internal,
      "agent " + name_ + " has no edge " + in_quotes(edge) + " from node " + in_quotes(node),
      {},
      {}};
}

bool Agent::allows_model(std::string_view model) const {
  return std::any_of(models_allowed_.begin(), models_allowed_.end(), [&](const auto& allowed) {
    return allowed == "*" || allowed == model;
  });
}

bool Agent::takes_client_options() const {
  return std::any_of(places_.begin(), places_.end(), [](const auto& place) {
    const auto handed = place.second.node->hands_on();
    return handed && handed->client_options;
  });
}

bool Agent::takes_system_messages() const {
  bool asks_a_model = false;
  for (const auto& [name, place] : places_) {
    const auto handed = place.node->hands_on();
    if (handed && handed->system_messages) return true;
    asks_a_model = asks_a_model || handed;
  }
  return !asks_a_model;
}

std::map<std::string, std::string> Agent::roles() const {
  std::map<std::string, std::string> roles;
  for (const auto& [name, place] : places_) {
    if (auto handed = place.node->hands_on()) roles.emplace(name, std::move(handed->role));
  }
  return roles;
}

Json Agent::initial_fields() const {
  Json fields = Json::object();
  for (const auto& [name, field] : state_)
    fields[name] = field.initial;
  return fields;
}

Json Agent::fields_for_turn(const Json& fields) const {
  Json started = initial_fields();
  for (const auto& [name, field] : state_) {
    const auto kept = fields.find(name);
    if (!field.per_turn && kept != fields.end() && is_of_type(*kept, field.type))
      started[name] = *kept;
  }
  return started;
}

Json Agent::fields_to_go_on(const Json& fields) const {
  Json all = initial_fields();
  for (const auto& [name, field] : state_) {
    const auto value = fields.find(name);
    if (value != fields.end() && is_of_type(*value, field.type)) all[name] = *value;
  }
  return all;
}

Json Agent::fields_to_keep(const Json& fields) const {
  Json kept = Json::object();
  for (const auto& [name, field] : state_) {
    const auto value = fields.find(name);
    if (!field.per_turn && value != fields.end()) kept[name] = *value;
  }
  return kept;
}

Json Agent::shown_fields(const Json& fields) const {
  Json shown = fields;
  for (const auto& name : private_fields_)
    shown.erase(name);
  return shown;
}

Result<void> Agent::check_client_update(const Json& update) const {
  auto checked = check_update(update);
  for (const auto& [name, value] : update.items()) {
    if (private_fields_.contains(name)) checked = not_declared(name);
  }
  if (checked) return checked;
  Error error = checked.error();
  error.code = ErrorCode::invalid_value;
  return error;
}

Result<void> Agent::check_update(const Json& update) const {
  for (const auto& [name, value] : update.items()) {
    const auto field = state_.find(name);
    if (field == state_.end()) {
      return not_declared(name);
    }
    if (!is_of_type(value, field->second.type)) {
      return Error{
          ErrorCode::internal, "the field " + in_quotes(name) + " has another type", name, {}};
    }
  }
  return {};
}

}  // namespace parlance
