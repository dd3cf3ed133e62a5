// The checkpoint that a body names, in the places where clients of the LangGraph family put it:
//
//   "checkpoint_id": id
//   "checkpoint": {"checkpoint_id": id, "checkpoint_ns": "", "thread_id": id}
//   "config": {"configurable": {"checkpoint_id": id, "checkpoint_ns": ""}}
//
// There are no subgraphs: in another namespace than "" are no checkpoints. A checkpoint of another
// thread is invalid_value.
//
// Threading: pure.
#pragma once

#include "net/body.hpp"
#include "runtime/base/ids.hpp"

#include <string>

namespace parlance::net {

struct NamedCheckpoint {
  std::string id;    // empty: none is named
  bool root = true;  // it is in the namespace ""
};

// Of the object `checkpoint`, for a request to `thread`.
NamedCheckpoint read_checkpoint(BodyReader& reader, const ThreadId& thread);

// Of what begins from a checkpoint: its id, empty for the newest one. Two that differ, and one of a
// subgraph, are invalid_value.
std::string read_start(BodyReader& reader, const ThreadId& thread);

}  // namespace parlance::net
