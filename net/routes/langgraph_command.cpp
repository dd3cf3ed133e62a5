#include "net/routes/langgraph_command.hpp"

#include "net/body.hpp"
#include "net/json_text.hpp"

#include <utility>

namespace parlance::net {
namespace {

// "node", or an array of it alone: turns run one node at a time.
Result<std::string> read_goto(const Json& value, const Agent& agent) {
  const Json& node = value.is_array() && value.size() == 1 ? value[0] : value;
  if (!node.is_string()) return wrong_value("command.goto", "must be the name of one node");
  const auto& name = node.get_ref<const std::string&>();
  if (agent.node(name) == nullptr) return wrong_value("command.goto", "the agent has no such node");
  return name;
}

Result<void> read_update(Json update, const Agent& agent, CommandRead& read) {
  if (!update.is_object()) return wrong_value("command.update", "must be an object");
  auto messages = take_messages(update, "command.update");
  if (!messages) return messages.error();
  read.messages = std::move(*messages);
  if (auto fits = agent.check_client_update(update); !fits) {
    Error error = fits.error();
    error.field = "command.update." + error.field;
    return error;
  }
  read.command.update = std::move(update);
  return {};
}

}  // namespace

void append_command(std::string& out, const Command& command, const Messages& messages) {
  out.push_back('{');
  if (command.resume) {
    out.append(R"("resume":)");
    append_json(out, *command.resume);
    out.push_back(',');
  }
  if (!command.node.empty()) {
    out.append(R"("goto":)");
    append_quoted(out, command.node);
    out.push_back(',');
  }
  if (!messages.empty()) {
    out.append(R"("update":)");
    append_values(out, messages, command.update);
  } else if (!command.update.empty()) {
    out.append(R"("update":)");
    append_json(out, command.update);
  }
  if (out.back() == ',') out.pop_back();
  out.push_back('}');
}

Result<Messages> take_messages(Json& change, const std::string& path) {
  const auto found = change.find("messages");
  if (found == change.end()) return Messages();
  Json messages = std::move(*found);
  change.erase(found);
  if (messages.is_null() || messages == Json::array()) return Messages();
  return read_messages(messages, path + ".messages");
}

Result<CommandRead> read_command(const Json& command, const Agent& agent) {
  CommandRead read;
  for (const auto& [name, value] : command.items()) {
    if (value.is_null()) continue;
    if (name == "resume") {
      read.command.resume = value;
    } else if (name == "goto") {
      if (value.is_array() && value.empty()) continue;
      auto node = read_goto(value, agent);
      if (!node) return node.error();
      read.command.node = std::move(*node);
    } else if (name == "update") {
      if (auto fits = read_update(value, agent, read); !fits) return fits.error();
    } else {
      return Error{ErrorCode::unsupported, "is not in this version", "command." + name, {}};
    }
  }
  if (read.command.resume && !read.command.node.empty())
    return wrong_value("command.goto", "must not stand beside resume");
  return read;
}

Result<void> read_interrupts(Json& body, const Agent& agent, Json& options) {
  for (const char* const name : {"interrupt_before", "interrupt_after"}) {
    const auto value = body.find(name);
    if (value == body.end() || value->is_null()) continue;
    const Json nodes = *value == "*" ? Json::array({"*"}) : *value;
    if (!nodes.is_array()) return wrong_value(name, "must be \"*\" or an array of names of nodes");
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const bool known =
          nodes[i].is_string() &&
          (nodes[i] == "*" || agent.node(nodes[i].get_ref<const std::string&>()) != nullptr);
      if (!known)
        return wrong_value(std::string(name) + '[' + std::to_string(i) + ']',
                           "the agent has no such node");
    }
    if (!nodes.empty()) options[name] = nodes;
  }
  return {};
}

}  // namespace parlance::net
