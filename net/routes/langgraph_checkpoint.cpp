#include "net/routes/langgraph_checkpoint.hpp"

#include <utility>

namespace parlance::net {
namespace {

constexpr const char* no_subgraphs = "there are no subgraphs";

// Of config.configurable, which others read, too.
std::string configured(BodyReader& reader) {
  Json* const config = reader.find("config");
  if (config == nullptr || !config->is_object()) return {};
  Json* const configurable = BodyReader(*config, "").find("configurable");
  if (configurable == nullptr || !configurable->is_object()) return {};
  BodyReader of_configurable(*configurable, reader.path_of("config.configurable."));
  std::string id = of_configurable.text("checkpoint_id");
  if (!of_configurable.text("checkpoint_ns").empty())
    of_configurable.refuse("checkpoint_ns", no_subgraphs);
  if (of_configurable.fault && !reader.fault) reader.fault = of_configurable.fault;
  return id;
}

}  // namespace

NamedCheckpoint read_checkpoint(BodyReader& reader, const ThreadId& thread) {
  Json checkpoint = reader.object("checkpoint");
  BodyReader of_checkpoint(checkpoint, reader.path_of("checkpoint."));
  NamedCheckpoint named;
  named.id = of_checkpoint.text("checkpoint_id");
  named.root = of_checkpoint.text("checkpoint_ns").empty();
  of_checkpoint.not_in_this_version("checkpoint_map");
  const std::string of_thread = of_checkpoint.text("thread_id");
  if (!of_thread.empty() && parse_identifier(of_thread) != thread.value)
    of_checkpoint.refuse("thread_id", "is another thread's");
  if (of_checkpoint.fault && !reader.fault) reader.fault = of_checkpoint.fault;
  return named;
}

std::string read_start(BodyReader& reader, const ThreadId& thread) {
  NamedCheckpoint named = read_checkpoint(reader, thread);
  if (!named.root) reader.refuse("checkpoint.checkpoint_ns", no_subgraphs);
  std::string start = std::move(named.id);
  for (std::string id : {reader.text("checkpoint_id"), configured(reader)}) {
    if (start.empty()) {
      start = std::move(id);
    } else if (!id.empty() && id != start) {
      reader.refuse("checkpoint_id", "another checkpoint is named, too");
    }
  }
  return start;
}

}  // namespace parlance::net
