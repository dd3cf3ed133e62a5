#include "runtime/graph/agent_file.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/graph/object_reader.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace parlance {
namespace {

constexpr std::size_t fields_max = 100;

constexpr std::pair<std::string_view, FieldType> field_types[] = {{"string", FieldType::string},
                                                                  {"number", FieldType::number},
                                                                  {"boolean", FieldType::boolean},
                                                                  {"array", FieldType::array},
                                                                  {"object", FieldType::object}};

Json empty_value(FieldType type) {
  switch (type) {
    case FieldType::string:
      return "";
    case FieldType::number:
      return 0;
    case FieldType::boolean:
      return false;
    case FieldType::array:
      return Json::array();
    case FieldType::object:
      return Json::object();
  }
  return nullptr;
}

// A key that stands twice in one object would silently hide the first one.
class RepeatedKeys {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start) {
      if (keys_.size() <= level + 1) keys_.resize(level + 2);
      keys_[level + 1].clear();
    } else if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_[level].insert(key).second && !repeated_) repeated_ = key;
    }
    return true;
  }

  const std::optional<std::string>& repeated() const { return repeated_; }

 private:
  std::vector<std::set<std::string>> keys_;  // by depth
  std::optional<std::string> repeated_;
};

Result<StateField> read_field(const Json& json, const std::string& path) {
  ObjectReader reader(json, path);
  StateField field;
  const auto type = reader.required_text("type");
  field.per_turn = reader.flag("per_turn", false);
  const Json& initial = reader.value("default");
  if (auto read = reader.finish(); !read) return read.error();
  const auto known = std::find_if(std::begin(field_types),
                                  std::end(field_types),
                                  [&](const auto& candidate) { return candidate.first == type; });
  if (known == std::end(field_types)) {
    return agent_fault(path + ".type", "must be string, number, boolean, array or object");
  }
  field.type = known->second;
  field.initial = reader.has("default") ? initial : empty_value(field.type);
  if (!is_of_type(field.initial, field.type))
    return agent_fault(path + ".default", "is not of type " + type);
  return field;
}

}  // namespace

Error agent_fault(std::string path, std::string reason) {
  return {ErrorCode::invalid_value, std::move(reason), std::move(path), {}};
}

std::string in_quotes(std::string_view name) {
  return '"' + std::string(name) + '"';
}

bool is_of_type(const Json& value, FieldType type) {
  switch (type) {
    case FieldType::string:
      return value.is_string();
    case FieldType::number:
      return value.is_number();
    case FieldType::boolean:
      return value.is_boolean();
    case FieldType::array:
      return value.is_array();
    case FieldType::object:
      return value.is_object();
  }
  return false;
}

Result<Json> read_agent_json(std::string_view text) {
  if (!is_utf8(text)) return agent_fault({}, "the text is not UTF-8");
  RepeatedKeys keys;
  try {
    Json json =
        Json::parse(text, std::ref(keys), /*allow_exceptions=*/true, /*ignore_comments=*/true);
    if (keys.repeated())
      return agent_fault({}, in_quotes(*keys.repeated()) + " stands twice in one object");
    return json;
  } catch (const Json::parse_error& error) {
    const auto read = std::min(error.byte == 0 ? 0 : error.byte - 1, text.size());
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(read), '\n');
    return agent_fault("line " + std::to_string(line), "is not valid JSON");
  }
}

Result<AgentLimits> read_limits(const Json& json) {
  using std::chrono::milliseconds;
  ObjectReader reader(json, "limits");
  AgentLimits limits;
  limits.steps_max = reader.number("steps_max", limits.steps_max, {1, 1'000});
  limits.window_messages_max =
      reader.number("window_messages_max", limits.window_messages_max, {1, 1'000});
  limits.messages_max = reader.number("messages_max", limits.messages_max, {2, 100'000});
  limits.thread_bytes_max =
      reader.number("thread_bytes_max", limits.thread_bytes_max, {64 * 1024, 1024 * 1024 * 1024});
  limits.turn_time_max = reader.duration(
      "turn_time_max", limits.turn_time_max, {milliseconds{100}, milliseconds{86'400'000}});
  limits.tokens_out_max = reader.number("tokens_out_max", limits.tokens_out_max, {1, 1'000'000});
  if (auto read = reader.finish(); !read) return read.error();
  return limits;
}

Result<StateFields> read_state(const Json& json) {
  StateFields state;
  if (json.size() > fields_max) {
    return agent_fault("state", "must have at most " + std::to_string(fields_max) + " fields");
  }
  for (const auto& [name, declared] : json.items()) {
    const auto path = "state." + name;
    if (!is_identifier(name))
      return agent_fault(path, "is not a name: use letters, digits and . _ : -");
    auto field = read_field(declared, path);
    if (!field) return field.error();
    state.emplace(name, std::move(*field));
  }
  return state;
}

bool leaves_folder(const std::filesystem::path& path) {
  const auto normal = path.lexically_normal();
  return normal.is_absolute() || (!normal.empty() && *normal.begin() == "..");
}

Result<std::vector<std::filesystem::path>> find_knowledge(const std::vector<std::string>& names,
                                                          const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> knowledge;
  for (const auto& name : names) {
    auto path = (folder / name).lexically_normal();
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) {
      return agent_fault("knowledge." + std::to_string(knowledge.size()),
                         "there is no file or folder " + in_quotes(path.string()));
    }
    knowledge.push_back(std::move(path));
  }
  return knowledge;
}

Result<EdgeEnds> read_edges(const Json& settings, const Node& node, const std::string& node_path) {
  const auto path = node_path + ".edges";
  EdgeEnds ends;
  const auto known = node.edges();
  const Json given = settings.value("edges", Json::object());
  if (!given.is_object()) return agent_fault(path, "must be an object");
  for (const auto& [edge, end] : given.items()) {
    if (std::find(known.begin(), known.end(), edge) == known.end()) {
      return agent_fault(path + '.' + edge,
                         "a " + std::string(node.kind()) + " node has no such edge");
    }
    if (!end.is_string()) return agent_fault(path + '.' + edge, "must be the name of a node");
    ends.emplace(edge, end.get<std::string>());
  }
  for (const auto& edge : known) {
    if (!ends.contains(edge)) return agent_fault(path + '.' + edge, "is missing");
  }
  return ends;
}

Result<void> check_fields(const Node& node, const StateFields& state, const std::string& path) {
  const Json used = node.fields();
  for (const auto& [name, example] : used.items()) {
    const auto declared = state.find(name);
    if (declared == state.end())
      return agent_fault(path,
                         "uses the field " + in_quotes(name) + ", which state does not declare");
    if (!is_of_type(example, declared->second.type)) {
      return agent_fault("state." + name + ".type", "does not fit its use by " + path);
    }
  }
  return {};
}

}  // namespace parlance
