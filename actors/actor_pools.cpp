#include "actors/actor_pools.hpp"

#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace parlance::actors {

void ActorPools::lanes(Answer done) {
  ask(LaneJob::ShowAll{}, std::move(done));
}

void ActorPools::lanes_for(CallWish wish, Answer done) {
  ask(std::move(wish), std::move(done));
}

void ActorPools::change(LaneChange change, Answer done) {
  ask(std::move(change), std::move(done));
}

void ActorPools::ask(LaneJob::What what, Answer done) const {
  auto job = std::make_shared<LaneJob>(std::move(what), std::move(done));
  if (const caf::actor pool = llm_pool_->part().actor)
    caf::anon_send(pool, TuneLanes{std::move(job)});
}

}  // namespace parlance::actors
