#include "net/routes/langgraph_checkpoint.hpp"

#include <utility>

namespace parlance::net {
namespace {

// Of config.configurable.
std::string configured(BodyReader& reader) {
  Json config = reader.object("config");
  BodyReader of_config(config, reader.path_of("config."));
  Json configurable = of_config.object("configurable");
  BodyReader of_configurable(configurable, reader.path_of("config.configurable."));
  std::string id = of_configurable.text("checkpoint_id");
  for (auto* const inner : {&of_config, &of_configurable}) {
    if (inner->fault && !reader.fault) reader.fault = inner->fault;
  }
  return id;
}

}  // namespace

NamedCheckpoint read_checkpoint(BodyReader& reader) {
  Json checkpoint = reader.object("checkpoint");
  BodyReader of_checkpoint(checkpoint, reader.path_of("checkpoint."));
  NamedCheckpoint named;
  named.id = of_checkpoint.text("checkpoint_id");
  named.root = of_checkpoint.text("checkpoint_ns").empty();
  of_checkpoint.not_in_this_version("checkpoint_map");
  if (of_checkpoint.fault && !reader.fault) reader.fault = of_checkpoint.fault;
  return named;
}

std::string read_start(BodyReader& reader) {
  NamedCheckpoint named = read_checkpoint(reader);
  if (!named.root) reader.refuse("checkpoint.checkpoint_ns", "there are no subgraphs");
  std::string start = std::move(named.id);
  for (std::string id : {reader.text("checkpoint_id"), configured(reader)}) {
    if (start.empty())
      start = std::move(id);
    else if (!id.empty() && id != start)
      reader.refuse("checkpoint_id", "another checkpoint is named, too");
  }
  return start;
}

}  // namespace parlance::net
