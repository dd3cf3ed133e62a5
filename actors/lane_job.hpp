// What is asked of the model pool's lanes, as a message to its actor.
#pragma once

#include "runtime/ports/pools.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>
#include <utility>
#include <variant>

namespace parlance::actors {

// A question to the pool, or a change of its lanes. A lost one answers component_restarted.
struct LaneJob {
  struct ShowAll {};
  using What = std::variant<ShowAll, CallWish, LaneChange>;

  LaneJob(What what_in, Pools::Answer done_in)
      : what(std::move(what_in)),
        done(std::move(done_in)) {}
  ~LaneJob() {
    if (done) done(Error{ErrorCode::component_restarted, "the pool is being restarted", {}, {}});
  }
  LaneJob(const LaneJob&) = delete;
  LaneJob& operator=(const LaneJob&) = delete;

  const What what;
  Pools::Answer done;  // null once it was called
};

struct TuneLanes {
  std::shared_ptr<LaneJob> job;
};

}  // namespace parlance::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(parlance::actors::TuneLanes)
