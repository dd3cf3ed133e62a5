// Leads the shutdown, so that no client sees a stream break that it cannot resume:
//
//   1. readiness fails, the front takes nobody else in, directories refuse new turns (draining)
//   2. running turns go on until all are done, or until close_streams_at of the drain time
//   3. streams that are still open get a closing event; their turns are on disk and go on after the
//      restart
//   4. the front is empty, or cut at the end of the drain time; `finished` is called, once
//
// Threading: an actor.
#pragma once

#include "actors/messages.hpp"
#include "actors/part_slot.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/ports/front.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace parlance::actors {

class FrontActor : public caf::event_based_actor {
 public:
  FrontActor(caf::actor_config& config,
             Front& front,
             std::vector<std::shared_ptr<PartSlot>> directories,
             const Clock& clock,
             std::function<void()> finished);

  const char* name() const override { return "front"; }

 protected:
  caf::behavior make_behavior() override;

 private:
  void finish_if_done();

  Front& front_;
  const std::vector<std::shared_ptr<PartSlot>> directories_;
  const Clock& clock_;
  std::function<void()> finished_;
  std::size_t directories_left_ = 0;
  bool front_drained_ = false;
};

}  // namespace parlance::actors
