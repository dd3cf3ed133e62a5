// Pools, as the pool actor keeps them.
//
// Threading: as Pools.
#pragma once

#include "actors/lane_job.hpp"
#include "actors/part_slot.hpp"
#include "runtime/ports/pools.hpp"

#include <memory>

namespace parlance::actors {

class ActorPools : public Pools {
 public:
  explicit ActorPools(std::shared_ptr<PartSlot> llm_pool) : llm_pool_(std::move(llm_pool)) {}

  void lanes(Answer done) override;
  void lanes_for(CallWish wish, Answer done) override;
  void change(LaneChange change, Answer done) override;

 private:
  void ask(LaneJob::What what, Answer done) const;

  const std::shared_ptr<PartSlot> llm_pool_;
};

}  // namespace parlance::actors
