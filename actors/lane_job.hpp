// What operators ask of the model pool, as a message to its actor.
#pragma once

#include "runtime/ports/pools.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace parlance::actors {

// An operator's question to the pool, or a change of its lanes. A lost one answers
// component_restarted.
struct LaneJob {
  LaneJob(std::optional<LaneChange> change_in, Pools::Answer done_in)
      : change(std::move(change_in)),
        done(std::move(done_in)) {}
  ~LaneJob() {
    if (done) done(Error{ErrorCode::component_restarted, "the pool is being restarted", {}, {}});
  }
  LaneJob(const LaneJob&) = delete;
  LaneJob& operator=(const LaneJob&) = delete;

  const std::optional<LaneChange> change;  // none: it only asks
  Pools::Answer done;                      // null once it was called
};

struct TuneLanes {
  std::shared_ptr<LaneJob> job;
};

}  // namespace parlance::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parlance::actors::TuneLanes)
