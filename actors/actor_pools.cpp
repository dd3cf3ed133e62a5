#include "actors/actor_pools.hpp"

#include "actors/lane_job.hpp"

#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace parlance::actors {

void ActorPools::lanes(Answer done) {
  ask(std::nullopt, std::move(done));
}

void ActorPools::change(LaneChange change, Answer done) {
  ask(std::move(change), std::move(done));
}

void ActorPools::ask(std::optional<LaneChange> change, Answer done) const {
  auto job = std::make_shared<LaneJob>(std::move(change), std::move(done));
  if (const caf::actor pool = llm_pool_->part().actor)
    caf::anon_send(pool, TuneLanes{std::move(job)});
}

}  // namespace parlance::actors
